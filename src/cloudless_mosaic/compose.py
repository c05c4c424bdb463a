"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.masking import clear_pixels, dilation_margin
from cloudless_mosaic.plan import BlockTask, GranuleSource, MaskPolicy
from cloudless_mosaic.radiometry import harmonise
from cloudless_mosaic.reading.protocol import RasterReader, WindowRead
from cloudless_mosaic.reducers import median
from cloudless_mosaic.results import Composite, LostObservation
from cloudless_mosaic.sampling import Placement, Window, at_centres, clear_on, place, read_level, resample
from cloudless_mosaic.scenes import SourceGrid, SourceRaster

Clear = npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Layer:
    """A raster of a granule as one block sees it."""

    href: str
    level: int
    grid: SourceGrid
    placement: Placement

    def read(self, window: Window) -> WindowRead:
        return WindowRead(self.href, self.level, window.row, window.column, window.shape)


@dataclass(slots=True)
class _Granule:
    """A granule on its way into the stack."""

    source: GranuleSource
    observation: int
    bands: list[_Layer]
    scl: _Layer | None = None
    clear: Clear | None = None
    """Clear pixels on the grid of the SCL window; ``None`` without a mask."""
    clear_window: Window | None = None
    wanted: Clear | None = None
    """Output pixels that this granule may fill; ``None`` is all."""
    pixels: npt.NDArray[np.uint16] | None = field(default=None, repr=False)
    """Shape (band, y, x) of the block, filled as bands come."""
    error: SourceError | None = None


def compose(task: BlockTask, reader: RasterReader) -> Composite:
    """Makes the composite of one block and one period.

    Scene classifications are read first; a granule that is nowhere clear in the block is not read on. An
    observation that can't be read in any of its rasters is left out as a whole and reported.

    Args:
        task: What to read and how to reduce it.
        reader: Where pixels come from.
    """
    granules, planned = _lay_out(task, reader)
    if task.mask.source == "scl":
        _read_masks(granules, task, reader)
    _read_bands(granules, task, reader)
    stack = np.zeros((len(task.bands), len(task.observations), *task.block.shape), np.uint16)
    used = frozenset(_fill(stack, granules))
    data = np.stack([median(series) for series in stack])
    return Composite(
        period=task.period,
        block=task.block,
        data=data,
        count=np.count_nonzero(stack[0], axis=0).astype(np.uint16),
        used=used,
        observations=planned,
        lost=tuple(
            LostObservation(granule.source.scene_id, task.block.index, str(granule.error))
            for granule in granules
            if granule.error
        ),
    )


def _lay_out(task: BlockTask, reader: RasterReader) -> tuple[list[_Granule], int]:
    """Places every granule under the block, by the headers of its files."""
    granules = []
    for index, observation in enumerate(task.observations):
        for source in observation.granules:
            granule = _Granule(source, index, [])
            try:
                meets = _place_rasters(granule, task, reader)
            except SourceError as error:
                granule.error = error
                meets = True
            if meets:
                granules.append(granule)
    return granules, len(granules)


def _place_rasters(granule: _Granule, task: BlockTask, reader: RasterReader) -> bool:
    if granule.source.scl is not None:
        granule.scl = _layer(granule.source.scl, task, reader, exact=True)
        if granule.scl is None:
            return False
    for raster in granule.source.bands:
        layer = _layer(raster, task, reader, exact=task.exact)
        if layer is None:
            return False
        granule.bands.append(layer)
    return True


def _layer(raster: SourceRaster, task: BlockTask, reader: RasterReader, *, exact: bool) -> _Layer | None:
    levels = reader.header(raster.href).levels
    level = read_level(levels, task.geobox.affine.a, exact=exact)
    placement = place(task.geobox, levels[level])
    return None if placement is None else _Layer(raster.href, level, levels[level], placement)


def _read_masks(granules: Sequence[_Granule], task: BlockTask, reader: RasterReader) -> None:
    """Reads the scene classifications, and decides who may fill which pixels."""
    readable = [granule for granule in granules if granule.scl and not granule.error]
    windows = [_mask_window(granule, task.mask) for granule in readable]
    reads = [
        granule.scl.read(window) for granule, window in zip(readable, windows, strict=True) if granule.scl
    ]
    has_data: dict[int, Clear] = {}
    for position, answer in reader.read_many(reads):
        granule, window = readable[position], windows[position]
        if isinstance(answer, SourceError):
            granule.error = answer
            continue
        resolution = granule.scl.grid.resolution if granule.scl else 1.0
        granule.clear = clear_pixels(answer, task.mask.clear_classes, task.mask.dilation, resolution)
        granule.clear_window = window
        if len(task.observations[granule.observation].granules) > 1 and granule.scl:
            inner = _inner(answer != 0, window, granule.scl.placement.window)
            has_data[id(granule)] = at_centres(inner, granule.scl.placement)
    _share_out(readable, has_data)


def _mask_window(granule: _Granule, mask: MaskPolicy) -> Window:
    """The classified pixels under all bands of a granule, with a margin for the dilation."""
    scl = granule.scl
    if scl is None:
        raise ValueError(granule.source.scene_id)
    left, bottom, right, top = np.inf, np.inf, -np.inf, -np.inf
    for layer in [scl, *granule.bands]:
        x, y = layer.grid.origin
        window, (width, _, _, _, height, _) = layer.placement.window, layer.grid.transform
        left, right = (
            min(left, x + window.column * width),
            max(right, x + (window.column + window.shape[1]) * width),
        )
        top, bottom = (
            max(top, y + window.row * height),
            min(bottom, y + (window.row + window.shape[0]) * height),
        )
    x, y = scl.grid.origin
    width, height = scl.grid.transform[0], scl.grid.transform[4]
    row, end_row = int(np.floor((top - y) / height)), int(np.ceil((bottom - y) / height))
    column, end_column = int(np.floor((left - x) / width)), int(np.ceil((right - x) / width))
    window = Window(row, column, (end_row - row, end_column - column))
    return window.grown(dilation_margin(mask.dilation, scl.grid.resolution), scl.grid.shape)


def _inner(clear: Clear, outer: Window, inner: Window) -> Clear:
    row, column = inner.row - outer.row, inner.column - outer.column
    return clear[row : row + inner.shape[0], column : column + inner.shape[1]]


def _share_out(granules: Sequence[_Granule], has_data: dict[int, Clear]) -> None:
    """Gives each output pixel of an observation to the first of its granules that has data there."""
    taken: dict[int, Clear] = {}
    for granule in granules:
        data = has_data.get(id(granule))
        if data is None:
            continue
        before = taken.get(granule.observation)
        granule.wanted = data if before is None else data & ~before
        taken[granule.observation] = data if before is None else data | before


def _read_bands(granules: Sequence[_Granule], task: BlockTask, reader: RasterReader) -> None:
    reads: list[WindowRead] = []
    owners: list[tuple[_Granule, int]] = []
    for granule in granules:
        if granule.error or not _worth_reading(granule):
            continue
        granule.pixels = np.zeros((len(granule.bands), *task.block.shape), np.uint16)
        for band, layer in enumerate(granule.bands):
            reads.append(layer.read(layer.placement.window))
            owners.append((granule, band))
    for position, answer in reader.read_many(reads):
        granule, band = owners[position]
        if isinstance(answer, SourceError):
            granule.error = granule.error or answer
            granule.pixels = None
        elif granule.pixels is not None:
            granule.pixels[band] = _clear_samples(answer, granule, granule.bands[band])


def _worth_reading(granule: _Granule) -> bool:
    return (granule.clear is None or bool(granule.clear.any())) and (
        granule.wanted is None or bool(granule.wanted.any())
    )


def _clear_samples(samples: npt.NDArray[Any], granule: _Granule, layer: _Layer) -> npt.NDArray[np.uint16]:
    """Harmonised, masked and resampled pixels of one band, on the block's grid."""
    values = harmonise(samples, granule.source.offset)
    if granule.clear is not None and granule.clear_window is not None and granule.scl is not None:
        clear = clear_on(
            granule.clear, granule.scl.grid, granule.clear_window, layer.grid, layer.placement.window
        )
        values = values * clear
    return resample(values, layer.placement)


def _fill(stack: npt.NDArray[np.uint16], granules: Sequence[_Granule]) -> Iterator[str]:
    """Puts granules into their observation's slot of the stack; yields the ids of those that gave a pixel."""
    for granule in granules:
        if granule.pixels is None or granule.error:
            continue
        if _put(stack, granule.pixels, granule.observation, _everywhere_or(granule.wanted, stack.shape[2:])):
            yield granule.source.scene_id


def _everywhere_or(wanted: Clear | None, shape: tuple[int, ...]) -> Clear:
    return np.ones(shape, np.bool_) if wanted is None else wanted


@numba.njit(cache=True, nogil=True)
def _put(
    stack: npt.NDArray[np.uint16], pixels: npt.NDArray[np.uint16], slot: int, wanted: Clear
) -> bool:  # pragma: no cover - compiled
    """Fills the free pixels of a slot where the granule is wanted and every band of it has a value.

    Args:
        stack: Shape (band, observation, y, x).
        pixels: Shape (band, y, x).
        slot: Observation.
        wanted: Shape (y, x).

    Returns:
        True if any pixel was filled.
    """
    bands, rows, columns = pixels.shape
    any_filled = False
    for row in range(rows):
        for column in range(columns):
            if not wanted[row, column] or stack[0, slot, row, column] != 0:
                continue
            complete = True
            for band in range(bands):
                complete &= pixels[band, row, column] != 0
            if complete:
                any_filled = True
                for band in range(bands):
                    stack[band, slot, row, column] = pixels[band, row, column]
    return any_filled
