"""Stacks of which one observation is taken for each pixel, with all of its bands.

Of observations that are equally good, the earliest in the stack is taken, which is in the order of time and
does not depend on how an area is cut, or on the engine.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import choosing as kernels
from cloudless_mosaic.kernels.arrays import UInt16s
from cloudless_mosaic.reducers.protocol import Reduced

Chosen = npt.NDArray[np.int16]

TIES = "of several that are equally good, the earliest is taken"


def choose(stack: UInt16s, kernel: Callable[[Chosen, UInt16s], None]) -> Reduced:
    """Takes all bands of a pixel from the observation that a kernel chooses.

    Args:
        stack: Shape (band, time, y, x).
        kernel: Sets the place in the stack, and the count of observations; called where there is any.
    """
    chosen, count = np.full(stack.shape[2:], -1, np.int16), np.zeros(stack.shape[2:], np.uint16)
    bands, times, *plane = stack.shape
    data = np.zeros((bands, *plane), np.uint16)
    if times:
        kernel(chosen, count)
        kernels.gather_chosen(stack, chosen, data)
    return Reduced(data, count, kernels.count_chosen(chosen, times), chosen)


def closest(stack: UInt16s, composite: UInt16s) -> Chosen:
    """The observation that is nearest to a composite: with the least sum of absolute differences over bands.

    Args:
        stack: Shape (band, time, y, x).
        composite: C-contiguous, shape (band, y, x).

    Returns:
        Place in the stack, shape (y, x); -1 where no observation counts.
    """
    chosen = np.full(stack.shape[2:], -1, np.int16)
    if stack.shape[1]:
        kernels.choose_closest(stack, composite, chosen)
    return chosen
