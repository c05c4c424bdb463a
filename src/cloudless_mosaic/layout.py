"""Where the rasters of a task's granules lie under its block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.masking import dilation_margin
from cloudless_mosaic.placement import Placement, Window, place, read_level
from cloudless_mosaic.plan import BlockTask, GranuleSource, MaskPolicy
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, Target, WindowRead
from cloudless_mosaic.redaction import redact
from cloudless_mosaic.sampling import clear_on
from cloudless_mosaic.scenes import SourceGrid, SourceRaster

Clear = npt.NDArray[np.bool_]

Placed = Callable[[SourceGrid], Placement | None]
"""Lays a grid under the block of a task."""

_MOST_PIXELS = 10980
"""Pixels along an edge of the largest raster of the product, at 10 m."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A raster of a granule as one block sees it."""

    href: str
    """Unsigned address or path."""
    level: int
    """The level to read: 0 is native."""
    grid: SourceGrid
    """Grid of that level."""
    placement: Placement
    """Where the pixels of the block lie in the grid."""

    def read(self, window: Window | None = None, target: Target | None = None) -> WindowRead:
        """A read of a window of the layer; by default of all that the block needs.

        Blocks follow the tiles of rasters on the output's own grid, so only other reads share tiles.
        """
        shared = window is not None or self.placement.copied is None
        window = window or self.placement.window
        return WindowRead(self.href, self.level, window.row, window.column, window.shape, target, shared)


@dataclass(slots=True)
class Granule:
    """A granule on its way into the stack."""

    source: GranuleSource
    """What to read."""
    observation: int
    """Place of its observation in the stack."""
    bands: list[Layer] = field(default_factory=list)
    """One layer per band of the task."""
    scl: Layer | None = None
    """Scene classification; ``None`` without a mask."""
    mask_window: Window | None = None
    """Part of the scene classification that tells the clear pixels of all bands; ``None`` without a mask."""
    clear: Clear | None = None
    """Clear pixels, of the shape of ``mask_window``."""
    wanted: Clear | None = None
    """Pixels of the block that this granule may fill; ``None`` is all."""
    error: SourceError | None = None
    """Why the granule is lost."""
    _clear_on_grids: dict[tuple[SourceGrid, Window], Clear] = field(default_factory=dict)

    def clear_under(self, layer: Layer) -> Clear:
        """Clear samples of a band, of the shape of its window; without a mask all are."""
        key = layer.grid, layer.placement.window
        if key not in self._clear_on_grids:
            self._clear_on_grids[key] = (
                np.ones(layer.placement.window.shape, np.bool_)
                if self.clear is None or self.scl is None or self.mask_window is None
                else clear_on(self.clear, self.scl.grid, self.mask_window, *key)
            )
        return self._clear_on_grids[key]


def lay_out(task: BlockTask, reader: RasterReader) -> list[Granule]:
    """Places every granule that meets the block, by the headers of its files.

    A granule whose headers can't be read is among them too, with its error.
    """
    sources = [(i, source) for i, one in enumerate(task.observations) for source in one.granules]
    reader.prepare(task.hrefs)
    # rasters share few grids, and to place a block in another CRS takes long
    placed = cache(partial(place, task.geobox))
    granules = []
    for observation, source in sources:
        granule = Granule(source, observation)
        try:
            meets = _place_rasters(granule, task, reader, placed)
        except SourceError as error:
            granule.error = error
            meets = True
        if meets:
            granules.append(granule)
    return granules


def _place_rasters(granule: Granule, task: BlockTask, reader: RasterReader, placed: Placed) -> bool:
    for raster in granule.source.bands:
        layer = _layer(raster, np.uint16, task, reader, placed, exact=task.exact)
        if layer is None:
            return False
        granule.bands.append(layer)
    if granule.source.scl is not None:
        granule.scl = _layer(granule.source.scl, np.uint8, task, reader, placed, exact=True)
        if granule.scl is None:
            return False
        granule.mask_window = _mask_window(granule.scl, granule.bands, task.mask)
    return True


def _layer(
    raster: SourceRaster,
    dtype: npt.DTypeLike,
    task: BlockTask,
    reader: RasterReader,
    placed: Placed,
    *,
    exact: bool,
) -> Layer | None:
    levels = _checked(reader.header(raster.href), raster.href, np.dtype(dtype)).levels
    level = read_level(levels, task.geobox, exact=exact)
    placement = placed(levels[level])
    return None if placement is None else Layer(raster.href, level, levels[level], placement)


def _checked(header: RasterHeader, href: str, dtype: np.dtype[Any]) -> RasterHeader:
    """A header that the rasters of the product can have; a few bytes of another may declare any size."""
    rows, columns = header.levels[0].shape
    if max(rows, columns) > _MOST_PIXELS:
        raise SourceError(f"{redact(href)} has {columns} x {rows} pixels, more than a granule; leave it out")
    if header.dtype != dtype:
        raise SourceError(f"{redact(href)} holds {header.dtype} pixels instead of {dtype}; leave it out")
    return header


def _mask_window(scl: Layer, bands: list[Layer], mask: MaskPolicy) -> Window:
    """The classified pixels under all bands of a granule, with a margin for the dilation."""
    bounds = np.array([_window_bounds(layer) for layer in (scl, *bands)])
    (left, top), (right, bottom) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
    x, y = scl.grid.origin
    width, height = scl.grid.transform[0], -scl.grid.transform[4]
    column, end_column = floor((left - x) / width), ceil((right - x) / width)
    row, end_row = floor((top + y) / height), ceil((bottom + y) / height)
    window = Window(row, column, (end_row - row, end_column - column))
    return window.grown(dilation_margin(mask.dilation, scl.grid.resolution), scl.grid.shape)


def _window_bounds(layer: Layer) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a layer's window; y counts downwards from the CRS's own origin."""
    (x, y), window = layer.grid.origin, layer.placement.window
    width, height = layer.grid.transform[0], -layer.grid.transform[4]
    left, top = x + window.column * width, window.row * height - y
    return left, top, left + window.shape[1] * width, top + window.shape[0] * height
