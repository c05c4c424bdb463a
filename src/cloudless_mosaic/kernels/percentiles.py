"""Percentiles and means over time."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Floats, Int64s, UInt16s, check
from cloudless_mosaic.kernels.stacks import network_of, planes_of, stack_of


def joint_percentile(
    stack: UInt16s,
    network: Int64s,
    places: tuple[Int64s, Int64s, Floats],
    out: UInt16s,
    count: UInt16s,
    counted: Int64s,
) -> None:
    """Percentile over time of each band, interpolated between two of the sorted values.

    Args:
        stack: Shape (band, time, y, x).
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        places: For each number of values from 0 to the number of times: places of the value below and of the
            value above among the sorted values, and the part of the way from one to the other.
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        counted: Shape (time,): raised by the number of pixels that an observation counts in.
    """
    bands, times, *plane = stack.shape
    lows, highs, fractions = places
    numbers = np.maximum(np.arange(len(lows)), 1)
    check(len(lows) == times + 1, "places for another number of times")
    check(bool(((lows >= 0) & (lows <= highs) & (highs < numbers)).all()), "places outside of the values")
    short = lib.joint_percentile(
        *stack_of(stack),
        *network_of(network, times),
        planes_of(lows, (times + 1,), np.int64),
        planes_of(highs, (times + 1,), np.int64),
        planes_of(fractions, (times + 1,), np.float64),
        planes_of(out, (bands, *plane), np.uint16),
        planes_of(count, tuple(plane), np.uint16),
        planes_of(counted, (times,), np.int64),
    )
    if short:
        raise MemoryError


def joint_mean(stack: UInt16s, out: UInt16s, count: UInt16s, counted: Int64s) -> None:
    """Mean over time of each band, rounded half to even.

    Args:
        stack: Shape (band, time, y, x).
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        counted: Shape (time,): raised by the number of pixels that an observation counts in.
    """
    bands, times, *plane = stack.shape
    short = lib.joint_mean(
        *stack_of(stack),
        planes_of(out, (bands, *plane), np.uint16),
        planes_of(count, tuple(plane), np.uint16),
        planes_of(counted, (times,), np.int64),
    )
    if short:
        raise MemoryError
