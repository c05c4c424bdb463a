"""Polygons in longitude and latitude that cross the antimeridian (RFC 7946, section 3.1.9)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from shapely import make_valid
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

_WORLD = box(-180, -90, 180, 90)

Floats = npt.NDArray[np.float64]


def unroll(longitudes: Floats) -> Floats:
    """Longitudes along a line, continued beyond 180 degrees where they jump from one side to the other.

    Neighbours are taken to be at most 180 degrees apart: a greater step is a crossing of the antimeridian.

    Args:
        longitudes: Degrees east, in the order of the line.

    Returns:
        The first longitude unchanged, every other one plus a multiple of 360 degrees.
    """
    turns = np.zeros(len(longitudes))
    turns[1:] = np.cumsum(np.rint(np.diff(longitudes) / 360))
    unrolled: Floats = longitudes - 360 * turns
    return unrolled


def encircles_pole(unrolled: Floats) -> bool:
    """True for the unrolled longitudes of a closed ring that ends a full turn from its start."""
    return bool(abs(unrolled[-1] - unrolled[0]) > 180)


def within_world(polygon: Polygon) -> Iterator[MultiPolygon]:
    """The parts of an unrolled polygon, moved to longitudes within +-180 degrees.

    Args:
        polygon: Longitudes between -900 and 900 degrees.
    """
    whole = make_valid(polygon)
    west, _, east, _ = whole.bounds
    for turn in np.arange(-2, 3) * 360.0:
        if west + turn >= 180 or east + turn <= -180:
            continue
        part = translate(whole, turn).intersection(_WORLD)
        if not part.is_empty:
            yield polygons_of(part)


def polygons_of(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry, without the lines and points that validation and cuts leave."""
    parts = [
        leaf for part in getattr(geometry, "geoms", [geometry]) for leaf in getattr(part, "geoms", [part])
    ]
    return MultiPolygon([part for part in parts if isinstance(part, Polygon) and not part.is_empty])
