"""Checks the arrays that kernels are called with, and finds their addresses."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import ffi

UInt8s = npt.NDArray[np.uint8]
UInt16s = npt.NDArray[np.uint16]
Samples = npt.NDArray[Any]
"""uint8 or uint16."""
Mask = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TYPES = {
    np.dtype(np.bool_): ffi.typeof("uint8_t[]"),
    np.dtype(np.uint8): ffi.typeof("uint8_t[]"),
    np.dtype(np.uint16): ffi.typeof("uint16_t[]"),
    np.dtype(np.int16): ffi.typeof("int16_t[]"),
    np.dtype(np.int32): ffi.typeof("int32_t[]"),
    np.dtype(np.int64): ffi.typeof("int64_t[]"),
    np.dtype(np.float32): ffi.typeof("float[]"),
    np.dtype(np.float64): ffi.typeof("double[]"),
}


def check(fits: bool, what: str) -> None:  # noqa: FBT001 - a condition
    """Refuses arrays that don't fit.

    Args:
        fits: True where they do.
        what: What the kernel was given otherwise, for the message.

    Raises:
        ValueError: if they don't fit.
    """
    if not fits:
        raise ValueError(f"a kernel was given {what}")


def check_part(tile: Samples, first_row: int, first_column: int, shape: tuple[int, ...]) -> None:
    """Refuses a part of a shape that isn't inside its tile."""
    inside = first_row >= 0 and first_column >= 0 and tile.ndim == len(shape) == 2
    inside = inside and first_row + shape[0] <= tile.shape[0] and first_column + shape[1] <= tile.shape[1]
    check(inside, "a part that reaches beyond its tile")


def indexed(mask: Mask | UInt8s, rows: Int64s, columns: Int64s) -> tuple[Any, ...]:
    """Arguments of kernels that index a mask: pointer and shape, then pointer and length of both indices."""
    check(mask.ndim == 2, "a mask that isn't two-dimensional")
    indices = whole(rows, np.int64), len(rows), whole(columns, np.int64), len(columns)
    return whole(mask), *mask.shape, *indices


def plane(array: Samples, dtype: npt.DTypeLike | None = None) -> tuple[Any, int]:
    """Pointer to a plane, and the pixels from the start of one row to that of the next."""
    row, pixel = array.strides
    fits = pixel == array.itemsize and row % array.itemsize == 0
    check(fits or not array.size, "rows whose pixels lie apart")
    return _pointer(array[0], dtype) if array.size else ffi.NULL, row // array.itemsize


def whole(array: npt.NDArray[Any], dtype: npt.DTypeLike | None = None) -> Any:  # noqa: ANN401 - a pointer
    """Pointer to a C-contiguous array."""
    check(array.flags.c_contiguous, "an array that is not contiguous")
    return _pointer(array, dtype)


def _pointer(array: npt.NDArray[Any], dtype: npt.DTypeLike | None) -> Any:  # noqa: ANN401 - a pointer
    if dtype is not None and array.dtype != dtype:  # no check: the name of a type takes long to make
        raise ValueError(f"a kernel was given {array.dtype} pixels")
    # three times as fast as asking the array for its address
    return ffi.from_buffer(_TYPES[array.dtype], array)
