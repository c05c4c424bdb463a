"""How pixels of a source fall onto pixels of the output. Pure geometry and kernels.

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
from dataclasses import dataclass
from functools import lru_cache

import numba
import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from cloudless_mosaic.scenes import SourceGrid

Floats = npt.NDArray[np.float64]

_SNAP = 1e-6
"""Share of a pixel by which two grids may differ and still count as one."""

_NOISE = 2e-9
"""Share of a pixel below which an overlap comes of rounding, since places are rounded to 9 decimals."""

_TIE = 1024.0
"""Parts of a digital number that means are rounded to before they are rounded to whole numbers, so that a tie
is a tie whatever the rounding noise of the weights, which depends on where a block begins."""

_SCALE = 0.01
"""Share by which an overview may be coarser than it should; the scale of UTM zones differs by less."""


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels of a grid."""

    row: int
    """First row."""
    column: int
    """First column."""
    shape: tuple[int, int]
    """Rows, columns."""

    @property
    def slices(self) -> tuple[slice, slice]:
        """For indexing an array of the whole grid."""
        return (
            slice(self.row, self.row + self.shape[0]),
            slice(self.column, self.column + self.shape[1]),
        )

    def grown(self, margin: int, limit: tuple[int, int]) -> Window:
        """The window with ``margin`` more pixels on every side, inside a grid of shape ``limit``."""
        row, column = max(0, self.row - margin), max(0, self.column - margin)
        end_row = min(limit[0], self.row + self.shape[0] + margin)
        end_column = min(limit[1], self.column + self.shape[1] + margin)
        return Window(row, column, (end_row - row, end_column - column))


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the pixels of a block lie in one source grid."""

    window: Window
    """The part of the source grid that the block needs; never empty."""
    x: Floats
    """Column of each output pixel's centre, counted from the left edge of the window; shape (columns,) where
    both grids share axes, else (rows, columns)."""
    y: Floats
    """Row of each output pixel's centre, likewise; shape (rows,) or (rows, columns)."""
    half: tuple[float, float]
    """Half of the width and of the height of an output pixel, in source pixels."""

    @property
    def separable(self) -> bool:
        """True where both grids share the direction of their axes."""
        return self.x.ndim == 1

    @property
    def copied(self) -> tuple[slice, slice] | None:
        """Rows and columns of the block on which the window's pixels fall one to one.

        ``None`` where the two grids differ, so that pixels have to be resampled.
        """
        if not self.separable or self.half != (0.5, 0.5):
            return None
        row, column = 0.5 - self.y[0], 0.5 - self.x[0]
        if max(abs(row - round(row)), abs(column - round(column))) > _SNAP:
            return None
        height, width = self.window.shape
        return slice(round(row), round(row) + height), slice(round(column), round(column) + width)


def place(geobox: GeoBox, grid: SourceGrid) -> Placement | None:
    """Lays a block over a source grid; ``None`` where they don't meet."""
    affine, (rows, columns) = geobox.affine, geobox.shape
    xs = affine.c + affine.a * np.arange(0.5, columns)
    ys = affine.f + affine.e * np.arange(0.5, rows)
    if str(geobox.crs) != grid.crs:
        forward = Transformer.from_crs(str(geobox.crs), grid.crs, always_xy=True).transform
        xs, ys = forward(*np.meshgrid(xs, ys))
    (left, top), (width, height) = grid.origin, _pixel(grid)
    x, y = _snap((xs - left) / width), _snap((top - ys) / height)
    edge_x, edge_y = pixel_size(geobox, grid)
    half = round(edge_x / width / 2, 9), round(edge_y / height / 2, 9)
    window = _window(x, y, half, grid.shape) if math.isfinite(sum(half)) else None
    if window is None:
        return None
    return Placement(window, _snap(x - window.column), _snap(y - window.row), half)


def pixel_size(geobox: GeoBox, grid: SourceGrid) -> tuple[float, float]:
    """Width and height of an output pixel, in units of the source's CRS and along its axes.

    Between two CRSs they are those in the middle of the source, so that they are the same for every block;
    not finite where the middle of the source can't be projected.
    """
    width, height, crs = abs(geobox.affine.a), abs(geobox.affine.e), str(geobox.crs)
    return (width, height) if crs == grid.crs else _size_between(width, height, crs, grid)


@lru_cache(maxsize=1024)
def _size_between(width: float, height: float, crs: str, grid: SourceGrid) -> tuple[float, float]:
    """As ``pixel_size``, for pixels of another CRS; the same for all blocks and for most scenes."""
    left, bottom, right, top = grid.bounds
    x, y = Transformer.from_crs(grid.crs, crs, always_xy=True).transform(
        (left + right) / 2, (bottom + top) / 2
    )
    steps = np.array([(-width, 0.0), (width, 0.0), (0.0, -height), (0.0, height)]) / 2
    ends = Transformer.from_crs(crs, grid.crs, always_xy=True).transform(x + steps[:, 0], y + steps[:, 1])
    with np.errstate(invalid="ignore"):
        along, across = np.diff(np.column_stack(ends).reshape(2, 2, 2), axis=1)[:, 0]
    return float(np.hypot(along[0], across[0])), float(np.hypot(along[1], across[1]))


def _pixel(grid: SourceGrid) -> tuple[float, float]:
    """Width and height of a pixel."""
    return grid.transform[0], -grid.transform[4]


def _window(x: Floats, y: Floats, half: tuple[float, float], shape: tuple[int, int]) -> Window | None:
    """The source pixels that any of the squares around (x, y) touches; points at infinity touch none."""
    inside_x, inside_y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not inside_x.size or not inside_y.size:
        return None
    column = max(0, math.floor(inside_x.min() - half[0] + _NOISE))
    row = max(0, math.floor(inside_y.min() - half[1] + _NOISE))
    end_column = min(shape[1], math.ceil(inside_x.max() + half[0] - _NOISE))
    end_row = min(shape[0], math.ceil(inside_y.max() + half[1] - _NOISE))
    if end_column <= column or end_row <= row:
        return None
    return Window(row, column, (end_row - row, end_column - column))


def _snap(values: Floats) -> Floats:
    """Takes rounding noise out of separable axes, so that nested grids nest exactly."""
    return np.round(values, 9) if values.ndim == 1 else values


def read_level(levels: tuple[SourceGrid, ...], geobox: GeoBox, *, exact: bool) -> int:
    """The coarsest level that is at least twice finer than the output, or the native one.

    Args:
        levels: Native grid and overviews of a raster.
        geobox: Any part of the output grid.
        exact: True to stay with the native level.
    """
    if exact:
        return 0
    edge = min(pixel_size(geobox, levels[0]))
    fine = [i for i, level in enumerate(levels) if 2 * level.resolution <= edge * (1 + _SCALE)]
    return fine[-1] if fine else 0


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
    (x, y), (width, height) = grid.origin, _pixel(grid)
    (scl_x, scl_y), (scl_width, scl_height) = scl.origin, _pixel(scl)
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
