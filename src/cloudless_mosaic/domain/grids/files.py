"""The grid of a file: of any raster that GDAL reads, or of a STAC item."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import UsageError

_MOST_PIXELS = 2**31 - 1
"""Pixels along an edge of the largest raster that GDAL reads."""

_LARGEST_ITEM = 64 * 2**20
"""Bytes of the largest item that is read."""


def read_grid(path: Path) -> SourceGrid:
    """The CRS, the pixels and the extent of a file.

    Raises:
        UsageError: if it can't be read, or has no grid whose pixels are square and whose north is up.
    """
    grid = _of_item(path) if path.suffix.lower() in {".json", ".geojson"} else _of_raster(path)
    width, height = grid.pixel
    _, skew, _, turn, _, _ = grid.transform
    if skew or turn or height <= 0 or abs(width - height) > 1e-9 * width or min(grid.shape) < 1:
        raise UsageError(f"`like` {path} has no square pixels with north up; give another file")
    return grid


def _of_raster(path: Path) -> SourceGrid:
    import rasterio  # noqa: PLC0415 - GDAL loads slowly
    from rasterio.errors import RasterioError  # noqa: PLC0415

    try:
        with rasterio.open(path) as file:
            return _grid(path, file.crs.to_wkt() if file.crs else None, list(file.transform)[:6], file.shape)
    except RasterioError:
        raise _unreadable(path, "is not a raster that can be read; give one, or a STAC item") from None


def _of_item(path: Path) -> SourceGrid:
    try:
        if path.stat().st_size > _LARGEST_ITEM:
            raise UsageError(f"`like` {path} is too large for a STAC item; give a raster")
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise _unreadable(path, "can't be read as JSON; give a STAC item, or a raster") from None
    for fields in _projections(document):
        code = fields.get("proj:code") or fields.get("proj:epsg") or fields.get("proj:wkt2")
        transform, shape = fields.get("proj:transform"), fields.get("proj:shape")
        if code and transform and shape:
            return _grid(path, f"EPSG:{code}" if isinstance(code, int) else code, transform, shape)
    raise UsageError(
        f"`like` {path} has no proj:code, proj:transform and proj:shape; give an item with them, or a raster"
    )


def _unreadable(path: Path, reason: str) -> UsageError:
    if not path.exists():
        reason = "is not there; give a raster, or a STAC item"
    return UsageError(f"`like` {path} {reason}")


def _projections(document: object) -> Iterator[Mapping[str, Any]]:
    """Fields of an item, then of its assets with those of the item below them."""
    item = document if isinstance(document, Mapping) else {}
    own, assets = item.get("properties"), item.get("assets")
    properties = own if isinstance(own, Mapping) else {}
    yield properties
    for asset in assets.values() if isinstance(assets, Mapping) else ():
        if isinstance(asset, Mapping):
            yield {**properties, **asset}


def _grid(path: Path, crs: object, transform: object, shape: object) -> SourceGrid:
    try:
        parsed = CRS.from_user_input(crs)
        a, b, c, d, e, f = (float(value) for value in list(transform)[:6])  # type: ignore[call-overload]
        rows, columns = (int(value) for value in shape)  # type: ignore[attr-defined]
    except (CRSError, TypeError, ValueError, OverflowError):
        raise UsageError(f"`like` {path} has no CRS, or no grid of pixels; give another file") from None
    if not (all(map(math.isfinite, (a, b, c, d, e, f))) and max(rows, columns) <= _MOST_PIXELS):
        raise UsageError(f"`like` {path} has a grid that no raster can have; give another file")
    if not (parsed.is_projected or parsed.is_geographic) or len(parsed.axis_info) != 2:
        raise UsageError(f"`like` {path} is in {parsed.name}, which is not a CRS of maps; give another file")
    authority = parsed.to_authority()
    code = ":".join(authority) if authority else parsed.to_wkt()
    return SourceGrid(code, (a, b, c, d, e, f), (rows, columns))
