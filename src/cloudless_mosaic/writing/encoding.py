"""From the pixels of a tile to the bytes in a file, and to the pixels of the next overview."""

from __future__ import annotations

from typing import Any, Literal, cast

import imagecodecs
import numba
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[Any]
"""uint8 or uint16, shape (band, y, x)."""

Codec = Literal["deflate", "zstd"]
"""``deflate``: every reader knows it; ``zstd``: faster, but not every reader knows it."""

_LEVEL = 1
"""Differences of noisy pixels hardly repeat; looking longer for repetitions gains a few percent at most."""

Reduction = Literal["average", "nearest"]
"""How four pixels make one of an overview."""

TIFF_COMPRESSION: dict[Codec, int] = {"deflate": 8, "zstd": 50000}
"""Value of the TIFF tag Compression."""


def encode_tile(tile: Pixels, codec: Codec) -> bytes:
    """Encodes a whole tile, band-interleaved by pixel, with the horizontal predictor (TIFF Predictor 2).

    Args:
        tile: C-contiguous.
        codec: The compression.
    """
    bands, rows, columns = tile.shape
    out = np.empty((rows, columns, bands), tile.dtype)
    _interleave_differences(tile, out)
    buffer = cast("bytes", out)  # any buffer will do, the type hints name only some
    if codec == "deflate":
        # libdeflate: ISA-L is faster, but now and then gives other bytes for the same pixels
        return bytes(imagecodecs.deflate_encode(buffer, _LEVEL))
    return bytes(imagecodecs.zstd_encode(buffer, _LEVEL))


def halve(tile: Pixels, reduction: Reduction) -> Pixels:
    """Half the resolution.

    Args:
        tile: C-contiguous, with an even number of rows and of columns; 0 is nodata for ``average``.
        reduction: ``average`` is the mean of those of the four pixels that have data, rounded half to even,
            or 0 where none has; ``nearest`` is the upper left pixel.

    Returns:
        Shape (band, y / 2, x / 2).
    """
    if reduction == "nearest":
        return np.ascontiguousarray(tile[:, ::2, ::2])
    bands, rows, columns = tile.shape
    out = np.empty((bands, rows // 2, columns // 2), tile.dtype)
    _average_half(tile, out)
    return out


@numba.njit(cache=True, nogil=True)
def _interleave_differences(tile: Pixels, out: Pixels) -> None:  # pragma: no cover - compiled
    """Writes each sample less its left neighbour, shape (y, x, band); differences wrap around."""
    bands, rows, columns = tile.shape
    for row in range(rows):
        for band in range(bands):
            out[row, 0, band] = tile[band, row, 0]
            for column in range(1, columns):
                out[row, column, band] = tile[band, row, column] - tile[band, row, column - 1]


@numba.njit(cache=True, nogil=True)
def _average_half(tile: Pixels, out: Pixels) -> None:  # pragma: no cover - compiled
    bands, rows, columns = out.shape
    for band in range(bands):
        for row in range(rows):
            upper, lower = tile[band, 2 * row], tile[band, 2 * row + 1]
            for column in range(columns):
                out[band, row, column] = _mean_of_valid(
                    np.int32(upper[2 * column]),
                    np.int32(upper[2 * column + 1]),
                    np.int32(lower[2 * column]),
                    np.int32(lower[2 * column + 1]),
                )


@numba.njit(cache=True, nogil=True)
def _mean_of_valid(
    a: np.int32, b: np.int32, c: np.int32, d: np.int32
) -> np.int32:  # pragma: no cover - compiled
    """Mean of the values above 0, rounded half to even; single precision holds every such sum exactly."""
    valid = np.int32(a > 0) + np.int32(b > 0) + np.int32(c > 0) + np.int32(d > 0)
    total = np.float32(a + b + c + d)
    return np.int32(np.rint(total / np.float32(max(valid, np.int32(1)))))
