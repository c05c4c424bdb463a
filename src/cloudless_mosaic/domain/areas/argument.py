"""An area as people give it: a text or path on the command line, and in Python objects of other libraries."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import shapely
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.areas.crs import parse_area_crs
from cloudless_mosaic.domain.areas.layers import Layer, area_of_layers
from cloudless_mosaic.domain.request.checks import expanded
from cloudless_mosaic.errors import UsageError

_FORMS = (
    "give W,S,E,N as numbers or text, GeoJSON, WKT, a path, or a geometry of shapely or table of geopandas"
)


def aoi_of(value: object) -> Aoi:
    """The area of interest that a value means.

    Args:
        value: An ``Aoi``; four or six numbers; text as the command line takes it; a path; a mapping that is
            GeoJSON or a bounding box of OGC API; a geometry of shapely; a series or table of geopandas; or
            any object with ``__geo_interface__``.

    Raises:
        UsageError: if it is none of these, or has no area.
    """
    if isinstance(value, Aoi):
        return value
    if isinstance(value, str | PathLike):
        return aoi_of_text(str(fspath(value)))
    if isinstance(value, BaseGeometry):
        return Aoi.around(area_of_layers([Layer([shapely.force_2d(value)], None)]))
    if hasattr(value, "total_bounds") and hasattr(value, "geometry"):
        return _aoi_of_table(value)
    document = getattr(value, "__geo_interface__", value)
    if isinstance(document, Mapping):
        return _aoi_of_mapping(document, getattr(value, "crs", None))
    numbers = value.tolist() if hasattr(value, "tolist") else value
    if isinstance(numbers, Sequence) and not isinstance(numbers, bytes):
        return Aoi.parse(",".join(map(str, numbers)))
    raise UsageError(f"`aoi` is of type {type(value).__name__}; {_FORMS}")


def aoi_of_text(text: str) -> Aoi:
    """The area of interest that a text means: numbers, GeoJSON, WKT, or the path of a file.

    Raises:
        UsageError: if it is none of these, or has no area.
    """
    if not is_path(text):
        return Aoi.parse(text)
    if text.startswith(("http://", "https://", "s3://", "/vsi")):
        raise UsageError("`aoi` is an address; save its file here first, and give the path")
    path = Path(unquote(text.removeprefix("file://")) if text.startswith("file:///") else text)
    try:
        return Aoi.from_file(expanded(path))
    except UsageError as error:
        raise UsageError(f"`aoi` {text}: {error.marked}") from None


def is_path(text: str) -> bool:
    """True for the name of a file, there or not, rather than an area in words or numbers."""
    if text.lstrip().startswith(("{", "[")) or not text.strip():
        return False
    if re.search(r"\.[a-z]\w*$|^~|^[a-z][a-z0-9+]*:/|^/", text, re.IGNORECASE):
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


def _aoi_of_table(table: Any) -> Aoi:  # noqa: ANN401 - of geopandas, which is not needed
    geometries = [None if shape is None else shapely.force_2d(shape) for shape in table.geometry]
    crs = table.crs
    stated = parse_area_crs(None if crs is None else crs.to_wkt())
    return Aoi.around(area_of_layers([Layer(geometries, stated, stated=crs is not None)]))


def _aoi_of_mapping(document: Mapping[str, object], crs: object) -> Aoi:
    if crs is not None and "crs" not in document:
        document = {**document, "crs": str(crs)}
    try:
        text = json.dumps(document, default=float)
    except (TypeError, ValueError, RecursionError):
        raise UsageError("`aoi` is a mapping that is not GeoJSON; give GeoJSON or a bbox") from None
    return Aoi.parse(text)
