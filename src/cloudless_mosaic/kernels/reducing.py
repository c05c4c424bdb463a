"""Reductions over time, and the merging of granules of one observation."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Int64s, Mask, UInt16s, check, whole


def fill_free(slot: UInt16s, own: UInt16s, wanted: Mask, owners: UInt16s, number: int) -> bool:
    """Fills free pixels of an observation from one of its granules, in place.

    Args:
        slot: Shape (band, y, x), each band whole; a pixel whose first band is 0 is free.
        own: Pixels of the granule, whole, likewise; one with a 0 in any band is left out.
        wanted: Pixels to fill, whole, shape (y, x).
        owners: Whole, shape (y, x): set to the number where a pixel is filled.
        number: Of the granule.

    Returns:
        True if any pixel was filled.
    """
    check(slot.shape == own.shape, "planes of different shapes")
    check(own.shape[1:] == wanted.shape == owners.shape, "planes of different shapes")
    return bool(
        lib.fill_free(
            whole(slot[0], np.uint16),
            slot.strides[0] // slot.itemsize,
            whole(own, np.uint16),
            whole(wanted, np.bool_),
            len(own),
            wanted.size,
            whole(owners, np.uint16),
            number,
        )
    )


def joint_median(stack: UInt16s, network: Int64s, out: UInt16s, count: UInt16s, counted: Int64s) -> None:
    """Median over time of each band, where an observation counts in all bands of a pixel or in none.

    Args:
        stack: Whole, shape (band, time, y, x); 0 is no observation. At least one time.
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        counted: Shape (time,): raised by the number of pixels that an observation counts in.
    """
    bands, times, *shape = stack.shape
    check(out.shape == (bands, *shape) and count.shape == tuple(shape), "planes of different shapes")
    check(0 < times == len(counted), "another number of times")
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
        whole(counted, np.int64),
    )
    if short:
        raise MemoryError
