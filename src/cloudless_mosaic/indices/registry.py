"""The indices by name: normalised differences of two bands, and those of spyndex."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices.index import BANDS, SpectralIndex

NORMALISED = {
    "NDVI": ("N", "R", "Normalized Difference Vegetation Index"),
    "GNDVI": ("N", "G", "Green Normalized Difference Vegetation Index"),
    "BNDVI": ("N", "B", "Blue Normalized Difference Vegetation Index"),
    "NDREI": ("N", "RE1", "Normalized Difference Red Edge Index"),
    "NDWI": ("G", "N", "Normalized Difference Water Index"),
    "MNDWI": ("G", "S1", "Modified Normalized Difference Water Index"),
    "NDSI": ("G", "S1", "Normalized Difference Snow Index"),
    "NDMI": ("N", "S1", "Normalized Difference Moisture Index"),
    "NBR": ("N", "S2", "Normalized Burn Ratio"),
    "NBR2": ("S1", "S2", "Normalized Burn Ratio 2"),
    "NDBI": ("S1", "N", "Normalized Difference Built-Up Index"),
}
"""The bands a and b of (a - b) / (a + b) and the long name, by the name of the index. Names, bands and long
names are those of spyndex (D. Montero et al., 2023)."""

_INSTALL = "pip install 'cloudless-mosaic[indices]'"


def find_index(name: str) -> SpectralIndex:
    """The index of a name; one that isn't a normalised difference is looked up in spyndex.

    Raises:
        UsageError: if there is none, or it takes something else than bands of Sentinel-2 and constants.
    """
    known = {one.upper(): one for one in NORMALISED}
    if name.upper() in known:
        name = known[name.upper()]
        a, b, title = NORMALISED[name]
        return SpectralIndex(name, title, f"({a}-{b})/({a}+{b})")
    return _of_spyndex(name)


def _of_spyndex(name: str) -> SpectralIndex:
    try:
        import spyndex  # noqa: PLC0415 - an extra
    except ImportError:
        raise UsageError(
            f"`indices` {name!r} is none of {', '.join(NORMALISED)}; for those of spyndex {_INSTALL}"
        ) from None
    found = spyndex.indices.get(name) or spyndex.indices.get(name.upper())
    if found is None:
        raise UsageError(
            f"`indices` {name!r} is unknown to spyndex; choose one of its list, such as NDVI, EVI or SAVI"
        )
    constants = {one: spyndex.constants[one].default for one in found.bands if one in spyndex.constants}
    others = [one for one in found.bands if one not in BANDS and constants.get(one) is None]
    if others:
        raise UsageError(
            f"`indices` {found.short_name} takes {' and '.join(others)}, which is neither a band of "
            "Sentinel-2 nor a constant with a default; choose another index"
        )
    return SpectralIndex(
        found.short_name,
        found.long_name,
        found.formula,
        tuple((one, float(value)) for one, value in constants.items()),
    )
