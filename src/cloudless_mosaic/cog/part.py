"""The tiles that a part of the pixels of a file decides, and what is left of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, cast

import imagecodecs
import numpy as np

from cloudless_mosaic.cog.encoding import Pixels, Reduction, encode_tile
from cloudless_mosaic.cog.pyramid import Piece, Pyramid, TileIndex
from cloudless_mosaic.cog.tiff_layout import Encoded, wrap_tile
from cloudless_mosaic.domain.request import Compression
from cloudless_mosaic.kernels import undo_predictor


@dataclass(frozen=True, slots=True)
class TileFormat:
    """Shape, type and compression of the tiles of a file."""

    shape: tuple[int, int, int]
    """Bands, rows, columns of full resolution."""
    dtype: Literal["uint8", "uint16", "int16", "float32"]
    """Type of a sample."""
    reduction: Reduction
    """How overviews are made."""
    codec: Compression
    """How tiles are compressed."""
    tile_size: int
    """Edge of a tile, pixels."""


class PartEncoder:
    """Encodes the tiles that lie in a part of a file as a whole. For one thread."""

    def __init__(self, form: TileFormat) -> None:
        """Encodes nothing yet."""
        self._form = form
        self.tiles: dict[TileIndex, tuple[Encoded, ...]] = {}
        """Tiles with leader and trailer, in parts to be written one after the other."""
        self._top: Pixels | None = None
        self._pyramid = Pyramid(
            form.shape, form.dtype, form.reduction, self._store, spool=None, tile_size=form.tile_size
        )

    def write(self, row: int, column: int, data: Pixels) -> None:
        """Takes a block, as ``CogWriter.write`` does."""
        self._pyramid.write(row, column, data)

    def pieces(self) -> Iterator[tuple[TileIndex, Piece]]:
        """The pixels of all tiles that are incomplete, and those of the smallest overview."""
        yield from self._pyramid.pieces()
        if self._top is not None:
            yield TileIndex(len(self._pyramid.levels) - 1, 0, 0), Piece(0, 0, self._top)

    def _store(self, index: TileIndex, tile: Pixels) -> None:
        if index.level == len(self._pyramid.levels) - 1:
            # who finishes the file needs its pixels
            rows, columns = self._pyramid.levels[index.level]
            self._top = np.ascontiguousarray(tile[:, :rows, :columns])
            return
        parts = wrap_tile(encode_tile(tile, self._form.codec))
        # the encoder returns a view of a buffer for the worst case, which would stay in memory
        self.tiles[index] = tuple(part.copy() if isinstance(part, np.ndarray) else part for part in parts)


def pack_piece(data: Pixels) -> Encoded:
    """Compresses pixels of any shape and type, without loss.

    Args:
        data: C-contiguous, shape (band, y, x).
    """
    return encode_tile(_plane(data)[np.newaxis], "deflate")


def unpack_piece(packed: bytes, shape: tuple[int, ...], dtype: str) -> Pixels:
    """The pixels that ``pack_piece`` got.

    Args:
        packed: What it returned.
        shape: Of the pixels.
        dtype: Of the pixels.
    """
    out = np.empty(shape, dtype)
    sums = _plane(out)
    differences = np.empty_like(sums)
    imagecodecs.deflate_decode(packed, out=cast("bytearray", differences.reshape(-1).view(np.uint8)))
    undo_predictor(differences, 0, 0, sums)
    return out


def _plane(data: Pixels) -> Pixels:
    """The same memory as one plane of unsigned integers: the rows of all bands below each other."""
    kind = np.uint8 if data.dtype.itemsize == 1 else np.uint16
    return data.reshape(data.shape[0] * data.shape[1], data.shape[2]).view(kind)
