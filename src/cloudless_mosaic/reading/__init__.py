"""Reading rasters: one protocol, and its adapters."""

from __future__ import annotations

from functools import lru_cache

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


@lru_cache(maxsize=1)
def default_reader() -> RasterReader:
    """The reader of this process; tasks on other machines find theirs by this name."""
    return TileReader()
