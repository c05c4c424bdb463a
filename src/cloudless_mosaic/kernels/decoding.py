"""From the differences in a tile to reflectance."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Mask, Samples, UInt16s, check, check_part, plane


def undo_predictor(tile: Samples, first_row: int, first_column: int, out: Samples) -> None:
    """Undoes horizontal differencing (TIFF predictor 2) of a part of a tile.

    Args:
        tile: Plane of uint8 or uint16 differences; sums wrap around.
        first_row: First row of the part.
        first_column: First column of the part; the sums of its rows start at the tile's first column.
        out: Plane for the sums, of the type of the tile.
    """
    check_part(tile, first_row, first_column, out.shape)
    sum_up = lib.undo_predictor_16 if tile.dtype == np.uint16 else lib.undo_predictor_8
    sum_up(*plane(tile[first_row:]), first_column, *plane(out, tile.dtype), *out.shape)


def undo_predictor_and_harmonise(
    tile: UInt16s,
    first_row: int,
    first_column: int,
    clear: Mask,
    offset: int,
    out: UInt16s,
    kept: tuple[UInt16s, int, int],
) -> None:
    """``undo_predictor`` and ``harmonise`` in one pass.

    Args:
        tile: As for ``undo_predictor``.
        first_row: Likewise.
        first_column: Likewise.
        clear: As for ``harmonise``.
        offset: Likewise.
        out: Likewise.
        kept: Plane that gets the digital numbers of some rows, the first of these rows and the step to the
            next, counted in rows of ``out``.
    """
    sums, first, step = kept
    check_part(tile, first_row, first_column, out.shape)
    check(clear.shape == out.shape, "a mask of another shape")
    check(first >= 0 and step > 0, "rows that don't follow each other")
    check(sums.shape == (len(range(first, len(out), step)), out.shape[1]), "another number of rows to keep")
    lib.undo_predictor_and_harmonise(
        *plane(tile[first_row:], np.uint16),
        first_column,
        *plane(clear, np.bool_),
        offset,
        *plane(out, np.uint16),
        *out.shape,
        *plane(sums, np.uint16),
        first,
        step,
    )


def harmonise(values: UInt16s, clear: Mask, offset: int, out: UInt16s) -> None:
    """Adds an offset to clear pixels and sets all others to 0.

    Args:
        values: Plane of digital numbers; 0 is nodata.
        clear: Plane, likewise.
        offset: Number to add.
        out: Plane, likewise: 0 where the value was 0 or is not clear, else the sum, clipped to 1..65535.
    """
    check(values.shape == clear.shape == out.shape, "planes of different shapes")
    lib.harmonise(
        *plane(values, np.uint16), *plane(clear, np.bool_), offset, *plane(out, np.uint16), *out.shape
    )
