"""Polygons in longitude and latitude that cross the antimeridian (RFC 7946, section 3.1.9)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
import numpy.typing as npt
from shapely import (
    GeometryType,
    bounds,
    get_parts,
    get_type_id,
    intersection,
    is_empty,
    make_valid,
    transform,
)
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

_WORLD = box(-180, -90, 180, 90)

Floats = npt.NDArray[np.float64]

Polygons = npt.NDArray[np.object_]
"""Geometries of shapely, shape (geometries,)."""


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


def within_world(polygons: Polygon | Polygons) -> Iterator[Polygons]:
    """The parts of unrolled polygons, moved to longitudes within +-180 degrees, by full turns.

    Args:
        polygons: One or an array of them. Longitudes between -900 and 900 degrees.
    """
    whole = make_valid(np.atleast_1d(np.asarray(polygons, dtype=object)))
    west, _, east, _ = bounds(whole).T
    for turn in np.arange(-2, 3) * 360.0:
        there = whole[(west + turn < 180) & (east + turn > -180)]
        parts = _polygons_in(intersection(transform(there, partial(_turned, turn)), _WORLD))
        if len(parts):
            yield parts


def _turned(turn: float, points: Floats) -> Floats:
    moved: Floats = points + np.array([turn, 0.0])
    return moved


def polygons_of(geometry: BaseGeometry) -> MultiPolygon:
    """The polygons of a geometry, without the lines and points that validation and cuts leave."""
    return MultiPolygon(list(_polygons_in(np.array([geometry], dtype=object))))


def _polygons_in(geometries: Polygons) -> Polygons:
    parts = get_parts(get_parts(geometries))
    polygons: Polygons = parts[(get_type_id(parts) == GeometryType.POLYGON) & ~is_empty(parts)]
    return polygons
