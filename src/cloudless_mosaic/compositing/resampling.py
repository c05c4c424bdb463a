"""From pixels of a source to pixels of the output: masks and means.

One rule for every case: an output pixel is the mean of the clear source samples under it, weighted by the
area that each covers. It follows that

- on the same grid a pixel is copied,
- where output pixels are whole multiples of source pixels, the mean is that of the clear ones among them,
- where source pixels are whole multiples of output pixels, each is repeated,
- on a shifted grid of the same resolution the weights are those of bilinear interpolation.

Between UTM zones pixels are turned by a few degrees; the square under a pixel is then taken along the axes of
the source.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.pixel_mapping import PixelMapping, Window
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.geo.snapping import SNAP
from cloudless_mosaic.kernels import (
    all_in,
    apply_lut,
    mark_around_points,
    mark_separable,
    mean_at_points,
    mean_separable,
    take_nearest,
)
from cloudless_mosaic.masks.levels import CLEAR, DOUBTFUL, SNOW

_WEIGHTS = np.zeros(4, np.uint16)
_WEIGHTS[[CLEAR, SNOW, DOUBTFUL]] = 1, 100, 65535
"""Numbers for the levels, so far apart that a mean shows which are in it. What is masked has no weight."""

_LEVELS = np.full(65536, DOUBTFUL, np.uint8)
_LEVELS[:101] = SNOW
_LEVELS[:2] = DOUBTFUL, CLEAR
"""Level of each of their means."""

_UNMASKED = np.full(256, DOUBTFUL, np.uint8)
_UNMASKED[[CLEAR, SNOW]] = CLEAR, SNOW
"""What a pixel of each level is where it has data for all that."""

Layer = TypeVar("Layer", npt.NDArray[np.bool_], npt.NDArray[np.uint8])


def mask_on_grid(
    clear: npt.NDArray[np.bool_], scl: SourceGrid, scl_window: Window, grid: SourceGrid, window: Window
) -> npt.NDArray[np.bool_]:
    """Resamples a mask from the grid of the scene classification to that of a band of the same granule.

    A sample of the band is clear when every classified pixel that it covers is.

    Args:
        clear: True where clear, of the shape of ``scl_window``.
        scl: Grid of the scene classification.
        scl_window: The part of it that ``clear`` is.
        grid: Grid of the band, in the same CRS.
        window: The part of it to compute.

    Returns:
        True where clear, of the shape of ``window``; False outside of ``scl_window``.
    """
    rows, columns, single = _classified_under(scl, scl_window, grid, window)
    if single:
        return take_nearest(np.ascontiguousarray(clear), rows[:, 0].copy(), columns[:, 0].copy())
    return all_in(np.ascontiguousarray(clear), rows, columns)


@lru_cache(maxsize=64)
def _classified_under(
    scl: SourceGrid, scl_window: Window, grid: SourceGrid, window: Window
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], bool]:
    """Classified rows and columns under those of a band, first and one past the last; True if one under each.

    The same for all dates.
    """
    (x, y), (width, height) = grid.origin, grid.pixel
    (scl_x, scl_y), (scl_width, scl_height) = scl.origin, scl.pixel
    rows = _covered(-y, height, window.row, window.shape[0], -scl_y, scl_height)
    columns = _covered(x, width, window.column, window.shape[1], scl_x, scl_width)
    single = bool((np.diff(rows) == 1).all() and (np.diff(columns) == 1).all())
    return rows - scl_window.row, columns - scl_window.column, single


def _covered(
    start: float, step: float, first: int, size: int, other_start: float, other_step: float
) -> npt.NDArray[np.int64]:
    """First and one past the last pixel of another axis under each pixel of this one, shape (size, 2)."""
    edges = (start + step * (first + np.arange(size + 1)) - other_start) / other_step
    return np.column_stack([np.floor(edges[:-1] + SNAP), np.ceil(edges[1:] - SNAP)]).astype(np.int64)


def mask_at_centres(clear: Layer, mapping: PixelMapping, out: Layer | None = None) -> Layer:
    """The value of a mask, or of levels, under the centre of each output pixel; 0 outside of it.

    Args:
        clear: Shape of ``mapping.window``, bool or uint8.
        mapping: Where the output pixels lie.
        out: Where they go, C-contiguous; ``None`` for a new array.

    Returns:
        Shape (rows, columns) of the block.
    """
    rows, columns = np.floor(mapping.y), np.floor(mapping.x)
    if mapping.separable:
        places = rows.astype(np.int64), columns.astype(np.int64)
        return take_nearest(np.ascontiguousarray(clear), *places, out)
    inside = (rows >= 0) & (rows < clear.shape[0]) & (columns >= 0) & (columns < clear.shape[1])
    if out is None:
        out = np.empty(rows.shape, clear.dtype)
    out[:] = 0
    out[inside] = clear[rows[inside].astype(np.int64), columns[inside].astype(np.int64)]
    return out


def levels_on_block(levels: npt.NDArray[np.uint8], mapping: PixelMapping, out: npt.NDArray[np.uint8]) -> None:
    """Finds the levels of a scene's pixels under each output pixel.

    Where an output pixel covers several classified pixels, or parts of some, it is doubtful if one of those
    that are not masked is, and otherwise snow if one of them is; less than one percent of its area does not
    count.

    Args:
        levels: On the grid of the scene classification, shape of ``mapping.window``.
        mapping: Where the output pixels lie.
        out: Where they go, C-contiguous, shape (rows, columns) of the block; doubtful where all are masked,
            anything beside the classification.
    """
    if mapping.copied or _in_single_samples(mapping, levels.shape):
        unmasked = np.empty(levels.shape, np.uint8)
        apply_lut(np.ascontiguousarray(levels), _UNMASKED, unmasked)
        mask_at_centres(unmasked, mapping, out)
    else:
        apply_lut(resample(_WEIGHTS[levels], mapping), _LEVELS, out)


def count_at_centres(mask: npt.NDArray[np.bool_], mapping: PixelMapping) -> int:
    """Output pixels under whose centres a mask is True.

    Args:
        mask: Shape of ``mapping.window``.
        mapping: Where the output pixels lie.
    """
    if not mapping.separable:
        return int(np.count_nonzero(mask_at_centres(mask, mapping)))
    rows, columns = (
        _pixels_in(centres, size) for centres, size in zip((mapping.y, mapping.x), mask.shape, strict=True)
    )
    # sums of a row are whole numbers that 32 bits hold
    return round(float(rows @ (mask.astype(np.float32) @ columns.astype(np.float32)).astype(np.float64)))


def _pixels_in(centres: npt.NDArray[np.float64], size: int) -> npt.NDArray[np.float64]:
    """Output pixels in each sample along an axis."""
    places = np.floor(centres).astype(np.int64)
    inside = places[(places >= 0) & (places < size)]
    return np.bincount(inside, minlength=size).astype(np.float64)


def _in_single_samples(mapping: PixelMapping, shape: tuple[int, ...]) -> bool:
    """True where every output pixel lies in a single sample."""
    return (
        mapping.separable
        and _only_sample(mapping.y, mapping.half[1], shape[0]) is not None
        and _only_sample(mapping.x, mapping.half[0], shape[1]) is not None
    )


def resample(samples: npt.NDArray[np.uint16], mapping: PixelMapping) -> npt.NDArray[np.uint16]:
    """Averages source samples onto the output pixels.

    Args:
        samples: Shape of ``mapping.window``; 0 is "not clear" and has no weight.
        mapping: Where the output pixels lie.

    Returns:
        Shape (rows, columns) of the block; means rounded half to even, 0 where no clear sample is.
    """
    if mapping.copied:
        out = np.zeros((len(mapping.y), len(mapping.x)), np.uint16)
        out[mapping.copied] = samples
        return out
    if mapping.separable:
        rows = _only_sample(mapping.y, mapping.half[1], samples.shape[0])
        columns = _only_sample(mapping.x, mapping.half[0], samples.shape[1])
        if rows is not None and columns is not None:
            # the mean of a single sample is the sample: a few times quicker than weighing it
            return np.asarray(samples.take(columns, axis=1).take(rows, axis=0))
    samples = np.ascontiguousarray(samples)
    if mapping.separable:
        return mean_separable(samples, mapping.x, mapping.y, mapping.half)
    return mean_at_points(samples, mapping.x, mapping.y, mapping.half)


def _only_sample(centres: npt.NDArray[np.float64], half: float, size: int) -> npt.NDArray[np.int64] | None:
    """The sample that each output pixel lies in along an axis; ``None`` if one isn't in a single sample."""
    first, last = np.floor(centres - half + SNAP), np.ceil(centres + half - SNAP) - 1
    if (first != last).any() or first.min() < 0 or last.max() >= size:
        return None
    return first.astype(np.int64)


def needed_samples(wanted: npt.NDArray[np.bool_], mapping: PixelMapping) -> npt.NDArray[np.bool_]:
    """The source samples that some output pixels need.

    Args:
        wanted: Output pixels that count, shape (rows, columns) of the block.
        mapping: Where the output pixels lie.

    Returns:
        True where a sample has weight in `resample` for a wanted pixel; shape of ``mapping.window``.
    """
    if mapping.copied:
        return wanted[mapping.copied]
    needed = np.zeros(mapping.window.shape, np.bool_)
    mark = mark_separable if mapping.separable else mark_around_points
    mark(np.ascontiguousarray(wanted), mapping.x, mapping.y, mapping.half, needed)
    return needed
