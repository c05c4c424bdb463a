"""Reductions over time, and the merging of granules of one observation."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Int64s, Mask, UInt16s, check, whole


def fill_free(slot: UInt16s, own: UInt16s, wanted: Mask) -> bool:
    """Fills free pixels of an observation from one of its granules, in place.

    Args:
        slot: Shape (band, y, x), each band whole; a pixel whose first band is 0 is free.
        own: Pixels of the granule, whole, likewise; one with a 0 in any band is left out.
        wanted: Pixels to fill, whole, shape (y, x).

    Returns:
        True if any pixel was filled.
    """
    check(slot.shape == own.shape and own.shape[1:] == wanted.shape, "planes of different shapes")
    return bool(
        lib.fill_free(
            whole(slot[0], np.uint16),
            slot.strides[0] // slot.itemsize,
            whole(own, np.uint16),
            whole(wanted, np.bool_),
            len(own),
            wanted.size,
        )
    )


def joint_median(stack: UInt16s, network: Int64s, out: UInt16s, count: UInt16s, contributed: Mask) -> None:
    """Median over time of each band, where an observation counts in all bands of a pixel or in none.

    Args:
        stack: Whole, shape (band, time, y, x); 0 is no observation. At least one time.
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        contributed: Shape (time,): set to True where an observation counts in any pixel.
    """
    bands, times, *shape = stack.shape
    check(out.shape == (bands, *shape) and count.shape == tuple(shape), "planes of different shapes")
    check(0 < times == len(contributed), "another number of times")
    check(
        network.shape[1:] == (2,) and bool(((network >= 0) & (network < times)).all()),
        "another network",
    )
    short = lib.joint_median(
        whole(stack, np.uint16),
        bands,
        times,
        count.size,
        whole(network, np.int64),
        len(network),
        whole(out, np.uint16),
        whole(count, np.uint16),
        whole(contributed, np.bool_),
    )
    if short:
        raise MemoryError
