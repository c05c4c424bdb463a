"""Areas in a line of text: numbers, JSON, WKT."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from pyproj import CRS
from shapely.geometry import box

from cloudless_mosaic.domain.areas.crs import parse_area_crs
from cloudless_mosaic.domain.areas.geojson import read_area
from cloudless_mosaic.domain.areas.layers import Layer, area_of_layers
from cloudless_mosaic.domain.areas.polygons import Area, Part, make_area
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted


@dataclass(frozen=True, slots=True)
class Bounds:
    """A box in degrees of WGS 84, as it was written."""

    west: float
    """Western edge, degrees east."""
    south: float
    """Southern edge, degrees north."""
    east: float
    """Eastern edge, degrees east."""
    north: float
    """Northern edge, degrees north."""
    notes: tuple[str, ...] = ()
    """What the user has to know about how it was read."""


HOW_TO_WRITE = (
    "write it as W,S,E,N in degrees, for example `aoi`=-122.28,47.54,-121.96,47.75, "
    "or give GeoJSON, WKT or a file"
)

_WKT = re.compile(
    r"(?:SRID\s*=\s*(?:EPSG:)?(?P<srid>\d+)\s*;|<(?P<uri>[^<>\s]+)>)?\s*"
    r"(?P<wkt>[A-Z]+\s*(?:ZM|Z|M)?\s*(?:EMPTY|\().*)",
    re.IGNORECASE | re.DOTALL,
)
"""WKT, after an SRID (EWKT) or the address of a CRS (GeoSPARQL)."""
_SEPARATOR = re.compile(r"\s*[,;]\s*|\s+")
_BOX = re.compile(r"BOX(?:3D)?\s*\((.*)\)", re.IGNORECASE | re.DOTALL)
"""A box as PostGIS prints it."""


_FIRST = "AOI is in {}: latitude or northing comes first"


def read_text(text: str) -> Bounds | Area:
    """A box, or the area of GeoJSON, WKT, EWKT, or a bounding box of OGC API.

    Raises:
        UsageError: if the text is none of these, or has no area.
    """
    stripped = text.strip()
    if stripped.startswith(("{", "[")):
        return _read_json(stripped)
    boxed = _BOX.fullmatch(stripped)
    if boxed:
        return _bounds(re.split(r"[\s,]+", boxed[1].strip()), text)
    match = _WKT.match(stripped)
    if match:
        return _read_wkt(match["wkt"], match["srid"], match["uri"])
    return _bounds(_SEPARATOR.split(stripped.strip("()").strip()), text)


def _read_json(text: str) -> Bounds | Area:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"AOI is not JSON ({str(error)[:80]}); {HOW_TO_WRITE}") from None
    if isinstance(document, list):
        return _bounds(document, text)
    if isinstance(document, Mapping) and "type" not in document and "bbox" in document:
        return _read_bbox(document, text)
    return read_area(document)


def _read_bbox(document: Mapping[str, object], text: str) -> Bounds | Area:
    """A bounding box as OGC API - Processes defines it, in the order of the axes of its CRS."""
    values, stated = document["bbox"], document.get("crs")
    bounds = _bounds(values if isinstance(values, list) else [], text)
    crs = parse_area_crs(stated)
    notes: tuple[str, ...] = ()
    if _is_north_first(stated, crs) and (crs is not None or max(abs(bounds.west), abs(bounds.east)) <= 90):
        notes = (_FIRST.format(quoted(stated, 80)),)
        bounds = Bounds(bounds.south, bounds.west, bounds.north, bounds.east)
    if crs is None:
        return replace(bounds, notes=notes)
    return make_area([Part((box(bounds.west, bounds.south, bounds.east, bounds.north),), crs)], notes)


def _is_north_first(stated: object, crs: CRS | None) -> bool:
    """True where addresses and URNs of EPSG mean the order of axes that EPSG has for the CRS."""
    if not re.search(r"(urn:.*|def/crs/)EPSG", str(stated), re.IGNORECASE):
        return False
    return crs is None or crs.axis_info[0].direction.lower() == "north"


def _read_wkt(text: str, srid: str | None, uri: str | None) -> Area:
    try:
        geometry = shapely.force_2d(shapely.from_wkt(text.rstrip("; ")))
    except shapely.GEOSException:
        raise UsageError(f"AOI is not WKT of a polygon, {quoted(text, 60)}; {HOW_TO_WRITE}") from None
    except NotImplementedError:
        raise UsageError(f"AOI has curves, {quoted(text, 60)}; give polygons with straight edges") from None
    # PostGIS has 0 for an unknown CRS
    unknown = srid is not None and int(srid) == 0
    crs = parse_area_crs(f"EPSG:{srid}" if srid and not unknown else uri)
    beyond = np.abs(shapely.get_coordinates(geometry)[:, 0]) > 90
    if uri is None or not _is_north_first(uri, crs) or (crs is None and beyond.any()):
        return area_of_layers([Layer([geometry], crs, stated=not unknown)])
    swapped = shapely.transform(geometry, lambda points: points[:, ::-1])
    return area_of_layers([Layer([swapped], crs)], [_FIRST.format(quoted(uri, 80))])


def _bounds(values: Sequence[object], text: str) -> Bounds:
    """Four numbers, or six with heights."""
    try:
        numbers = [float(str(value)) for value in values]
        if len(numbers) == 6:
            numbers = [*numbers[:2], *numbers[3:5]]
        west, south, east, north = numbers
    except ValueError:
        raise UsageError(f"AOI needs four numbers, got {text[:80]!r}; {HOW_TO_WRITE}") from None
    return Bounds(west, south, east, north)
