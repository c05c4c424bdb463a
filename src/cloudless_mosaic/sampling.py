"""From pixels of a source to pixels of the output: masks and means. Pure kernels.

One law for every case: an output pixel is the mean of the clear source samples under it, weighted by the area
that each covers. It follows that

- on the same grid a pixel is copied,
- where output pixels are whole multiples of source pixels, the mean is that of the clear ones among them,
- where source pixels are whole multiples of output pixels, each is repeated,
- on a shifted grid of the same resolution the weights are those of bilinear interpolation.

Between UTM zones pixels are turned by a few degrees; the square under a pixel is then taken along the axes of
the source.
"""

from __future__ import annotations

import math

import numba
import numpy as np
import numpy.typing as npt

from cloudless_mosaic.placement import Floats, Placement, Window
from cloudless_mosaic.scenes import SourceGrid

_SNAP = 1e-6
"""Share of a pixel by which two grids may differ and still count as one."""

_TIE = 1024.0
"""Parts of a digital number that means are rounded to before they are rounded to whole numbers, so that a tie
is a tie whatever the rounding noise of the weights, which depends on where a block begins."""


def clear_on(
    clear: npt.NDArray[np.bool_], scl: SourceGrid, scl_window: Window, grid: SourceGrid, window: Window
) -> npt.NDArray[np.bool_]:
    """Carries a mask from the grid of the scene classification to that of a band of the same granule.

    A sample of the band is clear when every classified pixel that it covers is.

    Args:
        clear: True where clear, of the shape of ``scl_window``.
        scl: Grid of the scene classification.
        scl_window: The part of it that ``clear`` is.
        grid: Grid of the band, in the same CRS.
        window: The part of it that is wanted.

    Returns:
        True where clear, of the shape of ``window``; False outside of ``scl_window``.
    """
    (x, y), (width, height) = grid.origin, grid.pixel
    (scl_x, scl_y), (scl_width, scl_height) = scl.origin, scl.pixel
    rows = _covered(-y, height, window.row, window.shape[0], -scl_y, scl_height)
    columns = _covered(x, width, window.column, window.shape[1], scl_x, scl_width)
    if (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all():
        first_rows, first_columns = rows[:, 0] - scl_window.row, columns[:, 0] - scl_window.column
        return _take(clear, first_rows, first_columns)
    return _all_in(clear, rows - scl_window.row, columns - scl_window.column)


def _covered(
    start: float, step: float, first: int, size: int, other_start: float, other_step: float
) -> npt.NDArray[np.int64]:
    """First and one past the last pixel of another axis under each pixel of this one, shape (size, 2)."""
    edges = (start + step * (first + np.arange(size + 1)) - other_start) / other_step
    return np.column_stack([np.floor(edges[:-1] + _SNAP), np.ceil(edges[1:] - _SNAP)]).astype(np.int64)


@numba.njit(cache=True, nogil=True)
def _take(
    clear: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:  # pragma: no cover - compiled
    out = np.zeros((len(rows), len(columns)), np.bool_)
    for i in range(len(rows)):
        if 0 <= rows[i] < clear.shape[0]:
            source, target = clear[rows[i]], out[i]
            for j in range(len(columns)):
                if 0 <= columns[j] < clear.shape[1]:
                    target[j] = source[columns[j]]
    return out


@numba.njit(cache=True, nogil=True)
def _all_in(
    clear: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:  # pragma: no cover - compiled
    out = np.zeros((len(rows), len(columns)), np.bool_)
    for i in range(len(rows)):
        if rows[i, 0] < 0 or rows[i, 1] > clear.shape[0]:
            continue
        for j in range(len(columns)):
            if columns[j, 0] < 0 or columns[j, 1] > clear.shape[1]:
                continue
            every = True
            for row in range(rows[i, 0], rows[i, 1]):
                for column in range(columns[j, 0], columns[j, 1]):
                    every &= clear[row, column]
            out[i, j] = every
    return out


def at_centres(clear: npt.NDArray[np.bool_], placement: Placement) -> npt.NDArray[np.bool_]:
    """The value of a mask under the centre of each output pixel; False outside of it.

    Args:
        clear: Shape of ``placement.window``.
        placement: Where the output pixels lie.

    Returns:
        Shape (rows, columns) of the block.
    """
    rows, columns = np.floor(placement.y), np.floor(placement.x)
    if placement.separable:
        return _take(clear, rows.astype(np.int64), columns.astype(np.int64))
    inside = (rows >= 0) & (rows < clear.shape[0]) & (columns >= 0) & (columns < clear.shape[1])
    out = np.zeros(rows.shape, np.bool_)
    out[inside] = clear[rows[inside].astype(np.int64), columns[inside].astype(np.int64)]
    return out


def resample(samples: npt.NDArray[np.uint16], placement: Placement) -> npt.NDArray[np.uint16]:
    """Averages source samples onto the output pixels.

    Args:
        samples: Shape of ``placement.window``; 0 is "not clear" and has no weight.
        placement: Where the output pixels lie.

    Returns:
        Shape (rows, columns) of the block; means rounded half to even, 0 where no clear sample is.
    """
    if placement.copied:
        out = np.zeros((len(placement.y), len(placement.x)), np.uint16)
        out[placement.copied] = samples
        return out
    if placement.separable:
        return _mean_separable(samples, placement.x, placement.y, placement.half)
    return _mean(samples, placement.x, placement.y, placement.half)


@numba.njit(cache=True, nogil=True)
def _mean_at(
    samples: npt.NDArray[np.uint16], x: float, y: float, half: tuple[float, float]
) -> np.uint16:  # pragma: no cover - compiled
    """Mean of the samples in the rectangle around (x, y), weighted by area."""
    rows, columns = samples.shape
    left, right, top, bottom = x - half[0], x + half[0], y - half[1], y + half[1]
    total = weight = 0.0
    for row in range(max(math.floor(top), 0), min(math.ceil(bottom), rows)):
        height = min(row + 1.0, bottom) - max(float(row), top)
        for column in range(max(math.floor(left), 0), min(math.ceil(right), columns)):
            value = samples[row, column]
            if value:
                area = height * (min(column + 1.0, right) - max(float(column), left))
                total += area * value
                weight += area
    if weight <= _SNAP:
        return np.uint16(0)
    return np.uint16(np.rint(np.rint(total / weight * _TIE) / _TIE))


@numba.njit(cache=True, nogil=True)
def _mean_separable(
    samples: npt.NDArray[np.uint16],
    xs: Floats,
    ys: Floats,
    half: tuple[float, float],
) -> npt.NDArray[np.uint16]:  # pragma: no cover - compiled
    out = np.empty((len(ys), len(xs)), np.uint16)
    for i in range(len(ys)):
        for j in range(len(xs)):
            out[i, j] = _mean_at(samples, xs[j], ys[i], half)
    return out


@numba.njit(cache=True, nogil=True)
def _mean(
    samples: npt.NDArray[np.uint16],
    xs: Floats,
    ys: Floats,
    half: tuple[float, float],
) -> npt.NDArray[np.uint16]:  # pragma: no cover - compiled
    out = np.zeros(xs.shape, np.uint16)
    for i in range(xs.shape[0]):
        for j in range(xs.shape[1]):
            if math.isfinite(xs[i, j]) and math.isfinite(ys[i, j]):
                out[i, j] = _mean_at(samples, xs[i, j], ys[i, j], half)
    return out


def samples_under(wanted: npt.NDArray[np.bool_], placement: Placement) -> npt.NDArray[np.bool_]:
    """The source samples that any of some output pixels needs.

    Args:
        wanted: Output pixels that count, shape (rows, columns) of the block.
        placement: Where the output pixels lie.

    Returns:
        True where a sample has weight in `resample` for a wanted pixel; shape of ``placement.window``.
    """
    if placement.copied:
        return wanted[placement.copied]
    needed = np.zeros(placement.window.shape, np.bool_)
    mark = _mark_separable if placement.separable else _mark
    mark(wanted, placement.x, placement.y, placement.half, needed)
    return needed


@numba.njit(cache=True, nogil=True)
def _mark_at(
    out: npt.NDArray[np.bool_], x: float, y: float, half: tuple[float, float]
) -> None:  # pragma: no cover - compiled
    """Marks the samples in the rectangle around (x, y)."""
    rows, columns = out.shape
    for row in range(max(math.floor(y - half[1]), 0), min(math.ceil(y + half[1]), rows)):
        for column in range(max(math.floor(x - half[0]), 0), min(math.ceil(x + half[0]), columns)):
            out[row, column] = True


@numba.njit(cache=True, nogil=True)
def _mark_separable(
    wanted: npt.NDArray[np.bool_],
    xs: Floats,
    ys: Floats,
    half: tuple[float, float],
    out: npt.NDArray[np.bool_],
) -> None:  # pragma: no cover - compiled
    for i in range(len(ys)):
        for j in range(len(xs)):
            if wanted[i, j]:
                _mark_at(out, xs[j], ys[i], half)


@numba.njit(cache=True, nogil=True)
def _mark(
    wanted: npt.NDArray[np.bool_],
    xs: Floats,
    ys: Floats,
    half: tuple[float, float],
    out: npt.NDArray[np.bool_],
) -> None:  # pragma: no cover - compiled
    for i in range(xs.shape[0]):
        for j in range(xs.shape[1]):
            if wanted[i, j] and math.isfinite(xs[i, j]) and math.isfinite(ys[i, j]):
                _mark_at(out, xs[i, j], ys[i, j], half)
