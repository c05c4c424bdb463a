"""Reading rasters: one protocol, and its adapters."""

from __future__ import annotations

from functools import lru_cache

from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, Target, WindowRead, Witness
from cloudless_mosaic.reading.tiles import TileReader

__all__ = [
    "RasterHeader",
    "RasterReader",
    "Target",
    "TileReader",
    "WindowRead",
    "Witness",
    "default_reader",
]


@lru_cache(maxsize=1)
def default_reader() -> RasterReader:
    """The reader of this process; tasks on other machines find theirs by this name."""
    return TileReader()
