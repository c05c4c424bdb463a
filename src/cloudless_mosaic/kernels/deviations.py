"""Deviations over time from the median."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Int64s, UInt16s
from cloudless_mosaic.kernels.stacks import network_of, planes_of, stack_of


def joint_median_deviation(stack: UInt16s, network: Int64s, out: npt.NDArray[np.float32]) -> None:
    """Median over time of the absolute deviations from the median of each band.

    Args:
        stack: Shape (band, time, y, x).
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        out: Whole, shape (band, y, x); digital numbers, NaN where no observation counts.
    """
    bands, times, *plane = stack.shape
    short = lib.joint_median_deviation(
        *stack_of(stack), *network_of(network, times), planes_of(out, (bands, *plane), np.float32)
    )
    if short:
        raise MemoryError
