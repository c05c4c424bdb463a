"""Areas with a margin in metres."""

from __future__ import annotations

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import MultiPolygon

from cloudless_mosaic.domain.areas.polygons import Area, Part, make_area
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.antimeridian import polygons_of
from cloudless_mosaic.geo.projection import project

_FARTHEST = 2_000_000.0
"""Metres from the middle within which distances on the plane are right to about 2 percent."""


def grow(area: MultiPolygon, metres: float) -> Area:
    """Polygons and what lies within a distance of them.

    The plane is the azimuthal equidistant projection around their middle, on which distances are right along
    lines from there, and too long by up to 2 percent across at its edge.

    Args:
        area: EPSG:4326; longitudes may run on beyond 180 degrees.
        metres: The distance.

    Raises:
        UsageError: if the area reaches further than that from its middle.
    """
    middle = _middle(area)
    plane = CRS.from_dict({"proj": "aeqd", "lon_0": middle[0], "lat_0": middle[1], "datum": "WGS84"})
    flat = project(np.array(area.geoms, dtype=object), "EPSG:4326", plane.to_wkt())
    points = shapely.get_coordinates(flat)
    if not (np.hypot(*points.T) <= _FARTHEST).all():
        raise UsageError("AOI is too large for `buffer`; leave it out, or give a smaller area")
    grown = polygons_of(shapely.disjoint_subset_union_all(shapely.buffer(flat, metres)))
    return make_area([Part(tuple(grown.geoms), plane)])


def _middle(area: MultiPolygon) -> tuple[float, float]:
    """Longitude and latitude of the mean of the points, taken on the sphere."""
    longitude, latitude = np.radians(shapely.get_coordinates(area)).T
    x, y = (np.cos(latitude) * np.cos(longitude)).mean(), (np.cos(latitude) * np.sin(longitude)).mean()
    z = np.sin(latitude).mean()
    return float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
