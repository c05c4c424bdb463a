"""Encodes the pixels of a tile, and makes the pixels of the next overview."""

from __future__ import annotations

from typing import Any, Literal, cast

import imagecodecs
import numpy as np
import numpy.typing as npt

from cloudless_mosaic.cog.tiff_layout import Encoded
from cloudless_mosaic.domain.request import Compression
from cloudless_mosaic.kernels import (
    average_half,
    interleave_differences,
    interleave_differences_of_bytes,
    zlib_compress,
)

Pixels = npt.NDArray[Any]
"""uint8, uint16 or float32, shape (band, y, x)."""


_LEVEL = 1
"""Differences of noisy pixels rarely repeat; a longer search for repetitions gains a few percent at most."""

Reduction = Literal["average", "nearest"]
"""How four pixels become one of an overview."""

TIFF_COMPRESSION: dict[Compression, int] = {"deflate": 8, "zstd": 50000}
"""Value of the TIFF tag Compression."""


def encode_tile(tile: Pixels, codec: Compression) -> Encoded:
    """Encodes a whole tile, band-interleaved by pixel, with the predictor of its type.

    That is TIFF predictor 2 (differences of neighbours), and 3 for floats (differences of their bytes).

    Args:
        tile: C-contiguous.
        codec: The compression.
    """
    bands, rows, columns = tile.shape
    if tile.dtype == np.float32:
        out = np.empty((rows, 4 * columns * bands), np.uint8)
        interleave_differences_of_bytes(tile, out)
    else:
        out = np.empty((rows, columns, bands), tile.dtype)
        interleave_differences(tile, out)
    if codec == "deflate":
        return zlib_compress(out)
    return bytes(imagecodecs.zstd_encode(cast("bytes", out), _LEVEL))


def halve(tile: Pixels, reduction: Reduction) -> Pixels:
    """Half the resolution.

    Args:
        tile: C-contiguous, with an even number of rows and of columns; for ``average`` nodata is 0, and NaN
            in floats.
        reduction: ``average`` is the mean of the valid ones of four pixels, rounded half to even, or nodata
            if none is valid; ``nearest`` is the upper left pixel.

    Returns:
        Shape (band, y / 2, x / 2).
    """
    if reduction == "nearest":
        return np.ascontiguousarray(tile[:, ::2, ::2])
    bands, rows, columns = tile.shape
    out = np.empty((bands, rows // 2, columns // 2), tile.dtype)
    average_half(tile, out)
    return out
