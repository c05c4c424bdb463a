"""Areas from GeoJSON (RFC 7946), in any convention for the antimeridian."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from shapely import GEOSException, force_2d, get_coordinates, union_all
from shapely.geometry import MultiPolygon, Polygon, shape

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.antimeridian import encircles_pole, polygons_of, unroll, within_world

_MOST_POINTS = 100_000
_DEGREES = ("CRS84", "EPSG::4326", "EPSG:4326", "OGC:CRS84")
"""Ends of the names of CRSs in degrees that GeoJSON from before 2016 may state."""

_BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, GEOSException)
"""Exceptions of shapely for invalid coordinates."""


def read_area(document: object) -> MultiPolygon:
    """The polygons of a GeoJSON object, within +-180 degrees and cut at the antimeridian; holes are filled.

    Args:
        document: Polygon, MultiPolygon, GeometryCollection, Feature or FeatureCollection.

    Raises:
        UsageError: if it has no area, or its place is ambiguous.
    """
    polygons = [polygon for geometry in _geometries(document) for polygon in _polygons(geometry)]
    parts = [part for polygon in polygons for part in within_world(_unrolled(polygon))]
    area = polygons_of(union_all(parts))
    if area.area == 0:
        raise UsageError("AOI has no area; give GeoJSON polygons in longitude and latitude")
    return area


def _geometries(document: object) -> Iterator[Mapping[str, Any]]:
    """The geometries of a GeoJSON object, and of all that it holds."""
    if not isinstance(document, Mapping):
        raise UsageError(
            "AOI is no GeoJSON object; give a Polygon, MultiPolygon, Feature or FeatureCollection"
        )
    _require_degrees(document)
    kind = document.get("type")
    if kind == "Feature":
        yield from _geometries(document.get("geometry"))
    elif kind in {"FeatureCollection", "GeometryCollection"}:
        members = document.get("features" if kind == "FeatureCollection" else "geometries")
        for member in members if isinstance(members, list) else []:
            yield from _geometries(member)
    elif kind in {"Polygon", "MultiPolygon"}:
        yield document
    else:
        raise UsageError(f"AOI has a GeoJSON {str(kind)[:40]!r}, which has no area; give polygons only")


def _require_degrees(document: Mapping[str, Any]) -> None:
    """Refuses other CRSs, which GeoJSON could have before 2016."""
    crs = document.get("crs")
    if crs is None:
        return
    properties = crs.get("properties") if isinstance(crs, Mapping) else None
    name = str(properties.get("name") if isinstance(properties, Mapping) else crs)
    if not name.endswith(_DEGREES):
        raise UsageError(f"AOI is in {name[:60]!r}; GeoJSON has to be in longitude and latitude of WGS 84")


def _polygons(geometry: Mapping[str, Any]) -> list[Polygon]:
    try:
        parsed: Any = force_2d(shape(dict(geometry)))
        points = get_coordinates(parsed)
    except _BROKEN:
        raise UsageError("AOI has GeoJSON coordinates that make no polygon; check its rings") from None
    if not np.isfinite(points).all():
        raise UsageError("AOI has a GeoJSON coordinate that is not a number")
    if len(points) > _MOST_POINTS:
        raise UsageError(f"AOI has {len(points)} points, more than {_MOST_POINTS}; simplify it")
    if len(points) and (np.abs(points[:, 0]).max() > 360 or np.abs(points[:, 1]).max() > 90):
        raise UsageError(
            "AOI has GeoJSON coordinates outside of the world; they have to be longitude, latitude in degrees"
        )
    return [polygon for polygon in getattr(parsed, "geoms", [parsed]) if not polygon.is_empty]


def _unrolled(polygon: Polygon) -> Polygon:
    """The outer ring of a polygon with its longitudes running on over the antimeridian instead of jumping.

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
