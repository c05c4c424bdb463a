"""CRSs of areas, in all the spellings that files have for them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError
from shapely.geometry import Polygon

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted

_DEGREES = re.compile(
    r"CRS:?84H?$|WGS[ _-]?(19)?84(\(DD\))?/?$|^WORLD GEODETIC SYSTEM 1984( \(WGS ?84\))?$|"
    r"(EPSG\D.*\D|EPSG\D+|^)(4326|4979)(\D*|/PROJ4/?)$"
)
"""Names of WGS 84 in longitude and latitude, in capitals."""

_CODE = re.compile(r"EPSG\b.*?(\d{4,6})\D*$")
"""A code at the end of ``EPSG:32633``, ``urn:ogc:def:crs:EPSG:6.6:32633``, ``.../EPSG/0/32633``."""

_COMPOUND = re.compile(r"\d\+\d|CRS,CRS:")
"""``EPSG:4326+5773`` and ``urn:ogc:def:crs,crs:EPSG::4326,crs:EPSG::5773``: horizontal, then vertical."""

_WGS_84 = "World Geodetic System 1984"
_WITHIN_A_METRE_OR_TWO = re.compile(
    "European Terrestrial Reference System 1989|North American Datum 1983|NAD83|D_NAD_1983|"
    "Geocentric Datum of Australia|New Zealand Geodetic Datum 2000|Japanese Geodetic Datum|"
    "International Terrestrial Reference Frame|SIRGAS|Sistema de Referencia Geocentrico|"
    "China Geodetic Coordinate System 2000"
)
"""Datums that move with their continent, and so differ from WGS 84 by a metre or two."""

_STEPS = 64
"""Pieces that the longer side of a projected area's box is worth: its edges are curves in degrees."""


def parse_area_crs(stated: object) -> CRS | None:
    """The CRS of an area; ``None`` for degrees of WGS 84, longitude first.

    Args:
        stated: A name, WKT, PROJJSON, or the ``crs`` member that GeoJSON could have before 2016.

    Raises:
        UsageError: if it is unknown.
    """
    text = _name(stated)
    if text is None:
        return None
    upper = text.strip().upper()
    if not upper or _DEGREES.search(upper):
        return None
    match = _CODE.search(upper) if len(upper) < 100 and not _COMPOUND.search(upper) else None
    try:
        crs = CRS.from_user_input(f"EPSG:{match[1]}" if match else text)
    except CRSError:
        raise UsageError(f"AOI is in {quoted(text, 60)}, which is not a known CRS; give WGS 84") from None
    if not (crs.is_geographic or crs.is_projected):
        crs = _horizontal(crs)
    return None if crs.is_geographic and _datum(crs).startswith(_WGS_84) and _is_plain(crs) else crs


def to_degrees(polygons: Sequence[Polygon], crs: CRS) -> tuple[list[Polygon], str]:
    """Polygons in longitude and latitude of WGS 84, and a note on how they came there.

    Args:
        polygons: x before y, in units of ``crs``.
        crs: Projected or geographic.

    Raises:
        UsageError: if they lie where the CRS isn't defined.
    """
    if crs.is_geographic and _WITHIN_A_METRE_OR_TWO.search(_datum(crs)) and _is_plain(crs):
        return list(polygons), f"AOI is in {crs.name}; taken as WGS 84, which differs by a metre or two"
    try:
        transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    except ProjError:
        raise UsageError(f"AOI is in {crs.name}, which has no way to WGS 84; give WGS 84") from None

    def move(points: np.ndarray) -> np.ndarray:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    try:
        moved = list(shapely.transform(_dense(polygons), move))
    except ProjError:
        moved = []
    if not moved or not np.isfinite(shapely.get_coordinates(moved)).all():
        raise UsageError(f"AOI has coordinates outside of its CRS, {crs.name}; check them")
    return moved, f"AOI is transformed from {crs.name} to WGS 84"


def _name(stated: object) -> str | None:
    """The text of a CRS; ``None`` where nothing is stated."""
    if not isinstance(stated, Mapping):
        return None if stated is None else str(stated)
    properties = stated.get("properties")
    code = stated.get("latestWkid") or stated.get("wkid")
    if code:
        # as programs of Esri write it
        return f"EPSG:{code}"
    if not isinstance(properties, Mapping):
        return json.dumps(stated) if "$schema" in stated or "datum" in stated else None
    name = next((properties[key] for key in ("name", "code", "href") if properties.get(key)), None)
    if name is None:
        return None
    return f"EPSG:{name}" if re.fullmatch(r"\d+", str(name)) else str(name)


def _horizontal(crs: CRS) -> CRS:
    part = next((sub for sub in crs.sub_crs_list if sub.is_geographic or sub.is_projected), None)
    if part is None:
        raise UsageError(f"AOI is in {crs.name}, which has no places on a map; give WGS 84")
    return part


def _datum(crs: CRS) -> str:
    return crs.datum.name if crs.datum else ""


def _is_plain(crs: CRS) -> bool:
    """True for degrees from Greenwich."""
    greenwich = crs.prime_meridian is None or crs.prime_meridian.longitude == 0
    return greenwich and all(axis.unit_name.lower() in {"degree", "metre"} for axis in crs.axis_info)


def _dense(polygons: Sequence[Polygon]) -> npt.NDArray[np.object_]:
    """Polygons with enough points along their edges to follow curves, holes included."""
    west, south, east, north = shapely.bounds(polygons).T
    steps = np.maximum(east - west, north - south) / _STEPS
    whole = np.array(polygons, dtype=object)
    # empty ones have no bounds
    has_edges = steps > 0
    whole[has_edges] = shapely.segmentize(whole[has_edges], steps[has_edges])
    return whole
