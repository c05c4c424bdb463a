"""Reading rasters: the ``RasterReader`` protocol, the reader of tiled GeoTIFFs, and GDAL for other files.

Knows object stores, credentials, tokens, ranged requests, TIFF headers and the decoding of tiles.
"""

from __future__ import annotations

from functools import lru_cache

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, RawRows, Target, WindowRead
from cloudless_mosaic.reading.tiles import TileReader

__all__ = [
    "RasterHeader",
    "RasterReader",
    "RawRows",
    "Target",
    "TileReader",
    "WindowRead",
    "default_reader",
]


@lru_cache(maxsize=4)
def default_reader(access: tuple[StorageAccess, ...] = (), *, keeps_edges: bool = False) -> RasterReader:
    """The reader of this process; a task on another machine gets its reader by this function.

    Args:
        access: Storage that the profile of the provider describes.
        keeps_edges: See ``TileReader``.
    """
    return TileReader(access=access, keeps_edges=keeps_edges)
