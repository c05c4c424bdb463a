"""Makes whole tiles of full resolution and of every overview from blocks in any order."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.cog.encoding import Pixels, Reduction, halve
from cloudless_mosaic.storage.spool import Span, Spool

_MOST_WAITING = 8 * 2**20
"""Bytes of pixels of incomplete tiles that are kept in memory."""


@dataclass(frozen=True, slots=True)
class TileIndex:
    """Position of a tile in the pyramid."""

    level: int
    """0 is full resolution; each further level has half the one before."""
    row: int
    """Row among the tiles of the level."""
    column: int
    """Column among the tiles of the level."""


@dataclass(slots=True)
class Piece:
    """Pixels of a part of a tile."""

    row: int
    """First row in the tile."""
    column: int
    """First column in the tile."""
    data: Pixels
    """Shape (band, y, x); empty while the pixels are in the spool."""
    span: Span | None = None
    """Their place in the spool; ``None`` while they are in memory."""
    shape: tuple[int, ...] = ()
    """Shape of the pixels while they are in the spool."""


class Pyramid:
    """Assembles tiles from blocks of any size, and makes overviews from tiles.

    The thread that adds the last pixel of a tile passes it on. Of incomplete tiles only the pixels that
    arrived are kept. Above a limit, the oldest go to the spool: the border between finished and unfinished
    blocks is as long as the mosaic is wide.
    """

    def __init__(
        self,
        shape: tuple[int, int, int],
        dtype: npt.DTypeLike,
        reduction: Reduction,
        emit: Callable[[TileIndex, Pixels], None],
        spool: Spool | None,
        tile_size: int = 512,
    ) -> None:
        """Computes the levels.

        Args:
            shape: Bands, rows, columns of full resolution.
            dtype: uint8, uint16 or float32.
            reduction: How overviews are made.
            emit: Called once for every tile, from any thread, with all ``tile_size`` x ``tile_size`` pixels;
                those outside the level are 0, or NaN for floats. The receiver may keep the array.
            spool: Stores pixels of incomplete tiles above a limit; ``None`` keeps all in memory.
            tile_size: Edge of a tile; an even number.
        """
        self._bands = shape[0]
        self._dtype = np.dtype(dtype)
        self._outside = np.nan if self._dtype.kind == "f" else 0
        self._reduction = reduction
        self._emit = emit
        self._size = tile_size
        self.levels = tuple(_levels(shape[1], shape[2], tile_size))
        """Rows and columns of each level."""
        self._lock = threading.Lock()
        self._spool = spool
        self._open: dict[TileIndex, list[Piece]] = {}
        self._in_memory: dict[int, Piece] = {}
        self._bytes = 0
        self._done: set[TileIndex] = set()

    def tiles(self, level: int) -> Iterator[TileIndex]:
        """All tiles of a level, row by row."""
        rows, columns = self.levels[level]
        for row in range(-(-rows // self._size)):
            for column in range(-(-columns // self._size)):
                yield TileIndex(level, row, column)

    @property
    def complete(self) -> bool:
        """True when every pixel was written, and so every tile passed on."""
        return TileIndex(len(self.levels) - 1, 0, 0) in self._done

    def write(self, row: int, column: int, data: Pixels) -> None:
        """Takes a block; safe to call from many threads.

        Args:
            row: First row of the block.
            column: First column of the block.
            data: Shape (band, y, x); not kept.

        Raises:
            ValueError: if a pixel lies outside the raster, or was written before.
        """
        bands, height, width = data.shape
        rows, columns = self.levels[0]
        inside = 0 <= row <= rows - height and 0 <= column <= columns - width
        if not inside or bands != self._bands or data.dtype != self._dtype:
            raise ValueError(
                f"a block of {data.dtype} {data.shape} at {row}, {column} doesn't fit a raster of "
                f"{self._dtype} {(self._bands, rows, columns)}"
            )
        size = self._size
        for i in range(row // size, -(-(row + height) // size)):
            for j in range(column // size, -(-(column + width) // size)):
                self._add(TileIndex(0, i, j), _cut(data, row - i * size, column - j * size, size))

    def add(self, finished: Iterable[TileIndex], pieces: Iterable[tuple[TileIndex, Piece]]) -> None:
        """Takes what another pyramid of the same shape made of a part of the pixels.

        Args:
            finished: Tiles that it passed on.
            pieces: Pixels of the tiles that it could not complete; kept.

        Raises:
            ValueError: if a pixel was written before.
        """
        with self._lock:
            tiles = set(finished)
            if twice := tiles & (self._done | self._open.keys()):
                raise ValueError(f"pixels of {twice.pop()} were written twice")
            self._done |= tiles
        for tile, piece in pieces:
            self._add(tile, piece)

    def pieces(self) -> Iterator[tuple[TileIndex, Piece]]:
        """The pixels of incomplete tiles, in the order of tiles; for a pyramid without a spool."""
        for tile in sorted(self._open, key=lambda one: (one.level, one.row, one.column)):
            yield from ((tile, piece) for piece in self._open[tile])

    def _add(self, tile: TileIndex, piece: Piece) -> None:
        """Adds a piece to a tile; a complete tile adds a piece to the next level."""
        while (pieces := self._completed(tile, piece)) is not None:
            whole = self._joined(pieces)
            self._emit(tile, whole)
            if tile.level + 1 == len(self.levels):
                return
            half = self._size // 2
            rows, columns = self._extent(tile)
            reduced = halve(whole, self._reduction)[:, : (rows + 1) // 2, : (columns + 1) // 2]
            piece = Piece(tile.row % 2 * half, tile.column % 2 * half, reduced)
            tile = TileIndex(tile.level + 1, tile.row // 2, tile.column // 2)

    def _completed(self, tile: TileIndex, piece: Piece) -> list[Piece] | None:
        """All pieces of the tile if this was the last one; they are then removed from the pyramid."""
        rows, columns = self._extent(tile)
        piece.shape = piece.data.shape
        if piece.shape[1:] != (rows, columns) and piece.data.base is not None:
            # a view would keep the whole block in memory
            piece.data = piece.data.copy()
        with self._lock:
            pieces = self._open.setdefault(tile, [])
            pieces.append(piece)
            covered = sum(part.shape[1] * part.shape[2] for part in pieces)
            if tile in self._done or covered > rows * columns:
                raise ValueError(f"pixels of {tile} were written twice")
            if covered == rows * columns:
                self._done.add(tile)
                for part in pieces[:-1]:
                    self._release(part)
                return self._open.pop(tile)
            self._keep(piece)
        return None

    def _keep(self, piece: Piece) -> None:
        """Keeps a piece of an incomplete tile in memory, and moves the oldest pieces out above the limit."""
        self._in_memory[id(piece)] = piece
        self._bytes += piece.data.nbytes
        while self._spool and self._bytes > _MOST_WAITING:
            oldest = next(iter(self._in_memory.values()))
            self._release(oldest)
            oldest.span = self._spool.append(oldest.data.tobytes())
            oldest.data = oldest.data[:, :0, :0].copy()

    def _release(self, piece: Piece) -> None:
        """Removes a piece from the list of those in memory, if it is there."""
        if self._in_memory.pop(id(piece), None):
            self._bytes -= piece.data.nbytes

    def _extent(self, tile: TileIndex) -> tuple[int, int]:
        """Rows and columns of the tile that lie inside its level."""
        rows, columns = self.levels[tile.level]
        below, beside = rows - tile.row * self._size, columns - tile.column * self._size
        return min(self._size, below), min(self._size, beside)

    def _joined(self, pieces: list[Piece]) -> Pixels:
        whole = np.empty((self._bands, self._size, self._size), self._dtype)
        if sum(piece.shape[1] * piece.shape[2] for piece in pieces) < self._size**2:
            whole.fill(self._outside)
        for piece in pieces:
            height, width = piece.shape[1:]
            data = piece.data
            if piece.span and self._spool:
                data = np.frombuffer(self._spool.read(piece.span), self._dtype).reshape(piece.shape)
            whole[:, piece.row : piece.row + height, piece.column : piece.column + width] = data
        return whole


def _levels(rows: int, columns: int, tile_size: int) -> Iterator[tuple[int, int]]:
    """Shapes of the levels, down to the first that fits one tile."""
    yield rows, columns
    while max(rows, columns) > tile_size:
        rows, columns = (rows + 1) // 2, (columns + 1) // 2
        yield rows, columns


def _cut(data: Pixels, row: int, column: int, size: int) -> Piece:
    """The part of a block that lies in a tile; row and column are the block's, counted from the tile's."""
    part = data[:, max(0, -row) : size - row, max(0, -column) : size - column]
    return Piece(max(0, row), max(0, column), part)
