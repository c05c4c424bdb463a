"""Masks of clear pixels: dilation, and from one grid to another."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Int64s, Mask, UInt8s, check, indexed, whole

Bytes = TypeVar("Bytes", Mask, UInt8s)


def clear_around(cloudy: Mask, clear: Mask, half_widths: Int64s) -> None:
    """Sets ``clear`` to False within the disk around every cloudy pixel, in place.

    Args:
        cloudy: Whole, shape (rows, columns).
        clear: Whole, likewise.
        half_widths: Half width of the disk in each of its rows, from the centre row outwards; pixels.
    """
    check(cloudy.shape == clear.shape and cloudy.ndim == 2, "masks of different shapes")
    check(len(half_widths) > 0, "a disk without a row")
    lib.clear_around(
        whole(cloudy, np.bool_),
        whole(clear, np.bool_),
        *clear.shape,
        whole(half_widths, np.int64),
        len(half_widths) - 1,
    )


def grade(codes: UInt8s, near: Mask, far: Mask, tables: UInt8s) -> UInt8s:
    """The entry of each code in a table that two masks choose, shape of the codes.

    Args:
        codes: Whole, any shape.
        near: Whole, likewise: where it is False the first table counts.
        far: Whole, likewise: where only this is False, the second; else the third.
        tables: Whole, shape (3, 256).
    """
    check(codes.shape == near.shape == far.shape, "masks of different shapes")
    check(tables.shape == (3, 256), "tables of another shape")
    out = np.empty_like(codes)
    lib.grade(
        whole(codes, np.uint8),
        whole(near, np.bool_),
        whole(far, np.bool_),
        codes.size,
        whole(tables, np.uint8),
        whole(out, np.uint8),
    )
    return out


def cloud_distance(cloudy: Mask, reach: int, levels: UInt8s) -> UInt8s:
    """Levels of the Euclidean distance of every pixel to the nearest cloudy one.

    Args:
        cloudy: Whole, shape (rows, columns).
        reach: Pixels, up to 10,000; what is farther has the last level.
        levels: By the square of the distance, shape (reach**2 + 2,).
    """
    check(cloudy.ndim == 2, "a mask of other than two axes")
    check(0 <= reach <= 10_000 and levels.shape == (reach * reach + 2,), "levels of another reach")
    out = np.empty(cloudy.shape, np.uint8)
    if cloudy.size and lib.cloud_distance(
        whole(cloudy, np.bool_), *cloudy.shape, reach, whole(levels, np.uint8), whole(out)
    ):
        raise MemoryError
    return out


def take_nearest(mask: Bytes, rows: Int64s, columns: Int64s, out: Bytes | None = None) -> Bytes:
    """The mask at each row and column, shape (len(rows), len(columns)); 0 outside of it.

    Args:
        mask: Whole, two axes, bool or uint8.
        rows: Of the output.
        columns: Of the output.
        out: Whole, of the shape and type of the result, where it goes; ``None`` for a new array.
    """
    check(mask.itemsize == 1, f"a mask of {mask.dtype}")
    if out is None:
        out = np.empty((len(rows), len(columns)), mask.dtype)
    check(out.shape == (len(rows), len(columns)) and out.dtype == mask.dtype, "an output of another shape")
    lib.take_nearest(*indexed(mask, rows, columns), whole(out))
    return out


def all_in(mask: Mask, rows: Int64s, columns: Int64s) -> Mask:
    """True where the mask is true in a whole rectangle; False where that reaches outside of the mask.

    Args:
        mask: Whole, two axes.
        rows: First row and row past the last of the rectangles, shape (rows, 2).
        columns: Likewise, shape (columns, 2).
    """
    check(rows.shape[1:] == columns.shape[1:] == (2,), "ranges that aren't pairs")
    check(mask.dtype == np.bool_, f"a mask of {mask.dtype}")
    out = np.empty((len(rows), len(columns)), np.bool_)
    if lib.all_in(*indexed(mask, rows, columns), whole(out)):
        raise MemoryError
    return out
