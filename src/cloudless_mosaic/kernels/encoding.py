"""Planes for a file: predictors, overviews, statistics and look-up tables."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Mask, Samples, UInt8s, UInt16s, check, whole

_AVERAGES = {
    np.dtype(np.uint8): lib.average_half_8,
    np.dtype(np.uint16): lib.average_half_16,
    np.dtype(np.float32): lib.average_half_of_floats,
}


def interleave_differences(tile: Samples, out: Samples) -> None:
    """Each sample less its left neighbour, samples of a pixel side by side (TIFF predictor 2).

    Args:
        tile: Whole, shape (band, y, x), uint8 or uint16; differences wrap around.
        out: Whole, shape (y, x, band), of the same type.
    """
    bands, rows, columns = tile.shape
    check(out.shape == (rows, columns, bands) and columns > 0, "an output of another shape")
    interleave = lib.interleave_differences_16 if tile.dtype == np.uint16 else lib.interleave_differences_8
    interleave(whole(tile), bands, rows, columns, whole(out, tile.dtype))


def interleave_differences_of_bytes(tile: npt.NDArray[np.float32], out: UInt8s) -> None:
    """The bytes of the floats of a row in planes, each less its left neighbour (TIFF predictor 3).

    Args:
        tile: Whole, shape (band, y, x).
        out: Whole, shape (y, 4 x band).
    """
    bands, rows, columns = tile.shape
    check(out.shape == (rows, 4 * columns * bands) and columns > 0, "an output of another shape")
    pixels = whole(tile, np.float32)
    lib.interleave_differences_of_bytes(pixels, bands, rows, columns, whole(out, np.uint8))


def average_half(tile: Samples, out: Samples) -> None:
    """Mean of those of four pixels that are above 0, rounded half to even; 0 where none is.

    Of floats it is the mean of those that are numbers, in single precision; NaN where none is.

    Args:
        tile: Whole, shape (band, 2 y, 2 x), uint8, uint16 or float32.
        out: Whole, shape (band, y, x), of the same type.
    """
    bands, rows, columns = out.shape
    check(tile.shape == (bands, 2 * rows, 2 * columns), "an output of another shape")
    average = _AVERAGES[tile.dtype]
    average(whole(tile), bands, rows, columns, whole(out, tile.dtype))


def sums(values: UInt16s) -> tuple[int, int, int, int, int]:
    """Count, minimum, maximum, sum and sum of squares of what isn't 0; minimum 65536 where all is.

    Args:
        values: Whole, any shape.
    """
    out = np.empty(5, np.int64)
    lib.sums(whole(values, np.uint16), values.size, whole(out))
    count, minimum, maximum, total, squares = map(int, out)
    return count, minimum, maximum, total, squares


def apply_lut(values: Samples, table: UInt8s | Mask, out: UInt8s | Mask) -> None:
    """Looks up the entry of a table for each value.

    Args:
        values: Whole, any shape, uint8 or uint16.
        table: Whole, uint8 or bool, an entry for every value of the type.
        out: Whole, shape of the values, type of the table.
    """
    entries = 2 ** (8 * values.itemsize)
    check(table.shape == (entries,) and out.shape == values.shape, "a table or output of another shape")
    check(table.itemsize == 1, f"a table of {table.dtype}")
    find = lib.apply_lut_16 if values.dtype == np.uint16 else lib.apply_lut_8
    find(whole(values), values.size, whole(table), whole(out, table.dtype))
