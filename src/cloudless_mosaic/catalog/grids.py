"""The pixel grid that an item declares for a raster: STAC projection extension 1.0 to 2.0."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import lru_cache

from pyproj import CRS
from pyproj.exceptions import CRSError

from cloudless_mosaic.catalog.raw_item import Json
from cloudless_mosaic.domain.scenes import GRANULE_PIXELS, GRANULE_WIDTH, Affine6, SourceGrid
from cloudless_mosaic.errors import MetadataError

_LONGEST_DEFINITION = 20_000
_CODE = re.compile(r"(?:EPSG:)?(\d{4,6})", re.ASCII)


def declared_grid(asset: Json, properties: Json, resolution: float) -> SourceGrid | None:
    """The north-up pixel grid of an asset; ``None`` where the item does not declare all of it.

    Args:
        asset: The asset, whose own fields come first.
        properties: Properties of the item. Their shape and transform hold for assets of one resolution only,
            so they count where they agree with ``resolution``.
        resolution: Edge of the asset's native pixel, metres.

    Raises:
        MetadataError: if the declared grid is not one of the product.
    """
    crs = _declared_crs(asset) or _declared_crs(properties)
    shape, transform = asset.get("proj:shape"), asset.get("proj:transform")
    inherited = shape is None and transform is None
    if inherited:
        shape, transform = properties.get("proj:shape"), properties.get("proj:transform")
    if crs is None or shape is None or transform is None:
        return None
    affine = _affine(transform)
    if inherited and not math.isclose(affine[0], resolution):
        return None
    rows, columns = _size(shape)
    _require_granule(affine, rows, columns)
    return SourceGrid(crs, affine, (rows, columns))


def _affine(transform: object) -> Affine6:
    values = _numbers(transform)
    if len(values) not in {6, 9} or (len(values) == 9 and values[6:] != [0, 0, 1]):
        raise MetadataError("its proj:transform is not a list of 6 or 9 numbers")
    a, b, c, d, e, f = values[:6]
    if not (a > 0 and e < 0 and b == d == 0 and math.isclose(a, -e)):
        raise MetadataError(f"its grid is not north-up with square pixels (proj:transform is {values[:6]})")
    return a, 0.0, c, 0.0, e, f


def _size(shape: object) -> tuple[int, int]:
    values = _numbers(shape)
    if len(values) != 2 or any(value != int(value) for value in values):
        raise MetadataError("its proj:shape is not two whole numbers")
    return int(values[0]), int(values[1])


def _numbers(values: object) -> list[float]:
    if not isinstance(values, list | tuple) or len(values) > 9:
        return []
    numbers = [float(v) for v in values if isinstance(v, int | float) and abs(v) < 1e12]
    return numbers if len(numbers) == len(values) else []


def _require_granule(affine: Affine6, rows: int, columns: int) -> None:
    """Refuses sizes that the product does not have; a few bytes may declare terabytes."""
    longest = max(rows, columns)
    if min(rows, columns) < 1 or longest > GRANULE_PIXELS or longest * affine[0] > GRANULE_WIDTH:
        raise MetadataError(
            f"its grid of {rows} x {columns} pixels of {affine[0]:g} m is larger than a granule "
            f"({GRANULE_WIDTH:.0f} m), or empty"
        )


def _declared_crs(fields: Json) -> str | None:
    """The CRS of a set of projection fields; ``None`` where it is missing or unknown.

    The header of the file decides in the end, so an error such as ``EPSG:None`` does no harm.
    """
    for name in ("proj:code", "proj:epsg"):
        code = fields.get(name)
        match = _CODE.fullmatch(str(code)) if isinstance(code, str | int) else None
        if match and _is_known(int(match[1])):
            return f"EPSG:{match[1]}"
    wkt = fields.get("proj:wkt2")
    if isinstance(wkt, str):
        return _from_text(wkt)
    definition = fields.get("proj:projjson")
    return _from_text(json.dumps(definition)) if isinstance(definition, Mapping) else None


@lru_cache(maxsize=256)
def _is_known(code: int) -> bool:
    try:
        CRS.from_epsg(code)
    except CRSError:
        return False
    return True


@lru_cache(maxsize=256)
def _from_text(definition: str) -> str | None:
    """Reads WKT or PROJJSON only: PROJ would interpret other text as pipelines and files."""
    if len(definition) > _LONGEST_DEFINITION:
        return None
    try:
        crs = CRS.from_json(definition) if definition.startswith("{") else CRS.from_wkt(definition)
    except (CRSError, RecursionError):
        return None
    authority = crs.to_authority()
    return f"{authority[0]}:{authority[1]}" if authority else str(crs.to_wkt())
