"""Areas from GeoJSON (RFC 7946 and its predecessor of 2008), in any convention for the antimeridian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyproj import CRS
from shapely import GEOSException
from shapely.geometry import Polygon

from cloudless_mosaic.domain.areas.crs import parse_area_crs
from cloudless_mosaic.domain.areas.polygons import Area, Part, make_area
from cloudless_mosaic.errors import UsageError

_BROKEN = (ValueError, TypeError, LookupError, ArithmeticError, AttributeError, RecursionError, GEOSException)
"""Exceptions of shapely for invalid coordinates."""

_MEMBERS = {"FeatureCollection": "features", "GeometryCollection": "geometries"}
_DEEPEST = 50
"""Collections within collections."""


def read_area(document: object) -> Area:
    """The polygons of a GeoJSON object; features without a geometry, lines and points are left out.

    Args:
        document: Polygon, MultiPolygon, GeometryCollection, Feature or FeatureCollection. Positions have two
            numbers or more. A ``crs`` member may name another CRS than WGS 84.

    Raises:
        UsageError: if it has no area, or its place is ambiguous.
    """
    walk = _Walk()
    walk.read(document, None)
    if not walk.parts and walk.without_area:
        kinds = ", ".join(sorted(walk.without_area))
        raise UsageError(f"AOI has a GeoJSON {kinds}, which has no area; give polygons")
    if not walk.parts and walk.unlocated:
        raise UsageError("AOI has no area: its features have no geometry; give polygons")
    return make_area(walk.parts, walk.notes)


class _Walk:
    """Collects the polygons of an object and of all that it holds."""

    def __init__(self) -> None:
        self.parts: list[Part] = []
        self.without_area: dict[str, int] = {}
        """Number of geometries that are no polygons, by type in quotes."""
        self.unlocated = 0
        """Features without a geometry."""

    @property
    def notes(self) -> list[str]:
        """What was left out."""
        notes = [f"{count} x {kind}" for kind, count in sorted(self.without_area.items())]
        left_out = [f"AOI holds {', '.join(notes)} without area; left out"] if notes else []
        if self.unlocated:
            left_out.append(f"AOI holds {self.unlocated} features without geometry; left out")
        return left_out

    def read(self, document: object, crs: CRS | None, depth: int = 0) -> None:
        if not isinstance(document, Mapping) or depth > _DEEPEST:
            raise UsageError(
                "AOI is no GeoJSON object; give a Polygon, MultiPolygon, Feature or FeatureCollection"
            )
        # OGC Features and Geometries JSON has another name for it
        stated = document.get("coordRefSys", document.get("crs"))
        if stated is not None:
            crs = parse_area_crs(stated)
        kind = document.get("type")
        if kind is None:
            raise UsageError(
                "AOI is JSON without a 'type', so no GeoJSON; give a Polygon, Feature or FeatureCollection"
            )
        if kind == "Feature":
            if document.get("geometry") is None:
                self.unlocated += 1
            else:
                self.read(document["geometry"], crs, depth + 1)
        elif kind in _MEMBERS:
            members = document.get(_MEMBERS[str(kind)])
            for member in members if isinstance(members, list) else []:
                if member is None:
                    self.unlocated += 1
                else:
                    self.read(member, crs, depth + 1)
        elif kind in {"Polygon", "MultiPolygon"}:
            self.parts.append(Part(tuple(_polygons(document)), crs))
        else:
            named = repr(str(kind)[:40])
            self.without_area[named] = self.without_area.get(named, 0) + 1


def _polygons(geometry: Mapping[str, Any]) -> list[Polygon]:
    try:
        coordinates = geometry["coordinates"]
        members = [coordinates] if geometry["type"] == "Polygon" else coordinates
        polygons = [
            Polygon(_positions(rings[0]), [_positions(hole) for hole in rings[1:]])
            for rings in members
            if rings
        ]
    except _BROKEN:
        raise UsageError("AOI has GeoJSON coordinates that make no polygon; check its rings") from None
    return [polygon for polygon in polygons if not polygon.is_empty]


def _positions(ring: list[list[float]]) -> list[tuple[float, float]]:
    """X and y of positions, whatever else they have: height, measure, time."""
    return [(float(position[0]), float(position[1])) for position in ring]
