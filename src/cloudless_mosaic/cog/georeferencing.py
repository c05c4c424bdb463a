"""Georeferencing by GDAL: tags of a grid, and the check of a finished file.

One thread makes all calls: a thread that uses GDAL for the first time opens its own database of CRSs, which
takes longer than ten calls. GDAL also loads slowly, so other modules import this one only when they need it.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any

import rasterio
from rasterio.errors import CRSError
from rasterio.io import MemoryFile

from cloudless_mosaic.cog.encoding import Pixels
from cloudless_mosaic.cog.tiff_layout import Tag, read_geo_tags
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.data_folders import foreign_data_variables
from cloudless_mosaic.geo.geobox import GeoBox


@lru_cache(maxsize=1)
def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "gdal")


if hasattr(os, "register_at_fork"):
    # a forked process doesn't have this thread, and would wait for it
    os.register_at_fork(after_in_child=_thread.cache_clear)


@lru_cache(maxsize=64)
def geo_tags(geobox: GeoBox) -> tuple[Tag, ...]:
    """The tags that say where the grid lies and in which CRS, with the upper left corner as tie point.

    GDAL writes them, so every CRS that GDAL can write is supported.

    Raises:
        UsageError: if GeoTIFF can't hold the CRS.
    """
    return _thread().submit(_geo_tags, geobox).result()


def read_back(path: Path, overviews: int) -> tuple[tuple[Any, ...], Pixels]:
    """Opens a file with GDAL, as other programs do.

    Args:
        path: The file.
        overviews: Number of overviews that it has.

    Returns:
        The same as ``grid_of`` gives for its grid, and the pixels of the smallest overview.

    Raises:
        RasterioError: if it can't be read.
    """
    return _thread().submit(_read_back, path, overviews).result()


def grid_of(bands: int, geobox: GeoBox, dtype: str) -> tuple[Any, ...]:
    """The value that ``read_back`` must give for a grid."""
    return (bands, *geobox.shape), geobox.affine, rasterio.CRS.from_user_input(geobox.crs), dtype


def _geo_tags(geobox: GeoBox) -> tuple[Tag, ...]:
    try:
        crs = rasterio.CRS.from_user_input(geobox.crs)
    except CRSError:
        raise _refusal(geobox) from None
    # without its sidecar files GDAL can keep the CRS in the tags alone
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=1, height=1, count=1, dtype="uint8", crs=crs, transform=geobox.affine
        ):
            pass
        with memory.open() as written:
            held = written.crs == crs
        tags = read_geo_tags(bytes(memory.getbuffer()))
    if not held:
        raise _refusal(geobox)
    return tags


def _refusal(geobox: GeoBox) -> UsageError:
    """Why a CRS can't be written."""
    shown = repr(str(geobox.crs)[:60])
    if foreign := foreign_data_variables():
        verb = "names" if len(foreign) == 1 else "name"
        return UsageError(
            f"GDAL can't use `crs` {shown} here: {' and '.join(foreign)} {verb} data of another installation "
            "of PROJ or GDAL; unset it"
        )
    return UsageError(
        f"`crs` {shown} can't be held by a GeoTIFF; choose one with a code, for example EPSG:32633"
    )


def _read_back(path: Path, overviews: int) -> tuple[tuple[Any, ...], Pixels]:
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        with rasterio.open(path, driver="GTiff") as file:
            grid = (file.count, *file.shape), file.transform, file.crs, file.dtypes[0]
            if not overviews:
                return grid, file.read()
        with rasterio.open(path, driver="GTiff", OVERVIEW_LEVEL=overviews - 1) as file:
            return grid, file.read()
