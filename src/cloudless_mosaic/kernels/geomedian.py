"""The geometric median over time, and the medians of the distances to it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import ffi, lib
from cloudless_mosaic.kernels.arrays import Int64s, UInt16s
from cloudless_mosaic.kernels.stacks import network_of, planes_of, stack_of


def joint_geomedian(
    stack: UInt16s,
    network: Int64s,
    out: UInt16s,
    count: UInt16s,
    counted: Int64s,
    spread: npt.NDArray[np.float32] | None,
) -> None:
    """Geometric median over time of all bands, rounded half to even.

    Args:
        stack: Shape (band, time, y, x).
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        counted: Shape (time,): raised by the number of pixels that an observation counts in.
        spread: Whole, shape (3, y, x), or None: median over time of the Euclidean distances to the geometric
            median before it was rounded, of 1 - cosine, and of the Bray-Curtis distances; NaN where no
            observation counts.
    """
    bands, times, *plane = stack.shape
    short = lib.joint_geomedian(
        *stack_of(stack),
        *network_of(network, times),
        planes_of(out, (bands, *plane), np.uint16),
        planes_of(count, tuple(plane), np.uint16),
        planes_of(counted, (times,), np.int64),
        ffi.NULL if spread is None else planes_of(spread, (3, *plane), np.float32),
    )
    if short:
        raise MemoryError
