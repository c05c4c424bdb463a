"""Where the rasters of a task's granules lie under its block."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, partial
from math import ceil, floor
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.masks.scl import dilation_margin
from cloudless_mosaic.compositing.packed_mask import PackedMask
from cloudless_mosaic.compositing.pixel_mapping import PixelMapping, Window, map_pixels, read_level
from cloudless_mosaic.compositing.plausibility import Classified, PixelStatistics, reason_for_rejection
from cloudless_mosaic.compositing.resampling import mask_on_grid, needed_samples
from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.domain.results import SceneNote
from cloudless_mosaic.domain.scenes import SourceGrid, SourceRaster
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.geo.projection import same_crs
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.planning.tasks import BlockTask, GranuleSource, MaskPolicy
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, Target, WindowRead

Clear = npt.NDArray[np.bool_]

Placed = Callable[[SourceGrid], PixelMapping | None]
"""Lays a grid under the block of a task."""

_SCL = "SCL"

_MOST_PIXELS = 10980
"""Pixels along an edge of the largest raster of the product, at 10 m."""

_GRANULE_WIDTH = 109_800.0
"""Metres along an edge of a granule."""

_PLACE_TOLERANCE = 1e-3
"""Share of a pixel by which an item may place a file elsewhere than the file does itself."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A raster of a granule as one block sees it."""

    name: str
    """Sentinel-2 name of the band, or ``SCL``."""
    href: str
    """Unsigned address or path."""
    level: int
    """The level to read: 0 is native."""
    grid: SourceGrid
    """Grid of that level."""
    mapping: PixelMapping
    """Where the pixels of the block lie in the grid."""
    alone: bool
    """True where no other block reads it."""

    def read(self, window: Window | None = None, target: Target | None = None) -> WindowRead:
        """A read of a window of the layer; by default of all that the block needs.

        Blocks follow the tiles of rasters on the output's own grid, so only other reads share tiles.
        """
        shared = not self.alone and (window is not None or self.mapping.copied is None)
        window = window or self.mapping.window
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
    codes: npt.NDArray[np.uint8] | None = None
    """Classes of ``mask_window`` as they were read."""
    clear: Clear | None = None
    """Clear pixels, of the shape of ``mask_window``."""
    wanted: PackedMask | None = None
    """Pixels of the block that this granule may fill; ``None`` is all."""
    error: SourceError | None = None
    """Why the granule is lost."""
    statistics: PixelStatistics | None = None
    """What samples of its pixels show, once some are read."""
    contradictions: set[str] = field(default_factory=set)
    """How its files contradict its item, though they can be used."""
    _needed_on_grids: dict[tuple[SourceGrid, Window], Clear] = field(default_factory=dict)

    def needed_under(self, layer: Layer) -> Clear:
        """Clear samples of a band under the pixels that this granule may fill.

        To be asked for once ``wanted`` is settled.
        """
        key = layer.grid, layer.mapping.window
        if key not in self._needed_on_grids:
            needed = self._clear_on(*key)
            if self.wanted is not None:
                needed &= needed_samples(self.wanted.unpacked(), layer.mapping)
            self._needed_on_grids[key] = needed
        return self._needed_on_grids[key]

    def _clear_on(self, grid: SourceGrid, window: Window) -> Clear:
        """Clear samples of a band; without a mask all are."""
        if self.clear is None or self.scl is None or self.mask_window is None:
            return np.ones(window.shape, np.bool_)
        return mask_on_grid(self.clear, self.scl.grid, self.mask_window, grid, window)

    def forget_needed(self) -> None:
        """Frees what `needed_under` can make again."""
        self._needed_on_grids.clear()

    def forget_masks(self) -> None:
        """Frees what only reading the bands needs."""
        self.forget_needed()
        self.codes = self.clear = self.wanted = None

    @property
    def classified(self) -> Classified | None:
        """The scene classification as it was read; ``None`` without a mask."""
        if self.codes is None or self.scl is None or self.mask_window is None:
            return None
        return Classified(self.codes, self.scl.grid, self.mask_window)

    def testify(self, statistics: PixelStatistics) -> None:
        """Adds statistics; the granule is lost where its pixels are garbage."""
        self.statistics = self.statistics.plus(statistics) if self.statistics else statistics
        reason = reason_for_rejection(statistics)
        if reason and not self.error:
            self.error = SourceError(f"{self.source.scene_id} can't be used here: {reason}")


@dataclass(frozen=True, slots=True)
class Layout:
    """The granules of a task, placed."""

    granules: list[Granule]
    """Those that meet the block, and those whose headers can't be read, with their errors."""
    notes: tuple[SceneNote, ...]
    """Where files lie elsewhere than their items say."""


def lay_out(task: BlockTask, reader: RasterReader) -> Layout:
    """Places every granule that meets the block, by the headers of its files."""
    sources = [(i, source) for i, one in enumerate(task.observations) for source in one.granules]
    reader.prepare(task.hrefs)
    # rasters share few grids, and to place a block in another CRS takes long
    placed = cache(partial(map_pixels, task.geobox))
    granules: list[Granule] = []
    notes: set[SceneNote] = set()
    for observation, source in sources:
        granule = Granule(source, observation)
        try:
            meets = _place_rasters(granule, task, reader, placed)
        except SourceError as error:
            granule.error = error
            meets = True
        notes |= {SceneNote(source.scene_id, text) for text in granule.contradictions}
        if meets:
            granules.append(granule)
    return Layout(granules, tuple(sorted(notes)))


def _place_rasters(granule: Granule, task: BlockTask, reader: RasterReader, placed: Placed) -> bool:
    for band, raster in zip(task.bands, granule.source.bands, strict=True):
        header = _checked(granule, raster, np.dtype(np.uint16), reader)
        layer = _layer(canonical_band(band), raster.href, header, task, placed)
        if layer is None:
            return False
        granule.bands.append(layer)
    if granule.source.scl is not None:
        header = _checked(granule, granule.source.scl, np.dtype(np.uint8), reader)
        granule.scl = _layer(_SCL, granule.source.scl.href, header, task, placed)
        if granule.scl is None:
            return False
        _require_one_crs(granule.scl, granule.bands)
        granule.mask_window = _mask_window(granule.scl, granule.bands, task.mask)
    return True


def _layer(name: str, href: str, header: RasterHeader, task: BlockTask, placed: Placed) -> Layer | None:
    # classes have no mean, so theirs are always read as they are
    level = read_level(header.levels, task.geobox, exact=task.exact or name == _SCL)
    mapping = placed(header.levels[level])
    grid = header.levels[level]
    return None if mapping is None else Layer(name, href, level, grid, mapping, task.alone)


def _checked(
    granule: Granule, raster: SourceRaster, dtype: np.dtype[Any], reader: RasterReader
) -> RasterHeader:
    """The header of a raster, if one of the product's can have it; a few bytes may declare any size.

    Where the file lies elsewhere than its item says, the file counts, and that is noted.
    """
    header = reader.header(raster.href)
    reason = _misfit(raster, header, dtype)
    if reason:
        raise SourceError(f"{redact(raster.href)} {reason}; leave it out")
    native = header.levels[0]
    if raster.grid is not None and raster.grid != native and not _same_place(raster.grid, native):
        granule.contradictions.add(
            f"its item places it at {_place_of(raster.grid)}, its file at {_place_of(native)}; "
            "the file counts"
        )
    return header


def _misfit(raster: SourceRaster, header: RasterHeader, dtype: np.dtype[Any]) -> str | None:
    """Why a raster can't be one of the product's; ``None`` where it can."""
    native = header.levels[0]
    rows, columns = native.shape
    width, height = columns * native.pixel[0], rows * native.pixel[1]
    if max(max(level.shape) for level in header.levels) > _MOST_PIXELS:
        return f"has {columns} x {rows} pixels, more than a granule"
    if max(width, height) > _GRANULE_WIDTH * (1 + _PLACE_TOLERANCE):
        return f"is {width:g} x {height:g} m wide, wider than a granule"
    if header.dtype != dtype:
        return f"holds {header.dtype} pixels instead of {dtype}"
    if raster.grid is not None and raster.grid.shape != native.shape:
        declared_rows, declared_columns = raster.grid.shape
        return f"has {columns} x {rows} pixels, its item says {declared_columns} x {declared_rows}"
    return None


def _same_place(declared: SourceGrid, native: SourceGrid) -> bool:
    """True where two grids of one shape differ by rounding only."""
    slack = _PLACE_TOLERANCE * native.resolution
    corners = zip(declared.bounds, native.bounds, strict=True)
    return same_crs(declared.crs, native.crs) and all(abs(one - other) <= slack for one, other in corners)


def _place_of(grid: SourceGrid) -> str:
    left, _, _, top = grid.bounds
    crs = grid.crs if len(grid.crs) < 40 else "a CRS without a code"
    return f"{left:.10g}, {top:.10g} ({grid.resolution:g} m, {crs})"


def _require_one_crs(scl: Layer, bands: list[Layer]) -> None:
    """Masks are carried over from grid to grid inside of one CRS.

    Raises:
        SourceError: if a band lies in another CRS than the scene classification.
    """
    for band in bands:
        if not same_crs(band.grid.crs, scl.grid.crs):
            raise SourceError(
                f"{redact(band.href)} is in {band.grid.crs}, its scene classification in {scl.grid.crs}; "
                "leave it out"
            )


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
    (x, y), window = layer.grid.origin, layer.mapping.window
    width, height = layer.grid.transform[0], -layer.grid.transform[4]
    left, top = x + window.column * width, window.row * height - y
    return left, top, left + window.shape[1] * width, top + window.shape[0] * height
