"""Reductions over time of one value for each observation, such as an index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.reducers.sorting_network import sorting_network

Float32s = npt.NDArray[np.float32]


def percentile_of(series: Float32s, q: float) -> Float32s:
    """Percentiles by numpy's method ``linear``, rounded to single precision.

    Args:
        series: Shape (time, y, x), NaN where an observation doesn't count; is overwritten.
        q: From 0 to 100.

    Returns:
        Shape (y, x), NaN where no observation counts.
    """
    if not len(series):
        return np.full(series.shape[1:], np.nan, np.float32)
    count = _sort(series)
    last = np.maximum(count - 1, 0)
    place = last * (q / 100)
    low = np.minimum(np.floor(place).astype(np.int64), last)
    below, above = (
        np.where(count > 0, np.take_along_axis(series, one[np.newaxis], axis=0)[0], np.float64(np.nan))
        for one in (low, np.minimum(low + 1, last))
    )
    return (below + (above - below) * (place - low)).astype(np.float32)


def mean_of(series: Float32s) -> Float32s:
    """Means, added up in double precision in the order of time.

    Args:
        series: Shape (time, y, x), NaN where an observation doesn't count.

    Returns:
        Shape (y, x), NaN where no observation counts.
    """
    total, count = np.zeros(series.shape[1:]), np.zeros(series.shape[1:])
    for values in series:
        counts = ~np.isnan(values)
        np.add(total, values, out=total, where=counts)
        count += counts
    mean = np.full(total.shape, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean.astype(np.float32)


def _sort(series: Float32s) -> npt.NDArray[np.int64]:
    """Sorts over time, what doesn't count behind the rest as infinity; how many count."""
    missing = np.isnan(series)
    series[missing] = np.inf
    lower = np.empty(series.shape[1:], np.float32)
    for low, high in sorting_network(len(series)):
        np.minimum(series[low], series[high], out=lower)
        np.maximum(series[low], series[high], out=series[high])
        series[low] = lower
    count: npt.NDArray[np.int64] = len(series) - np.count_nonzero(missing, axis=0)
    return count
