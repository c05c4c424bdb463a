"""Assets as rasters: which file is which band, and the pixel grid that the item declares for it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from cloudless_mosaic.bands import find_band
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.scenes import SourceGrid, SourceRaster

Json = Mapping[str, Any]

SCL = "SCL"
"""Name of the scene classification among the rasters of an item."""

_COARSER = re.compile(r"[_-](\d0)m$")
_GRANULE_WIDTH = 109_800.0
"""Metres along an edge of a granule."""


@dataclass(frozen=True, slots=True)
class _Candidate:
    raster: SourceRaster
    rank: tuple[bool, float, str]
    """GeoTIFF before JPEG 2000, then the finest, then by key."""


def parse_rasters(item: Json, resolve: Callable[[str], str]) -> dict[str, SourceRaster]:
    """The best raster for every band and for the scene classification, by product name.

    Args:
        item: A STAC item.
        resolve: Turns the href of an asset into one that may be read.

    Raises:
        MetadataError: if a declared grid is absurd, or ``resolve`` refuses an href.
    """
    candidates: dict[str, list[_Candidate]] = {}
    for key, asset in item.get("assets", {}).items():
        name = _raster_name(key)
        if name and isinstance(asset, Mapping) and isinstance(asset.get("href"), str) and _is_raster(asset):
            grid = _parse_grid(asset, item["properties"])
            jpeg = asset["href"].lower().endswith(".jp2")
            rank = (jpeg, grid.resolution if grid else _key_resolution(key, asset), key)
            raster = SourceRaster(resolve(asset["href"]), grid)
            candidates.setdefault(name, []).append(_Candidate(raster, rank))
    return {
        name: min(found, key=lambda candidate: candidate.rank).raster for name, found in candidates.items()
    }


def advertised_offset(item: Json) -> float | None:
    """The reflectance offset in the metadata of a band; ``None`` where none is given."""
    for key, asset in item.get("assets", {}).items():
        if not isinstance(asset, Mapping) or _raster_name(key) in {None, SCL}:
            continue
        bands = asset.get("raster:bands") or asset.get("bands") or [{}]
        for source in (asset, bands[0] if isinstance(bands[0], Mapping) else {}):
            value = source.get("raster:offset", source.get("offset"))
            if isinstance(value, int | float):
                return float(value)
    return None


def _raster_name(key: str) -> str | None:
    stem = key.removesuffix("-jp2")
    stem = _COARSER.sub("", stem)
    return SCL if stem.upper() == SCL else find_band(stem)


def _is_raster(asset: Json) -> bool:
    text = f"{asset.get('type', '')} {asset['href'].split('?')[0]}".lower()
    return any(mark in text for mark in ("tif", "jp2"))


def _key_resolution(key: str, asset: Json) -> float:
    match = _COARSER.search(key)
    gsd = asset.get("gsd")
    return float(match[1]) if match else float(gsd) if isinstance(gsd, int | float) else 0.0


def _parse_grid(asset: Json, properties: Json) -> SourceGrid | None:
    """The declared pixel grid; ``None`` where any part of it is missing."""
    crs = _parse_crs(asset) or _parse_crs(properties)
    shape = asset.get("proj:shape") or properties.get("proj:shape")
    transform = asset.get("proj:transform") or properties.get("proj:transform")
    if crs is None or not shape or not transform:
        return None
    try:
        rows, columns = (int(value) for value in shape)
        a, b, c, d, e, f = (float(value) for value in transform[:6])
    except (TypeError, ValueError):
        raise MetadataError("proj:shape or proj:transform are not numbers") from None
    if not (a > 0 and e < 0 and b == d == 0):
        raise MetadataError(f"its grid is not north-up (proj:transform is {list(transform)[:6]})")
    if not (0 < rows * -e <= _GRANULE_WIDTH and 0 < columns * a <= _GRANULE_WIDTH):
        raise MetadataError(f"its grid is larger than a granule ({rows} x {columns} pixels of {a:g})")
    return SourceGrid(crs, (a, 0.0, c, 0.0, e, f), (rows, columns))


def _parse_crs(fields: Json) -> str | None:
    """The CRS of a set of projection fields as authority code, else WKT; ``None`` where they have none."""
    code = fields.get("proj:code") or fields.get("proj:epsg")
    if isinstance(code, int):
        return f"EPSG:{code}"
    if isinstance(code, str) and code.startswith("EPSG:") and code[5:].isdecimal():
        return code
    definition = fields.get("proj:wkt2") or fields.get("proj:projjson")
    if not definition:
        return None
    try:
        crs = CRS.from_user_input(definition)
    except CRSError:
        raise MetadataError("its proj:wkt2 or proj:projjson is not a CRS") from None
    authority = crs.to_authority()
    return f"{authority[0]}:{authority[1]}" if authority else crs.to_wkt()
