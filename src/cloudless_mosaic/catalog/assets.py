"""Assets as rasters: which file is which band.

Only the keys of assets decide: the band metadata of items is ambiguous (``rededge``) or wrong.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cloudless_mosaic.catalog.grids import declared_grid
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.domain.bands import BANDS, find_band
from cloudless_mosaic.domain.pixels import (
    LARGEST_SCALE,
    PIXEL_TYPES,
    REFLECTANCE_SCALE,
    DeclaredPixels,
    is_product_scale,
)
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.hrefs import resolve_href
from cloudless_mosaic.net.redaction import quoted
from cloudless_mosaic.net.urls import resolve_url

SCL = "SCL"
"""Name of the scene classification among the rasters of an item."""

CLOUD_PROBABILITY = "MSK_CLDPRB"
"""Name of the cloud probability among them."""

_PROBABILITY_NAMES = ("cloud", "cld", "msk_cldprb")
"""Usual keys of its asset, without a resolution."""

_RESOLUTION = re.compile(r"_(\d0)m$")
_MOST_ALTERNATES = 4
_NO_NUMBERS = ("nan", "inf", "-inf")
_NATIVE = {**{name: band.resolution for name, band in BANDS.items()}, SCL: 20, CLOUD_PROBABILITY: 20}


@dataclass(frozen=True, slots=True)
class RasterAsset:
    """An asset that holds a band or the scene classification."""

    name: str
    """Product name of the band, or ``SCL``."""
    key: str
    """Key of the asset."""
    asset: Json
    """The asset."""

    @property
    def resolution(self) -> float:
        """Pixel size in metres: from the key, else from ``gsd``, else that of the product."""
        match = _RESOLUTION.search(self.key)
        gsd = self.asset.get("gsd")
        if match:
            return float(match[1])
        return float(gsd if gsd in (10, 20, 60) else _NATIVE[self.name])

    @property
    def rank(self) -> tuple[bool, float, str]:
        """Sort key, best first: GeoTIFF before JPEG 2000, then the resolution nearest to the native one."""
        return _is_jpeg_2000(self.asset), abs(self.resolution - _NATIVE[self.name]), self.key

    @property
    def pixels(self) -> DeclaredPixels:
        """What the metadata declare about the pixels.

        Both ``raster:bands`` (STAC raster 1) and ``bands`` or the asset's own fields (STAC 1.1) are read.

        Raises:
            MetadataError: if something of it is not what it should be, or can't be of reflectance.
        """
        dtype = self._declared("data_type")
        scale = self._number("scale")
        if scale is not None and not (scale > 0 and (scale < LARGEST_SCALE or _is_float(dtype))):
            raise MetadataError(
                f"the scale of its asset {self.key} is {scale:g}, which can't be that of "
                "reflectance in whole numbers (0.0001); declare data_type float32 for float pixels"
            )
        return DeclaredPixels(
            dtype=dtype if isinstance(dtype, str) and dtype in PIXEL_TYPES else "",
            scale=scale,
            offset=self._number("offset") or 0.0,
            nodata=self._number("nodata"),
        )

    @property
    def offset(self) -> int | None:
        """Digital number of the product to add according to the metadata.

        ``None`` where they have no offset, or the pixels are not digital numbers of the product's scale.

        Raises:
            MetadataError: if it is not a number.
        """
        offset = self._number("offset")
        scaled = not self.has_product_scale
        return None if offset is None or scaled else round(offset / REFLECTANCE_SCALE)

    @property
    def has_product_scale(self) -> bool:
        """True unless the metadata declare another scale than that of the product.

        Raises:
            MetadataError: if it is not a number.
        """
        scale = self._number("scale")
        return scale is None or is_product_scale(scale)

    def _declared(self, name: str) -> object:
        """A field of the raster extension, of the asset or of its first band; ``None`` where missing."""
        for fields in (self.asset, *_band_objects(self.asset)):
            value = fields.get(f"raster:{name}", fields.get(name))
            if value is not None:
                return value
        return None

    def _number(self, name: str) -> float | None:
        """A field that is a number; nodata may be NaN or infinite, as numbers or as text."""
        value = self._declared(name)
        if value is None:
            return None
        text = name == "nodata" and value in _NO_NUMBERS
        try:
            number = float(value) if text or not isinstance(value, str | bool) else None  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            number = None
        if number is None or not (name == "nodata" or math.isfinite(number)):
            raise MetadataError(f"the {name} of its asset {self.key} is {quoted(value, 40)}, not a number")
        return number


def raster_assets(item: RawItem, profile: ProviderProfile) -> dict[str, RasterAsset]:
    """The best asset for every band, and for the scene classification, that an item has.

    Args:
        item: A STAC item.
        profile: Keys that it names are used as they are; otherwise usual names, on assets that are rasters.

    Raises:
        MetadataError: if the item has no assets.
    """
    named = {key: band for band, key in profile.bands.items()}
    if profile.classification:
        named[profile.classification] = SCL
    best: dict[str, RasterAsset] = {}
    for key, asset in item.assets.items():
        name = named.get(key) or _usual_name(key, asset, profile)
        if name:
            candidate = RasterAsset(name, key, asset)
            if name not in best or candidate.rank < best[name].rank:
                best[name] = candidate
    return best


def source_rasters(assets: Iterable[RasterAsset], item: RawItem) -> dict[str, SourceRaster]:
    """Hrefs and declared grids of assets, by product name.

    Args:
        assets: Assets of the item.
        item: The item.

    Raises:
        MetadataError: if an href may not be read, or a declared grid is absurd.
    """
    rasters = {}
    for asset in assets:
        href, *alternates = _readable_hrefs(asset.asset, item)
        grid = declared_grid(asset.asset, item.properties, asset.resolution)
        rasters[asset.name] = SourceRaster(href, grid, asset.pixels, tuple(alternates))
    return rasters


def _readable_hrefs(asset: Json, item: RawItem) -> list[str]:
    """The href of an asset and its alternates, as far as they may be read.

    Source: STAC extension "Alternate Assets".

    Raises:
        MetadataError: if none may be read, with the reason for the asset's own href.
    """
    hrefs, refusal = [], None
    for href in (asset["href"], *_alternates(asset)[:_MOST_ALTERNATES]):
        try:
            hrefs.append(resolve_href(_absolute(href, item), item.file, item.host))
        except MetadataError as error:
            refusal = refusal or error
    if not hrefs and refusal:
        raise refusal
    return list(dict.fromkeys(hrefs))


def _alternates(asset: Json) -> list[str]:
    """Hrefs of the alternates of an asset: https before others, then by their keys."""
    alternates = asset.get("alternate")
    if not isinstance(alternates, Mapping):
        return []
    hrefs = [
        alternates[key].get("href")
        for key in sorted(alternates, key=str)
        if isinstance(alternates[key], Mapping)
    ]
    return sorted(
        (href for href in hrefs if isinstance(href, str)), key=lambda href: not href.startswith("https://")
    )


def _absolute(href: str, item: RawItem) -> str:
    """The href of an API's item as an address; those of files are resolved with the folder of the file."""
    if item.file is not None or not item.root or href.startswith("/vsi"):
        return href
    # behind a proxy a self link may name a server that only the API knows
    base = item.root if href.startswith("/") else item.base
    return resolve_url(base, href) or href


def _is_float(dtype: object) -> bool:
    return isinstance(dtype, str) and dtype.startswith("float")


def _usual_name(key: str, asset: Json, profile: ProviderProfile) -> str | None:
    """The raster of a key with a usual name, unless the profile names it."""
    stem = _RESOLUTION.sub("", key.removesuffix("-jp2"))
    if stem.upper() == SCL:
        name = None if profile.classification else SCL
    elif stem.lower() in _PROBABILITY_NAMES:
        name = CLOUD_PROBABILITY
    else:
        name = None if profile.bands else find_band(stem)
    return name if _is_raster(asset) else None


def _is_raster(asset: Json) -> bool:
    text = f"{asset.get('type') or ''} {_path(asset)}".lower()
    return any(mark in text for mark in ("image/tiff", ".tif", "image/jp2", ".jp2"))


def _is_jpeg_2000(asset: Json) -> bool:
    return _path(asset).endswith(".jp2") or "jp2" in str(asset.get("type"))


def _path(asset: Json) -> str:
    return str(asset["href"]).split("?")[0].lower()


def _band_objects(asset: Json) -> list[Json]:
    """The first band of an asset, as it is described by raster 1 and by STAC 1.1."""
    lists = (asset.get("raster:bands"), asset.get("bands"))
    return [bands[0] for bands in lists if isinstance(bands, list) and bands and isinstance(bands[0], dict)]
