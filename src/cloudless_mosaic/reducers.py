"""Reductions over time, on uint16 with 0 for "no observation". No float, no NaN.

The median sorts each pixel's series by a sorting network whose comparators run over whole rows of pixels, so
the compiler turns a comparator into vector minima and maxima. Zeros sort to the front, so the clear values of
a pixel are the last ``count`` of its series and its median lies at a place that depends on the count alone;
the place is chosen by going through the possible counts, again over whole rows.
"""

from __future__ import annotations

from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt

UInt16s = npt.NDArray[np.uint16]

_CHUNK = 512
"""Pixels that are worked on together: a series of some dozens of dates stays in the first cache."""


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
    series = np.zeros((times, _CHUNK), np.uint16)
    counts = np.empty(_CHUNK, np.uint16)
    one = np.uint16(1)
    for start in range(0, pixels, _CHUNK):
        size = min(_CHUNK, pixels - start)
        counts[:] = 0
        for time in range(times):
            row = series[time]
            row[:size] = stack[time, start : start + size]
            for i in range(_CHUNK):
                counts[i] += one if row[i] != 0 else np.uint16(0)
        for pair in range(network.shape[0]):
            low, high = series[network[pair, 0]], series[network[pair, 1]]
            for i in range(_CHUNK):
                a, b = low[i], high[i]
                low[i] = min(a, b)
                high[i] = max(a, b)
        target = out[start : start + size]
        for count in range(1, times + 1):
            low, high = series[times - 1 - count // 2], series[times - count + count // 2]
            wanted = np.uint16(count)
            for i in range(size):
                differing = low[i] ^ high[i]
                # the mean without a carry, rounded down, then up to even where it was a half
                mean = (low[i] & high[i]) + (differing >> one)
                mean += differing & mean & one
                target[i] = mean if counts[i] == wanted else target[i]


def agree(stack: UInt16s) -> UInt16s:
    """Takes an observation out of a pixel in all bands where any band has none, in place; counts the others.

    Args:
        stack: Shape (band, time, y, x), C-contiguous; 0 is no observation.

    Returns:
        Observations left in each pixel, shape (y, x).
    """
    bands, times, rows, columns = stack.shape
    count = np.zeros((rows, columns), np.uint16)
    _agree(stack.reshape(bands, times, rows * columns), count.reshape(-1))
    return count


@numba.njit(cache=True, nogil=True)
def _agree(stack: npt.NDArray[np.uint16], count: UInt16s) -> None:  # pragma: no cover - compiled
    bands, times, pixels = stack.shape
    keep = np.empty(_CHUNK, np.uint16)
    for start in range(0, pixels, _CHUNK):
        size = min(_CHUNK, pixels - start)
        counts = count[start : start + size]
        for time in range(times):
            keep[:] = np.uint16(0xFFFF)
            for band in range(bands):
                row = stack[band, time, start : start + size]
                for i in range(size):
                    keep[i] = keep[i] if row[i] != 0 else np.uint16(0)
            for i in range(size):
                counts[i] += keep[i] & np.uint16(1)
            for band in range(bands):
                row = stack[band, time, start : start + size]
                for i in range(size):
                    row[i] &= keep[i]
