"""Reductions over time, on uint16 with 0 for "no observation". No float, no NaN.

The median sorts each pixel's series by a sorting network whose comparators run over whole rows of pixels, so
the compiler turns a comparator into vector minima and maxima. Zeros sort to the front, so the clear values of
a pixel are the last ``count`` of its series and its median lies at a place that depends on the count alone.
"""

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

UInt16s = npt.NDArray[np.uint16]

_ROW_CHUNK = 256
"""Pixels that are sorted together: a series of some dozens of dates stays in the first cache."""


def median(stack: UInt16s) -> UInt16s:
    """Median over time of the values that are not 0.

    Equals ``numpy.rint(numpy.nanmedian(...))`` with 0 taken as NaN and the result's NaN as 0: the mean of the
    two middle values where their number is even, halves rounded to even.

    Args:
        stack: Shape (time, y, x).

    Returns:
        Shape (y, x); 0 where every value is 0.
    """
    times, rows, columns = stack.shape
    out = np.zeros((rows, columns), np.uint16)
    if times:
        _median(stack.reshape(times, -1), _network(times), out.reshape(-1))
    return out


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


@numba.njit(cache=True, nogil=True)
def _median(
    stack: UInt16s, network: npt.NDArray[np.int64], out: UInt16s
) -> None:  # pragma: no cover - compiled
    times, pixels = stack.shape
    series = np.empty((times, _ROW_CHUNK), np.uint16)
    counts = np.empty(_ROW_CHUNK, np.int64)
    for start in range(0, pixels, _ROW_CHUNK):
        size = min(_ROW_CHUNK, pixels - start)
        counts[:] = 0
        for time in range(times):
            row = stack[time, start : start + size]
            series[time, :size] = row
            for i in range(size):
                counts[i] += row[i] != 0
        for pair in range(network.shape[0]):
            low, high = series[network[pair, 0]], series[network[pair, 1]]
            for i in range(_ROW_CHUNK):
                a, b = low[i], high[i]
                low[i] = min(a, b)
                high[i] = max(a, b)
        for i in range(size):
            count = counts[i]
            if count == 0:
                out[start + i] = 0
                continue
            total = np.int64(series[times - 1 - count // 2, i]) + series[times - count + count // 2, i]
            if count % 2:
                out[start + i] = total // 2
            else:
                half = total >> 1
                out[start + i] = half + (total & half & 1)
