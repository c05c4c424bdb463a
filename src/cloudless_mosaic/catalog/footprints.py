"""Footprints of items, in any convention for the antimeridian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from shapely import GEOSException, force_2d, get_coordinates, union_all
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.geo.antimeridian import unroll, within_world

_KINDS = {"Polygon", "MultiPolygon"}
_MOST_POINTS = 10_000
_WIDEST = 60.0
"""Degrees of longitude. A granule is 110 km wide: 10 degrees at 84 degrees north, where the tiles end."""


def parse_footprint(geometry: object) -> BaseGeometry:
    """A GeoJSON (multi)polygon as a valid area within +-180 degrees.

    Catalogues use three conventions: a multipolygon cut at the antimeridian, longitudes beyond 180 degrees,
    and a ring that jumps from 180 to -180 degrees. Granules are narrow, so a step of more than 180 degrees is
    a crossing. Holes are filled: they are errors of the tool that made the polygon, and nodata pixels are
    more exact.

    Raises:
        MetadataError: if no such polygon exists.
    """
    polygons = _polygons(geometry)
    area = union_all([part for polygon in polygons for part in _cut(polygon)])
    if area.is_empty or area.area == 0:
        raise MetadataError("its footprint has no area")
    return area


def _polygons(geometry: object) -> list[Polygon]:
    if not isinstance(geometry, Mapping) or str(geometry.get("type")) not in _KINDS:
        raise MetadataError("it has no footprint polygon")
    try:
        # values that are not finite are refused below, without numpy's warning
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


def _cut(polygon: Polygon) -> list[MultiPolygon]:
    """Unrolls a ring so that no step is longer than 180 degrees, and cuts it at the antimeridian."""
    ring = np.array(polygon.exterior.coords)
    ring[:, 0] = unroll(ring[:, 0])
    if np.ptp(ring[:, 0]) > _WIDEST:
        raise MetadataError(f"its footprint is {np.ptp(ring[:, 0]):.0f} degrees wide, which no granule is")
    return [MultiPolygon(list(parts)) for parts in within_world(Polygon(ring))]
