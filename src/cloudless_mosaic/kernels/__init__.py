"""Loops over pixels, compiled from C when the package is built. They run without the interpreter's lock.

Compiled ahead rather than when they are first called: a run starts sooner, a new machine doesn't compile for
seconds, and no cache has to be writable.

Planes have shape (rows, columns) and pixels that are neighbours in memory along a row; rows may lie apart.
"Whole" arrays are C-contiguous. Masks are bool. Whatever doesn't fit raises ``ValueError`` before any pixel
is touched.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import ffi as _ffi
from cloudless_mosaic.kernels._native import lib as _lib

UInt8s = npt.NDArray[np.uint8]
UInt16s = npt.NDArray[np.uint16]
Samples = npt.NDArray[Any]
"""uint8 or uint16."""
Mask = npt.NDArray[np.bool_]
Int64s = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

_TYPES = {
    np.dtype(np.bool_): _ffi.typeof("uint8_t[]"),
    np.dtype(np.uint8): _ffi.typeof("uint8_t[]"),
    np.dtype(np.uint16): _ffi.typeof("uint16_t[]"),
    np.dtype(np.int16): _ffi.typeof("int16_t[]"),
    np.dtype(np.int32): _ffi.typeof("int32_t[]"),
    np.dtype(np.int64): _ffi.typeof("int64_t[]"),
    np.dtype(np.float32): _ffi.typeof("float[]"),
    np.dtype(np.float64): _ffi.typeof("double[]"),
}

_AVERAGES = {
    np.dtype(np.uint8): _lib.average_half_8,
    np.dtype(np.uint16): _lib.average_half_16,
    np.dtype(np.float32): _lib.average_half_of_floats,
}


def sum_rows(tile: Samples, first_row: int, first_column: int, out: Samples) -> None:
    """Sums up the differences that the rows of a tile are stored as (TIFF predictor 2).

    Args:
        tile: Plane of uint8 or uint16 differences; sums wrap around.
        first_row: First row to take.
        first_column: First column to take; those before it are summed up too.
        out: Plane for the sums, of the type of the tile.
    """
    _check_part(tile, first_row, first_column, out.shape)
    sum_up = _lib.sum_rows_16 if tile.dtype == np.uint16 else _lib.sum_rows_8
    sum_up(*_plane(tile[first_row:]), first_column, *_plane(out, tile.dtype), *out.shape)


def sum_and_harmonise(
    tile: UInt16s,
    first_row: int,
    first_column: int,
    clear: Mask,
    offset: int,
    out: UInt16s,
    kept: tuple[UInt16s, int, int],
) -> None:
    """``sum_rows`` and ``harmonise`` in one pass.

    Args:
        tile: As for ``sum_rows``.
        first_row: Likewise.
        first_column: Likewise.
        clear: As for ``harmonise``.
        offset: Likewise.
        out: Likewise.
        kept: Plane for the sums of some rows, with the first of these and the step to the next, counted in
            rows of ``out``.
    """
    sums, first, step = kept
    _check_part(tile, first_row, first_column, out.shape)
    _check(clear.shape == out.shape, "a mask of another shape")
    _check(first >= 0 and step > 0, "rows that don't follow each other")
    _check(sums.shape == (len(range(first, len(out), step)), out.shape[1]), "another number of rows to keep")
    _lib.sum_and_harmonise(
        *_plane(tile[first_row:], np.uint16),
        first_column,
        *_plane(clear, np.bool_),
        offset,
        *_plane(out, np.uint16),
        *out.shape,
        *_plane(sums, np.uint16),
        first,
        step,
    )


def harmonise(values: UInt16s, clear: Mask, offset: int, out: UInt16s) -> None:
    """Adds an offset and takes out what isn't clear.

    Args:
        values: Plane of digital numbers; 0 is nodata.
        clear: Plane, likewise.
        offset: Number to add.
        out: Plane, likewise: 0 where the value was 0 or is not clear, else the sum, clipped to 1..65535.
    """
    _check(values.shape == clear.shape == out.shape, "planes of different shapes")
    _lib.harmonise(
        *_plane(values, np.uint16), *_plane(clear, np.bool_), offset, *_plane(out, np.uint16), *out.shape
    )


def clear_around(cloudy: Mask, clear: Mask, half_widths: Int64s) -> None:
    """Takes every pixel within the disk around a cloudy one out of ``clear``, in place.

    Args:
        cloudy: Whole, shape (rows, columns).
        clear: Whole, likewise.
        half_widths: Half width of the disk in each of its rows, from the centre row outwards; pixels.
    """
    _check(cloudy.shape == clear.shape and cloudy.ndim == 2, "masks of different shapes")
    _check(len(half_widths) > 0, "a disk without a row")
    _lib.clear_around(
        _whole(cloudy, np.bool_),
        _whole(clear, np.bool_),
        *clear.shape,
        _whole(half_widths, np.int64),
        len(half_widths) - 1,
    )


def take(mask: Mask, rows: Int64s, columns: Int64s) -> Mask:
    """The mask at each row and column, shape (len(rows), len(columns)); False outside of it."""
    out = np.empty((len(rows), len(columns)), np.bool_)
    _lib.take(*_indexed(mask, rows, columns), _whole(out))
    return out


def all_in(mask: Mask, rows: Int64s, columns: Int64s) -> Mask:
    """True where the mask is true in a whole rectangle; False where that reaches outside of the mask.

    Args:
        mask: Whole, two axes.
        rows: First row and row past the last of the rectangles, shape (rows, 2).
        columns: Likewise, shape (columns, 2).
    """
    _check(rows.shape[1:] == columns.shape[1:] == (2,), "ranges that are no pairs")
    out = np.empty((len(rows), len(columns)), np.bool_)
    if _lib.all_in(*_indexed(mask, rows, columns), _whole(out)):
        raise MemoryError
    return out


def mean_separable(samples: UInt16s, x: Floats, y: Floats, half: tuple[float, float]) -> UInt16s:
    """Means of the samples above 0 in rectangles, weighted by area.

    Args:
        samples: Whole, two axes; the first sample covers 0 to 1 on both.
        x: Centres of the columns of the output.
        y: Centres of its rows.
        half: Half the width and half the height of a rectangle.

    Returns:
        Shape (len(y), len(x)); rounded half to even, 0 where no sample is.
    """
    _check(samples.ndim == 2, "samples that are no plane")
    out = np.empty((len(y), len(x)), np.uint16)
    whole = _whole(x, np.float64), len(x), _whole(y, np.float64), len(y)
    _lib.mean_separable(_whole(samples, np.uint16), *samples.shape, *whole, *half, _whole(out))
    return out


def mean_at_points(samples: UInt16s, x: Floats, y: Floats, half: tuple[float, float]) -> UInt16s:
    """``mean_separable`` around points, of any shape; 0 where a point isn't finite."""
    _check(samples.ndim == 2 and x.shape == y.shape, "points whose axes differ")
    out = np.empty(x.shape, np.uint16)
    whole = _whole(x, np.float64), _whole(y, np.float64), x.size
    _lib.mean_at_points(_whole(samples, np.uint16), *samples.shape, *whole, *half, _whole(out))
    return out


def mark_separable(wanted: Mask, x: Floats, y: Floats, half: tuple[float, float], marked: Mask) -> None:
    """Sets the samples to True that ``mean_separable`` would take the means of wanted pixels from.

    Args:
        wanted: Whole, shape (len(y), len(x)).
        x: As for ``mean_separable``.
        y: Likewise.
        half: Likewise.
        marked: Whole, two axes, one value per sample.
    """
    _check(wanted.shape == (len(y), len(x)) and marked.ndim == 2, "a mask of another shape")
    whole = _whole(x, np.float64), len(x), _whole(y, np.float64), len(y)
    _lib.mark_separable(_whole(wanted, np.bool_), *whole, *half, _whole(marked, np.bool_), *marked.shape)


def mark_around_points(wanted: Mask, x: Floats, y: Floats, half: tuple[float, float], marked: Mask) -> None:
    """``mark_separable`` around points, of any shape; one that isn't finite marks nothing."""
    _check(wanted.shape == x.shape == y.shape and marked.ndim == 2, "a mask of another shape")
    whole = _whole(x, np.float64), _whole(y, np.float64), x.size
    _lib.mark_around_points(_whole(wanted, np.bool_), *whole, *half, _whole(marked, np.bool_), *marked.shape)


def count_evidence(
    values: UInt16s,
    clear: Mask,
    columns: slice,
    codes: tuple[UInt8s, Int64s, Int64s],
    dark: Mask,
    limits: tuple[int, int, int],
) -> tuple[int, int, int, int, int, int]:
    """Counts what samples of a band say of its scene.

    Args:
        values: Plane of digital numbers; 0 is nodata.
        clear: Plane, likewise.
        columns: Start and step of the columns that are looked at.
        codes: Scene classification, whole; its row under each row of the plane and its column under each
            column, -1 where it has none.
        dark: True for the codes of land that is dark in this band, shape (256,).
        limits: Value above which a pixel is impossible; the first value that contradicts, and the one after
            the last.

    Returns:
        Clear samples; those without data; the impossible ones; samples with data where the code is 0; clear
        samples that are dark; those of them that contradict.
    """
    classes, code_rows, code_columns = codes
    _check(values.shape == clear.shape == (len(code_rows), len(code_columns)), "planes of different shapes")
    _check(dark.shape == (256,) and columns.start >= 0 and columns.step > 0, "a table of another shape")
    for places, size in zip((code_rows, code_columns), classes.shape, strict=True):
        _check(bool((places < size).all()), "places beyond the classification")
    out = np.empty(6, np.int64)
    _lib.count_evidence(
        *_plane(values, np.uint16),
        *_plane(clear, np.bool_),
        *values.shape,
        columns.start,
        columns.step,
        _whole(code_rows, np.int64),
        _whole(code_columns, np.int64),
        _whole(classes, np.uint8),
        classes.shape[1],
        _whole(dark, np.bool_),
        *limits,
        _whole(out),
    )
    clear_samples, missing, impossible, unclassified, dark_samples, contradicting = map(int, out)
    return clear_samples, missing, impossible, unclassified, dark_samples, contradicting


def fill_free(slot: UInt16s, own: UInt16s, wanted: Mask) -> bool:
    """Fills free pixels of an observation from one of its granules, in place.

    Args:
        slot: Shape (band, y, x), each band whole; a pixel whose first band is 0 is free.
        own: Pixels of the granule, whole, likewise; one with a 0 in any band is left out.
        wanted: Pixels to fill, whole, shape (y, x).

    Returns:
        True if any pixel was filled.
    """
    _check(slot.shape == own.shape and own.shape[1:] == wanted.shape, "planes of different shapes")
    return bool(
        _lib.fill_free(
            _whole(slot[0], np.uint16),
            slot.strides[0] // slot.itemsize,
            _whole(own, np.uint16),
            _whole(wanted, np.bool_),
            len(own),
            wanted.size,
        )
    )


def joint_median(stack: UInt16s, network: Int64s, out: UInt16s, count: UInt16s, contributed: Mask) -> None:
    """Median over time of each band, where an observation counts in all bands of a pixel or in none.

    Args:
        stack: Whole, shape (band, time, y, x); 0 is no observation. At least one time.
        network: Comparators of a sorting network for as many values as there are times, shape (n, 2).
        out: Whole, shape (band, y, x); 0 where no observation counts.
        count: Whole, shape (y, x): observations that count.
        contributed: Shape (time,): set to True where an observation counts in any pixel.
    """
    bands, times, *shape = stack.shape
    _check(out.shape == (bands, *shape) and count.shape == tuple(shape), "planes of different shapes")
    _check(0 < times == len(contributed), "another number of times")
    _check(network.shape[1:] == (2,) and bool(((network >= 0) & (network < times)).all()), "another network")
    short = _lib.joint_median(
        _whole(stack, np.uint16),
        bands,
        times,
        count.size,
        _whole(network, np.int64),
        len(network),
        _whole(out, np.uint16),
        _whole(count, np.uint16),
        _whole(contributed, np.bool_),
    )
    if short:
        raise MemoryError


def interleave_differences(tile: Samples, out: Samples) -> None:
    """Each sample less its left neighbour, samples of a pixel side by side (TIFF predictor 2).

    Args:
        tile: Whole, shape (band, y, x), uint8 or uint16; differences wrap around.
        out: Whole, shape (y, x, band), of the same type.
    """
    bands, rows, columns = tile.shape
    _check(out.shape == (rows, columns, bands) and columns > 0, "an output of another shape")
    interleave = _lib.interleave_differences_16 if tile.dtype == np.uint16 else _lib.interleave_differences_8
    interleave(_whole(tile), bands, rows, columns, _whole(out, tile.dtype))


def interleave_differences_of_bytes(tile: npt.NDArray[np.float32], out: UInt8s) -> None:
    """The bytes of the floats of a row in planes, each less its left neighbour (TIFF predictor 3).

    Args:
        tile: Whole, shape (band, y, x).
        out: Whole, shape (y, 4 x band).
    """
    bands, rows, columns = tile.shape
    _check(out.shape == (rows, 4 * columns * bands) and columns > 0, "an output of another shape")
    pixels = _whole(tile, np.float32)
    _lib.interleave_differences_of_bytes(pixels, bands, rows, columns, _whole(out, np.uint8))


def deflate(data: Samples) -> UInt8s:
    """A zlib stream for data that hardly repeats: it shortens frequent bytes, and runs of one byte.

    The same data always gives the same stream.

    Args:
        data: Whole, at least one value.
    """
    _check(data.size > 0, "nothing to compress")
    out = np.empty(_lib.deflate_bound(data.nbytes), np.uint8)
    size = _lib.deflate(_ffi.from_buffer("uint8_t[]", data), data.nbytes, _whole(out))
    if not size:
        raise MemoryError
    return out[:size]


def average_half(tile: Samples, out: Samples) -> None:
    """Mean of those of four pixels that are above 0, rounded half to even; 0 where none is.

    Of floats it is the mean of those that are numbers, in single precision; NaN where none is.

    Args:
        tile: Whole, shape (band, 2 y, 2 x), uint8, uint16 or float32.
        out: Whole, shape (band, y, x), of the same type.
    """
    bands, rows, columns = out.shape
    _check(tile.shape == (bands, 2 * rows, 2 * columns), "an output of another shape")
    average = _AVERAGES[tile.dtype]
    average(_whole(tile), bands, rows, columns, _whole(out, tile.dtype))


def sums(values: UInt16s) -> tuple[int, int, int, int, int]:
    """Count, minimum, maximum, sum and sum of squares of what isn't 0; minimum 65536 where all is.

    Args:
        values: Whole, any shape.
    """
    out = np.empty(5, np.int64)
    _lib.sums(_whole(values, np.uint16), values.size, _whole(out))
    count, minimum, maximum, total, squares = map(int, out)
    return count, minimum, maximum, total, squares


def look_up(values: Samples, table: UInt8s | Mask, out: UInt8s | Mask) -> None:
    """The entry of a table for each value.

    Args:
        values: Whole, any shape, uint8 or uint16.
        table: Whole, uint8 or bool, an entry for every value there can be.
        out: Whole, shape of the values, type of the table.
    """
    entries = 2 ** (8 * values.itemsize)
    _check(table.shape == (entries,) and out.shape == values.shape, "a table or output of another shape")
    _check(table.itemsize == 1, f"a table of {table.dtype}")
    find = _lib.look_up_16 if values.dtype == np.uint16 else _lib.look_up_8
    find(_whole(values), values.size, _whole(table), _whole(out, table.dtype))


def _check(fits: bool, what: str) -> None:  # noqa: FBT001 - a condition
    if not fits:
        raise ValueError(f"a kernel was given {what}")


def _check_part(tile: Samples, first_row: int, first_column: int, shape: tuple[int, ...]) -> None:
    inside = first_row >= 0 and first_column >= 0 and tile.ndim == len(shape) == 2
    inside = inside and first_row + shape[0] <= tile.shape[0] and first_column + shape[1] <= tile.shape[1]
    _check(inside, "a part that reaches beyond its tile")


def _indexed(mask: Mask, rows: Int64s, columns: Int64s) -> tuple[Any, ...]:
    _check(mask.ndim == 2, "a mask that is no plane")
    indices = _whole(rows, np.int64), len(rows), _whole(columns, np.int64), len(columns)
    return _whole(mask, np.bool_), *mask.shape, *indices


def _plane(array: Samples, dtype: npt.DTypeLike | None = None) -> tuple[Any, int]:
    """Pointer and stride in pixels."""
    row, pixel = array.strides
    fits = pixel == array.itemsize and row % array.itemsize == 0
    _check(fits or not array.size, "rows whose pixels lie apart")
    return _pointer(array[0], dtype) if array.size else _ffi.NULL, row // array.itemsize


def _whole(array: npt.NDArray[Any], dtype: npt.DTypeLike | None = None) -> Any:  # noqa: ANN401 - a pointer
    _check(array.flags.c_contiguous, "an array that is not contiguous")
    return _pointer(array, dtype)


def _pointer(array: npt.NDArray[Any], dtype: npt.DTypeLike | None) -> Any:  # noqa: ANN401 - a pointer
    if dtype is not None and array.dtype != dtype:  # no _check: the name of a type takes long to make
        raise ValueError(f"a kernel was given {array.dtype} pixels")
    # three times as fast as asking the array for its address
    return _ffi.from_buffer(_TYPES[array.dtype], array)
