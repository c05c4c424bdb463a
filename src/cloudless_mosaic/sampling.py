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

import numba
import numpy as np
import numpy.typing as npt
from odc.geo.geobox import GeoBox
from pyproj import Transformer

from cloudless_mosaic.scenes import SourceGrid

_SNAP = 1e-6
"""Share of a pixel by which two grids may differ and still count as one."""


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
    x: npt.NDArray[np.float64]
    """Column of each output pixel's centre, counted from the left edge of the window; shape (columns,) where
    both grids share axes, else (rows, columns)."""
    y: npt.NDArray[np.float64]
    """Row of each output pixel's centre, likewise; shape (rows,) or (rows, columns)."""
    half: tuple[float, float]
    """Half of the width and of the height of an output pixel, in source pixels."""

    @property
    def separable(self) -> bool:
        """True where both grids share the direction of their axes."""
        return self.x.ndim == 1

    @property
    def identical(self) -> bool:
        """True where output pixels are source pixels, and all of them lie inside the source grid."""
        return (
            self.separable
            and self.half == (0.5, 0.5)
            and (len(self.y), len(self.x)) == self.window.shape
            and abs(self.x[0] - 0.5) < _SNAP
            and abs(self.y[0] - 0.5) < _SNAP
        )


def place(geobox: GeoBox, grid: SourceGrid) -> Placement | None:
    """Lays a block over a source grid; ``None`` where they don't meet."""
    rows, columns = geobox.shape
    affine = geobox.affine
    xs = affine.c + affine.a * (np.arange(columns) + 0.5)
    ys = affine.f + affine.e * (np.arange(rows) + 0.5)
    edge = affine.a
    if str(geobox.crs) != grid.crs:
        xs, ys, edge = _reproject(geobox, grid, xs, ys)
    width, height = grid.transform[0], -grid.transform[4]
    left, top = grid.origin
    x, y = (xs - left) / width, (top - ys) / height
    half = round(edge / width / 2, 9), round(edge / height / 2, 9)
    window = _window(x, y, half, grid.shape)
    if window is None:
        return None
    return Placement(window, _snap(x - window.column), _snap(y - window.row), half)


def _reproject(
    geobox: GeoBox, grid: SourceGrid, xs: npt.NDArray[np.float64], ys: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Centres of all pixels in the source's CRS, and the edge of the middle one in its units."""
    forward = Transformer.from_crs(str(geobox.crs), grid.crs, always_xy=True).transform
    x, y = forward(*np.meshgrid(xs, ys))
    middle_x, middle_y = float(xs[len(xs) // 2]), float(ys[len(ys) // 2])
    step = abs(geobox.affine.a) / 2
    ends = np.array(forward([middle_x - step, middle_x + step], [middle_y, middle_y]))
    return x, y, float(np.hypot(*(ends[:, 1] - ends[:, 0])))


def _window(
    x: npt.NDArray[np.float64], y: npt.NDArray[np.float64], half: tuple[float, float], shape: tuple[int, int]
) -> Window | None:
    """The source pixels that any of the squares around (x, y) touches; points at infinity touch none."""
    inside_x, inside_y = x[np.isfinite(x)], y[np.isfinite(y)]
    if not inside_x.size or not inside_y.size:
        return None
    column = max(0, math.floor(inside_x.min() - half[0] + _SNAP))
    row = max(0, math.floor(inside_y.min() - half[1] + _SNAP))
    end_column = min(shape[1], math.ceil(inside_x.max() + half[0] - _SNAP))
    end_row = min(shape[0], math.ceil(inside_y.max() + half[1] - _SNAP))
    if end_column <= column or end_row <= row:
        return None
    return Window(row, column, (end_row - row, end_column - column))


def _snap(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Takes rounding noise out of separable axes, so that nested grids nest exactly."""
    return np.round(values, 9) if values.ndim == 1 else values


def read_level(levels: tuple[SourceGrid, ...], resolution: float, *, exact: bool) -> int:
    """The coarsest level that is at least twice finer than the output, or the native one.

    Args:
        levels: Native grid and overviews of a raster.
        resolution: Edge of an output pixel in the units of ``levels``.
        exact: True to stay with the native level.
    """
    if exact:
        return 0
    fine = [i for i, level in enumerate(levels) if 2 * level.resolution <= resolution * (1 + _SNAP)]
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
    rows = _covered(
        grid.origin[1], -grid.resolution, window.row, window.shape[0], scl.origin[1], -scl.resolution
    )
    columns = _covered(
        grid.origin[0], grid.resolution, window.column, window.shape[1], scl.origin[0], scl.resolution
    )
    if (np.diff(rows) == 1).all() and (np.diff(columns) == 1).all():
        return _take(clear, rows[:, 0] - scl_window.row, columns[:, 0] - scl_window.column)
    return _all_in(clear, rows - scl_window.row, columns - scl_window.column)


def _covered(
    start: float, step: float, first: int, size: int, other_start: float, other_step: float
) -> npt.NDArray[np.int64]:
    """First and one past the last pixel of another axis that each pixel of this one covers, shape (size, 2)."""
    edges = (start + step * (first + np.arange(size + 1)) - other_start) / other_step
    return np.column_stack([np.floor(edges[:-1] + _SNAP), np.ceil(edges[1:] - _SNAP)]).astype(np.int64)


def _take(
    clear: npt.NDArray[np.bool_], rows: npt.NDArray[np.int64], columns: npt.NDArray[np.int64]
) -> npt.NDArray[np.bool_]:
    inside_rows = (rows >= 0) & (rows < clear.shape[0])
    inside_columns = (columns >= 0) & (columns < clear.shape[1])
    out = np.zeros((len(rows), len(columns)), np.bool_)
    out[np.ix_(inside_rows, inside_columns)] = clear[np.ix_(rows[inside_rows], columns[inside_columns])]
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
    if placement.identical:
        return samples
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
    return np.uint16(np.rint(total / weight)) if weight > _SNAP else np.uint16(0)


@numba.njit(cache=True, nogil=True)
def _mean_separable(
    samples: npt.NDArray[np.uint16],
    xs: npt.NDArray[np.float64],
    ys: npt.NDArray[np.float64],
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
    xs: npt.NDArray[np.float64],
    ys: npt.NDArray[np.float64],
    half: tuple[float, float],
) -> npt.NDArray[np.uint16]:  # pragma: no cover - compiled
    out = np.zeros(xs.shape, np.uint16)
    for i in range(xs.shape[0]):
        for j in range(xs.shape[1]):
            if math.isfinite(xs[i, j]) and math.isfinite(ys[i, j]):
                out[i, j] = _mean_at(samples, xs[i, j], ys[i, j], half)
    return out
