"""Percentiles over time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from cloudless_mosaic.kernels import Floats, Int64s, UInt16s
from cloudless_mosaic.kernels.percentiles import joint_percentile
from cloudless_mosaic.reducers import Reduced, _network


def percentile(stack: UInt16s, q: float) -> Reduced:
    """Percentile over time of the observations that count, each band by itself.

    Equals ``numpy.rint(numpy.nanpercentile(..., q))`` with 0 taken as NaN, by numpy's method ``linear``:
    between two observations it lies on the line from one to the other. Halves are rounded to even. With ``q``
    of 50 it is the median.

    Args:
        stack: Shape (band, time, y, x).
        q: From 0, the least, to 100, the greatest.

    Raises:
        ValueError: ``q`` is out of range.
    """
    if not 0 <= q <= 100:
        raise ValueError(f"a percentile lies between 0 and 100, not at {q}")
    bands, times, rows, columns = stack.shape
    data = np.zeros((bands, rows, columns), np.uint16)
    reduced = Reduced(data, np.zeros((rows, columns), np.uint16), np.zeros(times, np.bool_))
    if times:
        network, places = _network(times), _places(times, q)
        joint_percentile(stack, network, places, reduced.data, reduced.count, reduced.contributed)
    return reduced


@lru_cache
def _places(times: int, q: float) -> tuple[Int64s, Int64s, Floats]:
    """Where the percentile of 0, 1, ... ``times`` sorted values lies: places below, above, part of the way.

    Calculated as numpy does it, so that what is rounded there is rounded here.
    """
    last = np.maximum(np.arange(times + 1) - 1, 0)
    virtual = last * (q / 100)
    low = np.minimum(np.floor(virtual).astype(np.int64), last)
    return low, np.minimum(low + 1, last), virtual - low
