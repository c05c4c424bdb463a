"""Footprints of items, whatever way they cross the antimeridian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from shapely import GEOSException, force_2d, get_coordinates, union_all
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.geojson import within_world
from cloudless_mosaic.errors import MetadataError

_KINDS = {"Polygon", "MultiPolygon"}
_MOST_POINTS = 10_000
_WIDEST = 60.0
"""Degrees of longitude. A granule is 110 km wide: 10 degrees at 84 degrees north, where the tiles end."""


def parse_footprint(geometry: object) -> BaseGeometry:
    """A GeoJSON (multi)polygon as a valid area within +-180 degrees.

    Three conventions are met: a multipolygon cut at the antimeridian, longitudes beyond 180 degrees, and a
    ring that jumps from one side of the world to the other as if it went around it. Granules are narrow, so a
    step of more than 180 degrees is taken as a crossing. Holes are filled: they are slips of the polygon
    maker, and nodata pixels tell better.

    Raises:
        MetadataError: if there is no such polygon.
    """
    polygons = _polygons(geometry)
    area = union_all([part for polygon in polygons for part in _within_world(polygon)])
    if area.is_empty or area.area == 0:
        raise MetadataError("its footprint has no area")
    return area


def _polygons(geometry: object) -> list[Polygon]:
    if not isinstance(geometry, Mapping) or str(geometry.get("type")) not in _KINDS:
        raise MetadataError("it has no footprint polygon")
    try:
        # numbers that are none are found below, and need no warning of the library's
        with np.errstate(all="ignore"):
            parsed: Any = force_2d(shape(dict(geometry)))
    except (
        ValueError,
        TypeError,
        LookupError,
        ArithmeticError,
        AttributeError,
        RecursionError,
        GEOSException,
    ):
        raise MetadataError("its footprint is not a polygon") from None
    points = get_coordinates(parsed)
    if not 3 < len(points) <= _MOST_POINTS or not np.isfinite(points).all():
        raise MetadataError("its footprint has no points, too many, or some that are not numbers")
    if np.abs(points[:, 1]).max() > 90 or np.abs(points[:, 0]).max() > 360:
        raise MetadataError("its footprint lies outside of the world")
    polygons = [parsed] if isinstance(parsed, Polygon) else list(parsed.geoms)
    return [polygon for polygon in polygons if not polygon.is_empty]


def _within_world(polygon: Polygon) -> list[MultiPolygon]:
    """Unrolls a ring so that no step is longer than 180 degrees, and cuts it at the antimeridian."""
    ring = np.array(polygon.exterior.coords)
    ring[:, 0] = np.unwrap(ring[:, 0], period=360)
    if np.ptp(ring[:, 0]) > _WIDEST:
        raise MetadataError(f"its footprint is {np.ptp(ring[:, 0]):.0f} degrees wide, which no granule is")
    return list(within_world(Polygon(ring)))
