"""Where a grid lies on Earth, or a part of it, as GeoJSON (RFC 7946)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from shapely import affinity, make_valid, set_precision, to_geojson
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

from cloudless_mosaic.geo.antimeridian import encircles_pole, unroll
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import is_geographic, metres_per_unit

_PIECES = 20
"""Pieces of an edge as long as the grid, so that outlines follow its curve."""

_DEGREES = 1e-6
"""Precision of the coordinates, about 0.1 m."""

_Points = npt.NDArray[np.float64]


def footprint(geobox: GeoBox, area: BaseGeometry | None = None) -> tuple[dict[str, Any], list[float]]:
    """The outline of a grid, or of an area on it, in longitude and latitude.

    Args:
        geobox: The grid.
        area: Polygons in pixels (x is the column, y the row); ``None`` is all of the grid.

    Returns:
        GeoJSON polygons, cut where they cross the antimeridian, and the bounding box; its west is then
        greater than its east, as RFC 7946 (5.2) has it.
    """
    rows, columns = geobox.shape
    area = box(0, 0, columns, rows) if area is None else area
    to_degrees = Transformer.from_crs(str(geobox.crs), "EPSG:4326", always_xy=True)

    def place(points: _Points) -> _Points:
        return np.column_stack(to_degrees.transform(*_on_grid(geobox, points).T))

    fine = shapely.segmentize(area, max(rows, columns) / _PIECES)
    degrees = shapely.transform(fine, place)
    unrolled = [_unrolled(polygon) for polygon in shapely.get_parts(degrees)]
    if None in unrolled:
        return _around_pole(shapely.get_coordinates(degrees))
    parts = list(_split(make_valid(MultiPolygon(_side_by_side([one for one in unrolled if one])))))
    south = min(part.polygon.bounds[1] for part in parts)
    north = max(part.polygon.bounds[3] for part in parts)
    west = min(parts, key=lambda part: (part.turn, part.polygon.bounds[0])).polygon.bounds[0]
    east = max(parts, key=lambda part: (part.turn, part.polygon.bounds[2])).polygon.bounds[2]
    polygons = [part.polygon for part in parts]
    geometry = polygons[0] if len(polygons) == 1 else MultiPolygon(polygons)
    return geojson(geometry), [west, south, east, north]


def projected(geobox: GeoBox, area: BaseGeometry) -> dict[str, Any]:
    """An area on a grid, in pixels, as GeoJSON in the CRS of the grid."""
    return geojson(shapely.transform(area, lambda points: _on_grid(geobox, points)))


def pixel_metres(geobox: GeoBox) -> float:
    """Edge of a pixel on the ground, in metres, as the CRS has it; for degrees along a meridian."""
    crs = str(geobox.crs)
    return round(abs(geobox.affine.e) * metres_per_unit(crs), 3 if is_geographic(crs) else 6)


def geojson(geometry: BaseGeometry) -> dict[str, Any]:
    """A geometry as GeoJSON."""
    document: dict[str, Any] = json.loads(to_geojson(geometry))
    return document


def _on_grid(geobox: GeoBox, points: _Points) -> _Points:
    """Coordinates in the CRS of points in pixels, shape (point, 2)."""
    a, b, c, d, e, f = geobox.affine[:6]
    x, y = points.T
    return np.column_stack([a * x + b * y + c, d * x + e * y + f])


def _unrolled(polygon: Polygon) -> Polygon | None:
    """A polygon whose rings go on beyond 180 degrees; ``None`` where one goes around a pole."""
    rings: list[_Points] = []
    for ring in (polygon.exterior, *polygon.interiors):
        points = shapely.get_coordinates(ring)
        points[:, 0] = unroll(points[:, 0])
        if encircles_pole(points[:, 0]):
            return None
        rings.append(_near(points, rings[0][0, 0] if rings else points[0, 0]))
    return Polygon(rings[0], rings[1:])


def _side_by_side(polygons: list[Polygon]) -> list[Polygon]:
    """Polygons on one side of the antimeridian, which some may cross, as far as they go together."""
    first = polygons[0].exterior.coords[0][0]
    return [shapely.transform(one, lambda points: _near(points, first)) for one in polygons]


def _near(points: _Points, longitude: float) -> _Points:
    """Points turned around the globe until the first one is at most half of it away."""
    turns = float(np.rint((longitude - points[0, 0]) / 360))
    turned: _Points = points + np.array([360 * turns, 0])
    return turned


@dataclass(frozen=True, slots=True)
class _Part:
    """A polygon within +-180 degrees."""

    polygon: Polygon
    """Its place."""
    turn: int
    """How often the antimeridian was crossed on the way there, from west to east."""


def _split(geometry: BaseGeometry) -> Iterator[_Part]:
    """The parts of polygons on either side of the antimeridian, brought within +-180 degrees."""
    geometry = affinity.translate(geometry, -360 * np.floor((geometry.centroid.x + 180) / 360))
    for turn in (-1, 0, 1):
        part = geometry.intersection(box(360 * turn - 180, -90, 360 * turn + 180, 90))
        part = set_precision(affinity.translate(part, -360 * turn), _DEGREES)
        # a hair's breadth beyond the antimeridian is the dust of the projection, and rounds to nothing
        for polygon in shapely.get_parts(part):
            if isinstance(polygon, Polygon) and not polygon.is_empty:
                yield _Part(orient(polygon), turn)


def _around_pole(points: _Points) -> tuple[dict[str, Any], list[float]]:
    """The cap around a pole that holds all points."""
    # rounded away from the pole, so that the cap still holds the grid
    edge = round(float(np.floor(np.abs(points[:, 1]).min() / _DEGREES)) * _DEGREES, 6)
    south, north = (edge, 90.0) if points[0, 1] > 0 else (-90.0, -edge)
    return geojson(orient(box(-180, south, 180, north))), [-180.0, south, 180.0, north]
