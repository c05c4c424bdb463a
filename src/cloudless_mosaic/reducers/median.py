"""Reductions over time, on uint16 with 0 for "no observation". No float, no NaN.

The median sorts each pixel's series by a sorting network whose comparators run over whole rows of pixels, so
the compiler turns a comparator into vector minima and maxima. Zeros sort to the front, so the clear values of
a pixel are the last ``count`` of its series and its median lies at a place that depends on the count alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import joint_median

UInt16s = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Reduced:
    """A stack of observations, reduced over time."""

    data: UInt16s
    """Shape (band, y, x); 0 where no observation counts."""
    count: UInt16s
    """Observations that count, shape (y, x)."""
    contributed: npt.NDArray[np.bool_]
    """True where an observation counts in any pixel, shape (time,)."""


def median(stack: UInt16s) -> Reduced:
    """Median over time of the values that are not 0.

    An observation counts in all bands of a pixel or, where any band has none, in no band. Equals
    ``numpy.rint(numpy.nanmedian(...))`` with 0 taken as NaN and the result's NaN as 0: the mean of the two
    middle values where their number is even, halves rounded to even.

    Args:
        stack: Shape (band, time, y, x), C-contiguous.
    """
    bands, times, rows, columns = stack.shape
    reduced = Reduced(
        np.zeros((bands, rows, columns), np.uint16),
        np.zeros((rows, columns), np.uint16),
        np.zeros(times, np.bool_),
    )
    if times:
        joint_median(stack, _network(times), reduced.data, reduced.count, reduced.contributed)
    return reduced


@lru_cache
def _network(size: int) -> npt.NDArray[np.int64]:
    """Comparators of Batcher's odd-even merge sort (K. E. Batcher, 1968), shape (comparator, 2)."""
    pairs = []
    span = 1
    while span < size:
        step = span
        while step:
            for first in range(step % span, size - step, 2 * step):
                for offset in range(min(step, size - first - step)):
                    low = first + offset
                    if low // (2 * span) == (low + step) // (2 * span):
                        pairs.append((low, low + step))
            step //= 2
        span *= 2
    return np.array(pairs, np.int64).reshape(-1, 2)
