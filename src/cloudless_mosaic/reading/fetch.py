"""The read of one window: which tiles it needs, their bytes, their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.kernels import harmonise, undo_predictor, undo_predictor_and_harmonise
from cloudless_mosaic.reading.decoding import decode_tile
from cloudless_mosaic.reading.protocol import WindowRead
from cloudless_mosaic.reading.ranges import Version
from cloudless_mosaic.reading.tiff import TiledRaster
from cloudless_mosaic.reading.tilecache import TileCache

Pixels = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class OpenRaster:
    """A raster whose header has been read."""

    raster: TiledRaster
    """The header."""
    version: Version
    """Version of the file that the header was read from."""


@dataclass(slots=True)
class Fetch:
    """The state of a read: the tiles that it still needs, and the pixels so far."""

    read: WindowRead
    """The request."""
    source: OpenRaster
    """The raster."""
    needed: list[tuple[int, int]]
    """Tiles to fetch, by row and column."""
    ranges: list[tuple[int, int]]
    """First byte of each of them, and the byte after its last."""
    kept: dict[tuple[int, int], Pixels]
    """Tiles from the cache, decoded, their predictor undone."""
    out: Pixels
    """Where the pixels go; 0 where they were not requested."""
    data: Sequence[Any] = ()
    """Bytes of the needed tiles, in their order."""
    repeated: bool = field(default=False)
    """True once tiles have been fetched again because they were corrupt."""

    @classmethod
    def of(cls, read: WindowRead, source: OpenRaster, cache: TileCache) -> Fetch:
        """Finds the tiles that a read needs.

        Raises:
            SourceError: if the raster has no such level, or the window is not inside it.
        """
        if not 0 <= read.level < len(source.raster.levels):
            raise SourceError(f"it has no level {read.level}")
        level = source.raster.levels[read.level]
        if not _inside_grid(read, level.grid.shape):
            raise SourceError(f"its {level.grid.shape} pixels don't hold the window")
        height, width = level.tile_shape
        needed: list[tuple[int, int]] = []
        ranges: list[tuple[int, int]] = []
        kept: dict[tuple[int, int], Pixels] = {}
        out = np.zeros(read.shape, source.raster.dtype) if read.target is None else read.target.out
        for row in range(read.row // height, -(-(read.row + read.shape[0]) // height)):
            for column in range(read.column // width, -(-(read.column + read.shape[1]) // width)):
                tile = row, column
                size = level.sizes.item(tile)
                if not size or not _wanted(read, tile, level.tile_shape):
                    out[_under(read, tile, level.tile_shape)] = 0
                    continue
                pixels = cache.get((read.href, source.version, read.level, tile))
                if pixels is None:
                    needed.append(tile)
                    start = level.offsets.item(tile)
                    ranges.append((start, start + size))
                else:
                    kept[tile] = pixels
        return cls(read, source, needed, ranges, kept, out)

    def assemble(self, cache: TileCache) -> list[SourceError]:
        """Decodes the tiles into the window.

        Returns:
            One error for each corrupt tile; only these are still needed afterwards.
        """
        level, dtype = self.source.raster.levels[self.read.level], self.source.raster.dtype
        corrupt, ranges, errors = [], [], []
        for tile, place, data in zip(self.needed, self.ranges, self.data, strict=True):
            try:
                pixels = decode_tile(data, level, dtype)
                if level.compression == "none":
                    self._require_data(tile, pixels)
            except SourceError as error:
                corrupt.append(tile)
                ranges.append(place)
                errors.append(error)
                continue
            differenced = level.differenced
            if self.read.shared and not self._inside(tile):
                pixels, differenced = _whole(pixels, differenced=differenced), False
                cache.put((self.read.href, self.source.version, self.read.level, tile), pixels)
            self._paste(tile, pixels, differenced=differenced)
        for tile, pixels in self.kept.items():
            self._paste(tile, pixels, differenced=False)
        self.needed, self.ranges, self.kept, self.data = corrupt, ranges, {}, ()
        return errors

    def _require_data(self, tile: tuple[int, int], pixels: Pixels) -> None:
        """Refuses an uncompressed tile of zeros where the classification is clear; it has no checksum.

        Some proxies fill with zeros what they could not fetch; compressed tiles then fail to decode.

        Raises:
            SourceError: if a tile is all zeros and more than half of it should be clear.
        """
        target = self.read.target
        if target is None or not target.masked or pixels.any():
            return
        place, _ = self._places(tile, pixels.shape)
        clear = target.clear[place]
        if 2 * np.count_nonzero(clear) > clear.size:
            raise SourceError("a tile has no data where its scene classification is clear")

    def _inside(self, tile: tuple[int, int]) -> bool:
        """True where the window needs all pixels of a tile that lie in the raster."""
        level = self.source.raster.levels[self.read.level]
        (height, width), (rows, columns) = level.tile_shape, level.grid.shape
        top, left = tile[0] * height, tile[1] * width
        bottom, right = min(top + height, rows), min(left + width, columns)
        end_row, end_column = self.read.row + self.read.shape[0], self.read.column + self.read.shape[1]
        return self.read.row <= top and bottom <= end_row and self.read.column <= left and right <= end_column

    def _places(
        self, tile: tuple[int, int], shape: tuple[int, ...]
    ) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
        """The part of the window that a tile covers, and the part of the tile that lies in the window."""
        height, width = shape
        top, left = tile[0] * height - self.read.row, tile[1] * width - self.read.column
        rows = slice(max(0, -top), min(height, self.read.shape[0] - top))
        columns = slice(max(0, -left), min(width, self.read.shape[1] - left))
        place = (
            slice(top + rows.start, top + rows.stop),
            slice(left + columns.start, left + columns.stop),
        )
        return place, (rows, columns)

    def _paste(self, tile: tuple[int, int], pixels: Pixels, *, differenced: bool) -> None:
        place, (rows, columns) = self._places(tile, pixels.shape)
        target, out = self.read.target, self.out[place]
        if target is None:
            if differenced:
                undo_predictor(pixels, rows.start, columns.start, out)
            else:
                out[...] = pixels[rows, columns]
            return
        kept, below = target.raw_rows.within(place[0].start, place[0].stop)
        seen, step = target.raw_rows.values[kept, place[1]], target.raw_rows.rows.step
        clear = target.clear[place]
        if differenced:
            kept_rows = seen, below, step
            undo_predictor_and_harmonise(
                pixels, rows.start, columns.start, clear, target.offset, out, kept_rows
            )
        else:
            part = pixels[rows, columns]
            seen[...] = part[below::step]
            harmonise(part, clear, target.offset, out)


def _inside_grid(read: WindowRead, shape: tuple[int, int]) -> bool:
    return (
        min(read.row, read.column) >= 0
        and read.row + read.shape[0] <= shape[0]
        and read.column + read.shape[1] <= shape[1]
    )


def _whole(pixels: Pixels, *, differenced: bool) -> Pixels:
    """A copy of the pixels of a tile, for its buffer is used again."""
    if not differenced:
        return pixels.copy()
    whole = np.empty_like(pixels)
    undo_predictor(pixels, 0, 0, whole)
    return whole


def _wanted(read: WindowRead, tile: tuple[int, int], shape: tuple[int, int]) -> bool:
    """True unless the read needs no pixel of the tile."""
    return read.target is None or bool(read.target.clear[_under(read, tile, shape)].any())


def _under(read: WindowRead, tile: tuple[int, int], shape: tuple[int, int]) -> tuple[slice, slice]:
    """The part of the window that lies in a tile."""
    top, left = tile[0] * shape[0] - read.row, tile[1] * shape[1] - read.column
    return slice(max(0, top), top + shape[0]), slice(max(0, left), left + shape[1])
