"""Where a grid lies on Earth, as GeoJSON wants it (RFC 7946)."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from shapely import affinity, set_precision, to_geojson
from shapely.geometry import MultiPolygon, Polygon, box
from shapely.geometry.polygon import orient

from cloudless_mosaic.geobox import GeoBox

_POINTS = 21
"""Points along each side, so that the outline follows its curve."""

_DEGREES = 1e-6
"""Precision of the coordinates, about 0.1 m."""

_EARTH_RADIUS = 6378137.0
"""Equatorial radius of WGS 84, metres."""


def footprint(geobox: GeoBox) -> tuple[dict[str, Any], list[float]]:
    """The outline of a grid in longitude and latitude.

    Returns:
        A GeoJSON polygon, or two where the grid crosses the antimeridian, and the bounding box; its west is
        then greater than its east, as RFC 7946 (5.2) has it.
    """
    ring = _outline(geobox)
    turns = np.diff(ring[:, 0])
    # two neighbours are never half the globe apart: a greater step is a jump over the antimeridian
    ring[1:, 0] -= 360 * np.cumsum(np.rint(turns / 360))
    if abs(ring[-1, 0] - ring[0, 0]) > 180:
        return _around_pole(ring)
    parts = _split(Polygon(ring))
    # from west to east along the grid, which starts below 180 degrees
    parts.sort(key=lambda part: -part.bounds[0])
    south, north = min(part.bounds[1] for part in parts), max(part.bounds[3] for part in parts)
    bbox = [parts[0].bounds[0], south, parts[-1].bounds[2], north]
    return _geojson(parts[0] if len(parts) == 1 else MultiPolygon(parts)), bbox


def _split(polygon: Polygon) -> list[Polygon]:
    """The parts of a polygon on either side of the antimeridian, brought within +-180 degrees."""
    polygon = affinity.translate(polygon, -360 * np.floor((polygon.centroid.x + 180) / 360))
    parts = []
    for shift in (-360, 0, 360):
        part = polygon.intersection(box(shift - 180, -90, shift + 180, 90))
        part = set_precision(affinity.translate(part, -shift), _DEGREES)
        # a hair's breadth beyond the antimeridian is the dust of the projection, and rounds to nothing
        if isinstance(part, Polygon) and not part.is_empty:
            parts.append(orient(part))
    return parts


def pixel_metres(geobox: GeoBox) -> float:
    """Edge of a pixel on the ground, in metres, as the CRS has it; for degrees along a meridian."""
    crs = CRS.from_user_input(str(geobox.crs))
    size = abs(geobox.affine.e)
    if crs.is_geographic:
        return round(float(np.radians(size)) * _EARTH_RADIUS, 3)
    return round(size * crs.axis_info[0].unit_conversion_factor, 6)


def _outline(geobox: GeoBox) -> npt.NDArray[np.float64]:
    """Longitude and latitude of a closed ring of points along the edges, shape (point, 2)."""
    rows, columns = geobox.shape
    steps = np.linspace(0, 1, _POINTS)[:-1]
    zeros, ones = np.zeros_like(steps), np.ones_like(steps)
    x = np.concatenate([zeros, steps, ones, 1 - steps, [0]]) * columns
    y = np.concatenate([steps, ones, 1 - steps, zeros, [0]]) * rows
    to_degrees = Transformer.from_crs(str(geobox.crs), "EPSG:4326", always_xy=True)
    a, b, c, d, e, f = geobox.affine[:6]
    return np.column_stack(to_degrees.transform(a * x + b * y + c, d * x + e * y + f))


def _around_pole(ring: npt.NDArray[np.float64]) -> tuple[dict[str, Any], list[float]]:
    """The cap that holds a grid around a pole."""
    # rounded away from the pole, so that the cap still holds the grid
    edge = round(float(np.floor(np.abs(ring[:, 1]).min() / _DEGREES)) * _DEGREES, 6)
    south, north = (edge, 90.0) if ring[0, 1] > 0 else (-90.0, -edge)
    return _geojson(orient(box(-180, south, 180, north))), [-180.0, south, 180.0, north]


def _geojson(geometry: Polygon | MultiPolygon) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(to_geojson(geometry))
    return document
