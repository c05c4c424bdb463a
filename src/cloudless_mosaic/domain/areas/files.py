"""Areas in files: text, GeoParquet, and what GDAL's vector drivers read."""

from __future__ import annotations

import json
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.areas.crs import parse_area_crs
from cloudless_mosaic.domain.areas.layers import Layer, area_of_layers
from cloudless_mosaic.domain.areas.polygons import Area
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import quoted

TEXT_SUFFIXES = (".json", ".geojson", ".wkt", ".ewkt", ".txt")
"""Files of text that `Aoi.parse` takes."""

_PARQUET = (".parquet", ".geoparquet", ".pq")
_LARGEST_TEXT = 512 * 2**20
"""Bytes of the largest file of text: all of it is in memory at once."""

_INSTALL = "pip install 'cloudless-mosaic[vector]', or give GeoJSON"


def read_file(path: Path) -> str | Area:
    """The text of a file of text, or the area of another file.

    Raises:
        UsageError: if it can't be read, or has no area.
    """
    if not path.name.lower().endswith(TEXT_SUFFIXES):
        _require_there(path)
        is_parquet = path.name.lower().endswith(_PARQUET)
        return _read_parquet(path) if is_parquet else _read_layers(path)
    try:
        if path.stat().st_size > _LARGEST_TEXT:
            raise UsageError(f"it is larger than {_LARGEST_TEXT >> 20} MiB; give a .gpkg, .fgb or .parquet")
        data = path.read_bytes()
        # as PowerShell writes it
        content = data.decode("utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig")
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "").lower() or "it is no text in UTF-8"
        raise UsageError(f"it can't be read: {reason}; give a file of GeoJSON") from None
    return content


def _require_there(path: Path) -> None:
    try:
        path.stat()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no such file"
        raise UsageError(f"it can't be read: {reason.lower()}; give four numbers, or a file") from None


def _read_layers(path: Path) -> Area:
    """All layers of a file that GDAL reads."""
    if not find_spec("pyogrio"):
        raise UsageError(f"a file of this kind is read by pyogrio, which is missing; {_INSTALL}")
    import pyogrio  # noqa: PLC0415 - an extra, and slow to import

    try:
        names = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        layers = [_read_layer(path, name) for name in names]
    except (ValueError, RuntimeError):
        raise UsageError(_unreadable(path)) from None
    notes = [f"AOI is all {len(names)} layers of {path.name}: {', '.join(names)}"] if len(names) > 1 else []
    return area_of_layers(layers, notes)


def _unreadable(path: Path) -> str:
    index = path.with_suffix(".SHX" if path.suffix.isupper() else ".shx")
    if path.suffix.lower() == ".shp" and not index.exists():
        return f"a shapefile is several files, and {index.name} is missing; put all of them in one folder"
    return "it is no file that GDAL reads polygons from; give GeoJSON or GeoPackage"


def _read_layer(path: Path, name: str) -> Layer:
    from pyogrio.raw import read  # noqa: PLC0415 - an extra

    meta, _, geometries, _ = read(path, layer=name, columns=[], force_2d=True)
    return Layer(_geometries(geometries), parse_area_crs(meta["crs"]), stated=meta["crs"] is not None)


def _read_parquet(path: Path) -> Area:
    """GeoParquet; the builds of GDAL that come with pyogrio have no driver for it."""
    if not find_spec("pyarrow"):
        raise UsageError(f"GeoParquet is read by pyarrow, which is missing; {_INSTALL}")
    import pyarrow as pa  # noqa: PLC0415 - an extra, and slow to import
    from pyarrow import parquet  # noqa: PLC0415

    try:
        file = parquet.ParquetFile(path)
        geo = json.loads((file.schema_arrow.metadata or {})[b"geo"])
        name = geo["primary_column"]
        column = geo["columns"][name]
        if column["encoding"] != "WKB":
            raise UsageError(f"its geometry is encoded as {quoted(column['encoding'], 40)}, not as WKB")
        geometries = file.read([name]).column(name).to_pylist()
    except (pa.lib.ArrowException, OSError, LookupError, TypeError, ValueError):
        raise UsageError("it is no GeoParquet; give a table with a geometry column") from None
    # without a CRS it is OGC:CRS84, and null is an unknown one (GeoParquet 1.1)
    crs = column.get("crs", "OGC:CRS84")
    return area_of_layers([Layer(_geometries(geometries), parse_area_crs(crs), stated=crs is not None)])


def _geometries(encoded: Sequence[bytes | None]) -> list[BaseGeometry | None]:
    """Geometries from WKB.

    Raises:
        UsageError: if one is made of curves.
    """
    try:
        return list(shapely.from_wkb(np.asarray(encoded, dtype=object), on_invalid="ignore"))
    except NotImplementedError:
        raise UsageError("it has curves; give polygons with straight edges") from None
