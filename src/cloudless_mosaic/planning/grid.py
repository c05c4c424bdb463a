"""The output grid: its CRS, its edges and its extent. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
from affine import Affine
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely import transform
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import project
from cloudless_mosaic.geo.snapping import SNAP, snap_out

_MOST_DEGREES = 1.0
"""The largest pixel of a grid in degrees; a larger number is meant in metres."""

_MOST_PIXELS = 2**31 - 1
"""Pixels along an edge of the largest raster that GDAL reads."""

_TIE = 1e-9
"""Share by which areas may differ and still count as equal."""

_UPS_NORTH, _UPS_SOUTH = 5041, 5042
"""EPSG codes of the polar stereographic grids (UPS, eastings first)."""

_ZONES = tuple((-186.0 + 6 * zone, zone) for zone in range(1, 61))
_NORWAY = tuple((3.0 if zone == 32 else left, zone) for left, zone in _ZONES)
_SVALBARD = tuple(
    ({33: 9.0, 35: 21.0, 37: 33.0}.get(zone, left), zone) for left, zone in _ZONES if zone not in {32, 34, 36}
)
_BELTS = (
    (-90.0, -80.0, ((-180.0, _UPS_SOUTH),)),
    (-80.0, 56.0, _ZONES),
    (56.0, 64.0, _NORWAY),
    (64.0, 72.0, _ZONES),
    (72.0, 84.0, _SVALBARD),
    (84.0, 90.0, ((-180.0, _UPS_NORTH),)),
)
"""South, north, and the western edges of the zones in between (NGA, "The Universal Grids and the Transverse
Mercator and Polar Stereographic Map Projections", 2014)."""


def utm_crs(aoi: Aoi) -> str:
    """The UTM zone that holds most of the AOI, as ``EPSG:326zz`` (north) or ``EPSG:327zz`` (south).

    Zones are those of the MGRS, wider and narrower ones of Norway and Svalbard among them, since the granules
    of Sentinel-2 come in these. Beyond 84 degrees north and 80 south it's the polar stereographic grid (UPS).
    Ties go to the western zone, and to the north on the equator.
    """
    areas: dict[int, float] = {}
    for part in aoi.parts:
        for zone, cell in _cells(part.bounds):
            areas[zone] = areas.get(zone, 0.0) + _equal_area(part.intersection(cell))
    most = max(areas.values())
    zone = next(zone for zone, area in areas.items() if area >= most * (1 - _TIE))
    if zone in {_UPS_NORTH, _UPS_SOUTH}:
        return f"EPSG:{zone}"
    return f"EPSG:{(32600 if aoi.south + aoi.north >= 0 else 32700) + zone}"


def zones_of(aoi: Aoi) -> Iterator[tuple[int, BaseGeometry]]:
    """UTM zones, and the part of an area in each; beyond 84 degrees north and 80 south there is none."""
    for part in aoi.parts:
        for zone, cell in _cells(part.bounds):
            inside = part.intersection(cell)
            if zone not in {_UPS_NORTH, _UPS_SOUTH} and inside.area > 0:
                yield zone, inside


def _cells(bounds: tuple[float, float, float, float]) -> Iterator[tuple[int, BaseGeometry]]:
    """Zones that touch a box, each with its part of the box, from west to east."""
    west, south, east, north = bounds
    for bottom, top, edges in _BELTS:
        low, high = max(south, bottom), min(north, top)
        if low >= high:
            continue
        for (left, zone), (right, _) in pairwise((*edges, (180.0, 0))):
            if max(west, left) < min(east, right):
                yield zone, box(max(west, left), low, min(east, right), high)


def _equal_area(area: BaseGeometry) -> float:
    """Size of an area in degrees on the cylinder of equal areas (Lambert)."""

    def flatten(points: np.ndarray) -> np.ndarray:
        return np.column_stack([points[:, 0], np.sin(np.radians(points[:, 1]))])

    return float(transform(area, flatten).area)


def parse_crs(text: str) -> str:
    """Normalises an output CRS to ``EPSG:code`` where it has one, else to WKT2.

    Raises:
        UsageError: if the CRS is unknown, or not one of maps: heights, earth-centred, with a third axis.
    """
    try:
        crs = CRS.from_user_input(text)
    except CRSError:
        raise UsageError(f"`crs` {text!r} is not a CRS; give for example EPSG:32633") from None
    if not _is_of_maps(crs):
        raise UsageError(
            f"`crs` {text[:60]!r} ({crs.name}) is neither projected nor geographic in two dimensions; "
            "give for example EPSG:32633"
        )
    try:
        Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    except ProjError:
        raise UsageError(
            f"`crs` {text[:60]!r} ({crs.name}) has no way from WGS 84, perhaps it is of another planet; "
            "give for example EPSG:32633"
        ) from None
    authority = crs.to_authority()
    return f"{authority[0]}:{authority[1]}" if authority else crs.to_wkt()


def _is_of_maps(crs: CRS) -> bool:
    """True for projected and geographic CRSs in two dimensions; rotated poles can't be held by a GeoTIFF."""
    rotated = crs.is_geographic and crs.is_derived
    return (crs.is_projected or crs.is_geographic) and len(crs.axis_info) == 2 and not rotated


def mosaic_geobox(aoi: Aoi, resolution: float, crs: str, anchor: tuple[float, float] = (0.0, 0.0)) -> GeoBox:
    """The smallest grid that covers the AOI.

    Args:
        aoi: Area to cover.
        resolution: Edge of a pixel, in units of ``crs``.
        crs: Output CRS.
        anchor: x and y that pixel edges go through; edges are whole pixels away from it.

    Raises:
        UsageError: if the AOI can't be projected to ``crs``, or no raster can have pixels of such a size.
    """
    if resolution > _MOST_DEGREES and CRS.from_user_input(crs).is_geographic:
        raise UsageError(
            f"`resolution` {resolution:g} counts in degrees in `crs` {crs}; give degrees, for example 0.001, "
            "or a CRS in metres"
        )
    left, bottom, right, top = aoi_bounds(aoi, crs)
    column, end_column = snap_out((left - anchor[0]) / resolution, (right - anchor[0]) / resolution)
    row, end_row = snap_out((bottom - anchor[1]) / resolution, (top - anchor[1]) / resolution)
    require_raster(end_row - row, end_column - column, resolution, f"AOI {aoi}")
    x, y = anchor[0] + column * resolution, anchor[1] + end_row * resolution
    return GeoBox((end_row - row, end_column - column), Affine(resolution, 0, x, 0, -resolution, y), crs)


def require_raster(rows: int, columns: int, resolution: float, what: str) -> None:
    """Raises ``UsageError`` if a raster has more pixels along an edge than GDAL reads."""
    if max(rows, columns) > _MOST_PIXELS:
        raise UsageError(
            f"`resolution` {resolution:g} makes {columns} x {rows} pixels of {what}; give a coarser one"
        )


def aoi_bounds(aoi: Aoi, crs: str) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the AOI in ``crs``, its edges followed every 0.05 degrees.

    Raises:
        UsageError: if the AOI can't be projected to ``crs``, or only in two parts that lie far apart.
    """
    boxes = _bounds_of([box(*part) for part in aoi.boxes], crs)
    bounds = boxes if aoi.area is None else _bounds_of(aoi.parts, crs)
    if not np.isfinite(bounds).all():
        raise UsageError(f"AOI {aoi} can't be projected to {crs}; choose another `crs`")
    gap = boxes[:, :2].max(axis=0) - boxes[:, 2:].min(axis=0)
    if (gap > SNAP * (boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0))).any():
        raise UsageError(
            f"AOI {aoi} crosses the antimeridian, where {crs} is cut; choose another `crs`, "
            f"for example {utm_crs(aoi)}"
        )
    low, high = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _bounds_of(areas: Iterable[BaseGeometry], crs: str) -> np.ndarray:
    """Left, bottom, right and top of areas in degrees in ``crs``, shape (areas, 4)."""
    return np.array([project(area, "EPSG:4326", crs).bounds for area in areas])
