"""Deviations over time from the median."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels.arrays import UInt16s
from cloudless_mosaic.kernels.deviations import joint_median_deviation
from cloudless_mosaic.reducers.sorting_network import sorting_network


def median_deviation(stack: UInt16s) -> npt.NDArray[np.float32]:
    """Median over time of the absolute deviations from the median (MAD), each band by itself.

    The median is the one before it is rounded, so the result is a multiple of a half, and exact.

    Args:
        stack: Shape (band, time, y, x).

    Returns:
        Digital numbers, shape (band, y, x); NaN where no observation counts.
    """
    bands, times, rows, columns = stack.shape
    out = np.full((bands, rows, columns), np.nan, np.float32)
    if times:
        joint_median_deviation(stack, sorting_network(times), out)
    return out
