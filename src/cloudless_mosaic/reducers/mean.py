"""Means over time."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels.arrays import UInt16s
from cloudless_mosaic.kernels.percentiles import joint_mean
from cloudless_mosaic.reducers.protocol import Reduced


def mean(stack: UInt16s) -> Reduced:
    """Mean over time of the observations that count, rounded half to even from the exact quotient.

    Args:
        stack: Shape (band, time, y, x).
    """
    bands, times, rows, columns = stack.shape
    data = np.zeros((bands, rows, columns), np.uint16)
    reduced = Reduced(data, np.zeros((rows, columns), np.uint16), np.zeros(times, np.bool_))
    if times:
        joint_mean(stack, reduced.data, reduced.count, reduced.contributed)
    return reduced
