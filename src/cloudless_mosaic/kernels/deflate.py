"""A zlib stream of data that hardly repeats."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import ffi, lib
from cloudless_mosaic.kernels.arrays import Samples, UInt8s, check, whole


def zlib_compress(data: Samples) -> UInt8s:
    """Compresses data that hardly repeats to a zlib stream: Huffman codes, and runs of one byte.

    The same data always gives the same stream.

    Args:
        data: Whole, at least one value.
    """
    check(data.size > 0, "nothing to compress")
    out = np.empty(lib.deflate_bound(data.nbytes), np.uint8)
    size = lib.deflate(ffi.from_buffer("uint8_t[]", data), data.nbytes, whole(out))
    if not size:
        raise MemoryError
    return out[:size]
