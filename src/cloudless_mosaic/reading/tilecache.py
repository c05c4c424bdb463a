"""A cache of decoded tiles that the next block may need."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy.typing as npt

from cloudless_mosaic.reading.ranges import Version

Pixels = npt.NDArray[Any]
TileKey = tuple[str, Version, int, tuple[int, int]]
"""Raster, its version, level, and row and column of the tile."""


class TileCache:
    """A least-recently-used cache of decoded tiles. Thread-safe."""

    def __init__(self, limit: int) -> None:
        """Starts empty.

        Args:
            limit: Maximum size of the pixels, bytes.
        """
        self._limit = limit
        self._size = 0
        self._tiles: OrderedDict[TileKey, Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: TileKey) -> Pixels | None:
        """A tile; ``None`` where it is not cached."""
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: TileKey, tile: Pixels) -> None:
        """Adds a tile."""
        with self._lock:
            if key in self._tiles:
                return
            self._tiles[key] = tile
            self._size += tile.nbytes
            while self._size > self._limit:
                self._size -= self._tiles.popitem(last=False)[1].nbytes
