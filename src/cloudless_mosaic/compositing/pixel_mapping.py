"""Where the pixels of a block lie in the grid of a source. Pure geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import transformer
from cloudless_mosaic.geo.snapping import SNAP

Floats = npt.NDArray[np.float64]

_NOISE = 2e-9
"""Share of a pixel below which an overlap is due to rounding: positions are rounded to 9 decimals."""

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

    def part(self, inner: Window) -> tuple[slice, slice]:
        """For indexing an array of this window: the part that another window inside it is."""
        return Window(inner.row - self.row, inner.column - self.column, inner.shape).slices

    def grown(self, margin: int, limit: tuple[int, int]) -> Window:
        """The window with ``margin`` more pixels on every side, inside a grid of shape ``limit``."""
        row, column = max(0, self.row - margin), max(0, self.column - margin)
        end_row = min(limit[0], self.row + self.shape[0] + margin)
        end_column = min(limit[1], self.column + self.shape[1] + margin)
        return Window(row, column, (end_row - row, end_column - column))


@dataclass(frozen=True, slots=True)
class PixelMapping:
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

    def _one_to_one(self) -> tuple[slice, slice] | None:
        if not self.separable or self.half != (0.5, 0.5):
            return None
        row, column = 0.5 - self.y[0], 0.5 - self.x[0]
        if max(abs(row - round(row)), abs(column - round(column))) > SNAP:
            return None
        height, width = self.window.shape
        return slice(round(row), round(row) + height), slice(round(column), round(column) + width)

    copied: tuple[slice, slice] | None = field(init=False)
    """Rows and columns of the block on which the window's pixels fall one to one.

    ``None`` where the two grids differ, and pixels have to be resampled.
    """

    def __post_init__(self) -> None:
        object.__setattr__(self, "copied", self._one_to_one())  # needed for every read


def map_pixels(geobox: GeoBox, grid: SourceGrid) -> PixelMapping | None:
    """Maps the pixels of a block to a source grid.

    Args:
        geobox: Grid of the block.
        grid: Grid of the source, in any CRS.

    Returns:
        ``None`` where the two don't meet.
    """
    affine, (rows, columns) = geobox.affine, geobox.shape
    xs = affine.c + affine.a * np.arange(0.5, columns)
    ys = affine.f + affine.e * np.arange(0.5, rows)
    if str(geobox.crs) != grid.crs:
        forward = transformer(str(geobox.crs), grid.crs).transform
        xs, ys = forward(*np.meshgrid(xs, ys))
    (left, top), (width, height) = grid.origin, grid.pixel
    x, y = _snap((xs - left) / width), _snap((top - ys) / height)
    edge_x, edge_y = pixel_size(geobox, grid)
    half = round(edge_x / width / 2, 9), round(edge_y / height / 2, 9)
    window = _window(x, y, half, grid.shape) if math.isfinite(sum(half)) else None
    if window is None:
        return None
    return PixelMapping(window, _snap(x - window.column), _snap(y - window.row), half)


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
    x, y = transformer(grid.crs, crs).transform((left + right) / 2, (bottom + top) / 2)
    steps = np.array([(-width, 0.0), (width, 0.0), (0.0, -height), (0.0, height)]) / 2
    ends = transformer(crs, grid.crs).transform(x + steps[:, 0], y + steps[:, 1])
    with np.errstate(invalid="ignore"):
        along, across = np.diff(np.column_stack(ends).reshape(2, 2, 2), axis=1)[:, 0]
    return float(np.hypot(along[0], across[0])), float(np.hypot(along[1], across[1]))


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
    """Rounds the positions of separable axes, so that nested grids nest exactly."""
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
