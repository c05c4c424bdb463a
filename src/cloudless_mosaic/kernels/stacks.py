"""Checks of the arrays that kernels over stacks are given.

A stack is whole, uint16 of shape (band, time, y, x) with 0 for "no observation", and has at least one band
and one time. An observation counts in all bands of a pixel or in none. Kernels don't change a stack.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import Int64s, UInt16s, _check, _whole


def stack_of(stack: UInt16s) -> tuple[Any, int, int, int]:
    """Pointer, bands, times and pixels of a stack."""
    _check(stack.ndim == 4 and stack.shape[0] > 0 and 0 < stack.shape[1] < 32768, "a stack of another shape")
    bands, times, rows, columns = stack.shape
    return _whole(stack, np.uint16), bands, times, rows * columns


def planes_of(array: npt.NDArray[Any], shape: tuple[int, ...], dtype: npt.DTypeLike) -> Any:  # noqa: ANN401 - a pointer
    """Pointer of a whole array that has to have this shape."""
    _check(array.shape == shape, "planes of different shapes")
    return _whole(array, dtype)


def network_of(network: Int64s, times: int) -> tuple[Any, int]:
    """Pointer and length of a sorting network for as many values as there are times."""
    _check(network.shape[1:] == (2,) and bool(((network >= 0) & (network < times)).all()), "another network")
    return _whole(network, np.int64), len(network)
