"""Names and wavelengths of the bands of Sentinel-2's MultiSpectral Instrument.

Wavelengths and widths: ESA, "Sentinel-2 Spectral Response Functions (S2-SRF)", satellite S2A, in micrometres.
Common names: STAC electro-optical extension, with those of Earth Search beside them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from cloudless_mosaic.errors import UsageError


@dataclass(frozen=True, slots=True)
class Band:
    """One spectral band."""

    name: str
    """Name in the product, for example ``B04``."""
    common_name: str
    """Name that users and outputs use, for example ``red``; unique among the bands."""
    stac_name: str
    """Common name of the STAC electro-optical extension, where several bands may share one."""
    center_wavelength: float
    """Micrometres."""
    full_width_half_max: float
    """Micrometres."""
    resolution: int
    """Metres of a native pixel."""


BANDS = {
    band.name: band
    for band in (
        Band("B01", "coastal", "coastal", 0.4427, 0.021, 60),
        Band("B02", "blue", "blue", 0.4924, 0.066, 10),
        Band("B03", "green", "green", 0.5598, 0.036, 10),
        Band("B04", "red", "red", 0.6646, 0.031, 10),
        Band("B05", "rededge1", "rededge071", 0.7041, 0.015, 20),
        Band("B06", "rededge2", "rededge075", 0.7405, 0.015, 20),
        Band("B07", "rededge3", "rededge078", 0.7828, 0.02, 20),
        Band("B08", "nir", "nir", 0.8328, 0.106, 10),
        Band("B8A", "nir08", "nir08", 0.8647, 0.021, 20),
        Band("B09", "nir09", "nir09", 0.9451, 0.02, 60),
        Band("B11", "swir16", "swir16", 1.6137, 0.091, 20),
        Band("B12", "swir22", "swir22", 2.2024, 0.175, 20),
    )
}
"""The bands of Level-2A by product name, in the order of wavelength."""

BAND_NAMES = tuple(band.common_name for band in BANDS.values())
"""Common names of the bands, in the order of wavelength."""

_ALIASES = {
    **{band.common_name: band.name for band in BANDS.values()},
    **{band.stac_name: band.name for band in BANDS.values()},
}
_AMBIGUOUS = {
    "rededge": ("rededge1 (B05)", "rededge2 (B06)", "rededge3 (B07)"),
    "swir": ("swir16 (B11)", "swir22 (B12)"),
}
_PRODUCT_NAME = re.compile(r"b(0?[1-9]|1[0-2]|8a)(?:_(?:10|20|60)m)?", re.IGNORECASE)


def canonical_band(name: str) -> str:
    """The product name of a band, from a common name (``red``) or a product name (``B04``, ``B04_10m``).

    Raises:
        UsageError: if no band, or more than one, has that name.
    """
    found = find_band(name)
    if found:
        return found
    if name.lower() in _AMBIGUOUS:
        raise UsageError(f"band {name!r} may be {' or '.join(_AMBIGUOUS[name.lower()])}; name one of them")
    known = ", ".join(f"{band.common_name} ({band.name})" for band in BANDS.values())
    close = get_close_matches(name.lower(), BAND_NAMES, 1)
    meant = f", did you mean {close[0]}?" if close else ";"
    raise UsageError(f"unknown band {name!r}{meant} Sentinel-2 Level-2A has {known}")


def canonical_bands(names: Iterable[str]) -> tuple[str, ...]:
    """The product names of several bands, in their order.

    Raises:
        UsageError: if a name is unknown or ambiguous, or two names mean the same band.
    """
    asked: dict[str, str] = {}
    for name in names:
        canonical = canonical_band(name)
        if canonical in asked:
            raise UsageError(f"`bands` {asked[canonical]} and {name} are the same band; name it once")
        asked[canonical] = name
    return tuple(asked)


def with_guides(bands: Iterable[str], guides: Iterable[str]) -> tuple[str, ...]:
    """Bands that are asked for, then those that a mask looks at and that are not among them.

    Args:
        bands: As they are asked for.
        guides: Product names.
    """
    asked = tuple(bands)
    known = {canonical_band(band) for band in asked}
    return *asked, *(guide for guide in guides if guide not in known)


def find_band(name: str) -> str | None:
    """As ``canonical_band``, but ``None`` for an unknown name."""
    match = _PRODUCT_NAME.fullmatch(name)
    if match:
        product_name = f"B{match[1].upper().zfill(2)}"
        return product_name if product_name in BANDS else None
    return _ALIASES.get(name.lower())


def common_name(canonical: str) -> str:
    """The common name of a band, by its product name."""
    return BANDS[canonical].common_name
