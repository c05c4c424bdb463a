"""Polygons of any origin as one area in degrees of WGS 84."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from pyproj import CRS
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon

from cloudless_mosaic.domain.areas.crs import to_degrees
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.antimeridian import Floats, encircles_pole, polygons_of, unroll, within_world

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
    polygons = []
    whole: list[Polygon] = []
    for part in parts:
        _require_numbers(part.polygons)
        if part.crs is not None:
            moved, note = to_degrees(part.polygons, part.crs)
            said += [note] if note else []
        else:
            moved = part.polygons
        _require_world(moved)
        there = [polygon for polygon in moved if not polygon.is_empty]
        whole += there
        rings = shapely.get_exterior_ring(there)
        polygons += [Polygon(ring) for ring in rings]
    # an edge that jumps makes a polygon wide
    widths = shapely.bounds(polygons)[:, 2] - shapely.bounds(polygons)[:, 0] if polygons else ()
    unrolled, note = _simplified(
        [_unrolled(p) if width > 180 else p for p, width in zip(polygons, widths, strict=True)]
    )
    said += [note] if note else []
    pieces = [piece for polygon in unrolled for piece in within_world(polygon)]
    area = polygons_of(shapely.union_all(pieces))
    if area.area == 0:
        raise UsageError("AOI has no area; give polygons in longitude and latitude")
    return Area(area, tuple(dict.fromkeys(said)), _outline(whole))


def _outline(polygons: Iterable[Polygon]) -> MultiPolygon:
    """Polygons with their holes, each in one piece; those whose rings cross themselves are mended."""
    whole = [_continuous(polygon) for polygon in polygons]
    return MultiPolygon(
        [
            part
            for polygon, valid in zip(whole, shapely.is_valid(whole), strict=True)
            for part in ([polygon] if valid else polygons_of(shapely.make_valid(polygon)).geoms)
        ]
    )


def _continuous(polygon: Polygon) -> Polygon:
    """A polygon whose longitudes don't jump, with its holes where it is."""
    west, _, east, _ = polygon.bounds
    if east - west <= 180 and not polygon.interiors:
        return polygon
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


def _simplified(polygons: list[Polygon]) -> tuple[list[Polygon], str]:
    """The polygons with few enough points, and a note where that took a change; their extent stays."""
    points = _count(polygons)
    if points <= _MOST_POINTS:
        return polygons, ""
    simple = polygons
    for tolerance in _TOLERANCES:
        simple = [_thinned(polygon, tolerance) for polygon in simple]
        if _count(simple) <= _MOST_POINTS:
            break
    else:
        simple = _hulls(simple)
    return simple, f"AOI has {points} points; simplified to {_count(simple)}, its extent is kept"


def _count(polygons: list[Polygon]) -> int:
    return int(shapely.get_num_coordinates(polygons).sum())


def _thinned(polygon: Polygon, tolerance: float) -> Polygon:
    """A ring without the points that are closer than a tolerance to their neighbours' line.

    Its outermost points stay, so that the extent is the same.
    """
    if shapely.get_num_coordinates(polygon) <= _FEW:
        return polygon
    ring = np.array(polygon.exterior.coords)
    line = shapely.get_coordinates(shapely.simplify(polygon.exterior, tolerance, preserve_topology=False))
    hull = shapely.get_coordinates(shapely.simplify(polygon.convex_hull, _OUTER, preserve_topology=False))
    kept = _is_among(ring, np.concatenate([line, hull]))
    kept[[*ring.argmin(axis=0), *ring.argmax(axis=0)]] = True
    kept[[0, -1]] = True
    return Polygon(ring[kept]) if kept.sum() > 3 else polygon


def _is_among(points: Floats, chosen: Floats) -> np.ndarray:
    return np.isin(points[:, 0] + 1j * points[:, 1], chosen[:, 0] + 1j * chosen[:, 1])


def _hulls(polygons: list[Polygon]) -> list[Polygon]:
    """The convex hull of the polygons of every cell, by their first points."""
    first = np.array([polygon.exterior.coords[0] for polygon in polygons])
    _, cells = np.unique(np.floor(first / _CELL), axis=0, return_inverse=True)
    order = np.argsort(cells.ravel(), kind="stable")
    edges = np.flatnonzero(np.diff(cells.ravel()[order])) + 1
    members = np.split(np.array(polygons, dtype=object)[order], edges)
    # the hulls of few polygons have few points: those that have many were thinned before
    hulls = [shapely.GeometryCollection(list(group)).convex_hull for group in members]
    return [hull for hull in hulls if isinstance(hull, Polygon)]
