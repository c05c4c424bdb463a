"""Footprints of items, whatever way they cross the antimeridian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from shapely import GEOSException, make_valid, union_all
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, shape
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.errors import MetadataError

_MOST_POINTS = 10_000
_WORLD = box(-180, -90, 180, 90)


def parse_footprint(geometry: object) -> BaseGeometry:
    """A GeoJSON (multi)polygon as a valid area within +-180 degrees.

    Three conventions are met: a multipolygon cut at the antimeridian, longitudes beyond 180 degrees, and a
    ring that jumps from one side of the world to the other as if it went around it. A granule is at most some
    degrees wide (more near the poles), so steps of more than 180 degrees are taken as crossings.

    Raises:
        MetadataError: if there is no such polygon.
    """
    if not isinstance(geometry, Mapping) or geometry.get("type") not in {"Polygon", "MultiPolygon"}:
        raise MetadataError("no footprint polygon")
    try:
        parsed: Any = shape(geometry)
    except (ValueError, TypeError, GEOSException, IndexError, AttributeError, KeyError):
        raise MetadataError("the footprint is not a polygon") from None
    polygons = [parsed] if isinstance(parsed, Polygon) else list(parsed.geoms)
    points = np.concatenate(
        [np.asarray(p.exterior.coords)[:, :2] for p in polygons if not p.is_empty] or [[]]
    )
    if not 3 < len(points) <= _MOST_POINTS or not np.isfinite(points).all():
        raise MetadataError("the footprint has no points, too many, or some that are not numbers")
    if np.abs(points[:, 1]).max() > 90 or np.abs(points[:, 0]).max() > 360:
        raise MetadataError("the footprint lies outside of the world")
    area = union_all([part for polygon in polygons for part in _within_world(polygon)])
    if area.is_empty or area.area == 0:
        raise MetadataError("the footprint has no area")
    return area


def _within_world(polygon: Polygon) -> list[BaseGeometry]:
    """Unrolls a ring so that no step is longer than 180 degrees, and cuts it at the antimeridian."""
    ring = np.array(polygon.exterior.coords)[:, :2]
    ring[:, 0] = np.unwrap(ring[:, 0], period=360)
    unrolled = make_valid(Polygon(ring))
    copies = [translate(unrolled, shift) for shift in (-360, 0, 360)]
    parts = [copy.intersection(_WORLD) for copy in copies]
    return [_areas(part) for part in parts if not part.is_empty]


def _areas(geometry: BaseGeometry) -> BaseGeometry:
    """The polygons of a geometry; lines and points that validation left are dropped."""
    parts = getattr(geometry, "geoms", [geometry])
    return MultiPolygon([part for part in parts if isinstance(part, Polygon)])
