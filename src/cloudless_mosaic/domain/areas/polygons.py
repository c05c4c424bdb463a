"""Polygons of any origin as one area in degrees of WGS 84."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from cloudless_mosaic.domain.areas.crs import to_degrees
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.antimeridian import (
    Floats,
    Polygons,
    encircles_pole,
    polygons_of,
    unroll,
    within_world,
)

_MOST_POINTS = 100_000
"""Points beyond which an area is simplified."""

_TOLERANCES = (1e-5, 1e-4, 1e-3, 1e-2)
"""Degrees, about 1 m to 1 km on the ground: the first that leaves few enough points is used."""

_OUTER = 1e-7
"""Degrees, about 1 cm, that the convex hull may be off: it decides the edges of the mosaic."""

_FEW = 16
"""Points of a ring that is not simplified."""

_CELL = 0.1
"""Degrees: polygons within a cell are replaced by their convex hull where there are too many of them."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area, and what the user has to know about how it was read."""

    polygons: MultiPolygon
    """EPSG:4326, within +-180 degrees, cut at the antimeridian, without holes."""
    notes: tuple[str, ...]
    """One line each."""
    outline: MultiPolygon
    """The polygons as they were given, with holes and all points; they may overlap. Across the antimeridian
    their longitudes run on."""


@dataclass(frozen=True, slots=True)
class Part:
    """Polygons that share a CRS."""

    polygons: tuple[Polygon, ...]
    """Two-dimensional, x before y: longitude before latitude."""
    crs: CRS | None = None
    """Their CRS; ``None`` for degrees of WGS 84."""


def make_area(parts: Iterable[Part], notes: Sequence[str] = ()) -> Area:
    """One area of all parts; holes are filled, and many points are simplified.

    Args:
        parts: Polygons and their CRSs.
        notes: What the user has to know about how they were read.

    Raises:
        UsageError: if they have no area, or their place is ambiguous.
    """
    said = list(notes)
    whole: list[Polygon] = []
    for crs, alike in groupby(parts, key=lambda part: part.crs):
        given = [polygon for part in alike for polygon in part.polygons]
        _require_numbers(given)
        if crs is not None:
            given, note = to_degrees(given, crs)
            said += [note] if note else []
        _require_world(given)
        whole += [polygon for polygon in given if not polygon.is_empty]
    unrolled, note = _simplified(_shells(whole))
    said += [note] if note else []
    pieces = [piece for parts in within_world(unrolled) for piece in parts]
    area = polygons_of(shapely.disjoint_subset_union_all(pieces))
    if area.area == 0:
        raise UsageError("AOI has no area; give polygons in longitude and latitude")
    outline = _outline(whole)
    if outline.area == 0:
        raise UsageError("AOI has no area: its holes are as large as its polygons; check the inner rings")
    return Area(area, tuple(dict.fromkeys(said)), outline)


def _shells(polygons: Sequence[Polygon]) -> Polygons:
    """Polygons without their holes, whose longitudes don't jump."""
    shells = np.asarray(shapely.polygons(shapely.get_exterior_ring(polygons)), dtype=object)
    west, _, east, _ = shapely.bounds(shells).T
    # an edge that jumps makes a polygon wide
    for place in np.flatnonzero(east - west > 180):
        shells[place] = _unrolled(shells[place])
    return shells


def _outline(polygons: Sequence[Polygon]) -> MultiPolygon:
    """Polygons with their holes, each in one piece; those whose rings cross themselves are mended."""
    whole = np.array(polygons, dtype=object)
    west, _, east, _ = shapely.bounds(whole).T
    # a hole may lie a full turn from its shell
    for place in np.flatnonzero((east - west > 180) | (shapely.get_num_interior_rings(whole) > 0)):
        whole[place] = _continuous(whole[place])
    return MultiPolygon(
        [
            part
            for polygon, valid in zip(whole, shapely.is_valid(whole), strict=True)
            for part in ([polygon] if valid else _mended(polygon).geoms)
        ]
    )


def _mended(polygon: Polygon) -> MultiPolygon:
    """What an odd number of rings surrounds, as GDAL fills polygons."""
    rings = [shapely.make_valid(Polygon(ring)) for ring in (polygon.exterior, *polygon.interiors)]
    return polygons_of(reduce(shapely.symmetric_difference, rings))


def _continuous(polygon: Polygon) -> Polygon:
    """A polygon whose longitudes don't jump, with its holes where it is."""
    shell = _unrolled(Polygon(polygon.exterior))
    middle = _middle_longitude(shell)
    holes = []
    for ring in polygon.interiors:
        hole = _unrolled(Polygon(ring))
        holes.append(translate(hole, 360 * round((middle - _middle_longitude(hole)) / 360)).exterior)
    return Polygon(shell.exterior, holes)


def _middle_longitude(polygon: Polygon) -> float:
    west, _, east, _ = polygon.bounds
    return (west + east) / 2


def _require_numbers(polygons: Sequence[Polygon]) -> None:
    if not np.isfinite(shapely.get_coordinates(polygons)).all():
        raise UsageError("AOI has a coordinate that is not a number")


def _require_world(polygons: Sequence[Polygon]) -> None:
    points = shapely.get_coordinates(polygons)
    if len(points) and (np.abs(points[:, 0]).max() > 360 or np.abs(points[:, 1]).max() > 90):
        raise UsageError(
            "AOI has coordinates outside of the world; they have to be longitude, latitude in degrees"
        )


def _unrolled(polygon: Polygon) -> Polygon:
    """A polygon without holes whose longitudes run on over the antimeridian instead of jumping.

    Raises:
        UsageError: if a long edge may go either way round the world.
    """
    ring = np.array(polygon.exterior.coords)
    if (np.abs(np.diff(ring[:, 0])) > 180).any():
        ring[:, 0] = unroll(ring[:, 0])
        if encircles_pole(ring[:, 0]) or not 0 < np.ptp(ring[:, 0]) < 180:
            raise UsageError(
                "AOI has an edge longer than 180 degrees; cut the polygon at the antimeridian, or add points"
            )
    return Polygon(ring)


def _simplified(polygons: Polygons) -> tuple[Polygons, str]:
    """The polygons with few enough points, and a note where that took a change; their extent stays."""
    points = _count(polygons)
    if points <= _MOST_POINTS:
        return polygons, ""
    simple = polygons
    for tolerance in _TOLERANCES:
        simple = _thinned(simple, tolerance)
        if _count(simple) <= _MOST_POINTS:
            break
    else:
        simple = _hulls(simple)
    return simple, f"AOI has {points} points; simplified to {_count(simple)}, its extent is kept"


def _count(polygons: Polygons) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


def _thinned(polygons: Polygons, tolerance: float) -> Polygons:
    """Rings without the points that are closer than a tolerance to their neighbours' line.

    Their outermost points stay, so that the extent is the same.
    """
    chosen = np.flatnonzero(shapely.get_num_coordinates(polygons) > _FEW)
    if not len(chosen):
        return polygons
    rings = shapely.get_exterior_ring(polygons[chosen])
    points, owners = shapely.get_coordinates(rings, return_index=True)
    hulls = shapely.convex_hull(polygons[chosen])
    kept = _is_among(
        np.column_stack([owners, points]),
        np.concatenate(
            [
                _numbered(shapely.simplify(rings, tolerance, preserve_topology=False)),
                _numbered(shapely.simplify(hulls, _OUTER, preserve_topology=False)),
            ]
        ),
    )
    starts = np.flatnonzero(np.diff(owners, prepend=-1))
    kept[starts] = True
    kept[np.append(starts[1:], len(points)) - 1] = True
    for outermost in (np.minimum, np.maximum):
        for values in points.T:
            kept[_first_of(values, outermost.reduceat(values, starts), owners)] = True
    enough = np.add.reduceat(kept, starts, dtype=np.int64) > 3
    kept &= enough[owners]
    thinned = polygons.copy()
    _, numbers = np.unique(owners[kept], return_inverse=True)
    thinned[chosen[enough]] = shapely.polygons(shapely.linearrings(points[kept], indices=numbers))
    return thinned


def _numbered(geometries: Polygons) -> Floats:
    """The number of the geometry of every point, and its coordinates, shape (points, 3)."""
    points, owners = shapely.get_coordinates(geometries, return_index=True)
    return np.column_stack([owners, points])


def _is_among(points: Floats, chosen: Floats) -> npt.NDArray[np.bool_]:
    """Which points of rings are among others, both as `_numbered` has them."""
    owners, x, y = np.concatenate([points, chosen]).T
    places, numbers = np.unique(x + 1j * y, return_inverse=True)
    keys = owners * len(places) + numbers
    found: npt.NDArray[np.bool_] = np.isin(keys[: len(points)], keys[len(points) :])
    return found


def _first_of(values: Floats, wanted: Floats, owners: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Places of the first point of every ring that has a value.

    Args:
        values: One of every point.
        wanted: One of every ring.
        owners: The ring of every point, from 0.
    """
    places = np.flatnonzero(values == wanted[owners])
    _, first = np.unique(owners[places], return_index=True)
    found: npt.NDArray[np.int64] = places[first]
    return found


def _hulls(polygons: Polygons) -> Polygons:
    """The convex hull of the polygons of every cell, by their first points."""
    first = shapely.get_coordinates(shapely.get_point(shapely.get_exterior_ring(polygons), 0))
    _, cells = np.unique(np.floor(first / _CELL), axis=0, return_inverse=True)
    order = np.argsort(cells.ravel(), kind="stable")
    # the hulls of few polygons have few points: those that have many were thinned before
    groups = shapely.geometrycollections(polygons[order], indices=cells.ravel()[order])
    hulls: Polygons = shapely.convex_hull(np.asarray(groups, dtype=object))
    with_area: Polygons = hulls[shapely.get_type_id(hulls) == shapely.GeometryType.POLYGON]
    return with_area
