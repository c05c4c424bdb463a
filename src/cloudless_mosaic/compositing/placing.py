"""Where the rasters of a task's granules lie under its block, by the headers of their files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from math import ceil, floor, isfinite

import numpy as np
from shapely.geometry import box

from cloudless_mosaic.compositing.granules import Layer, LostGranule, MaskLayer, Part, PlacedGranule
from cloudless_mosaic.compositing.pixel_mapping import Window, map_pixels, read_level
from cloudless_mosaic.compositing.pixel_values import band_values, class_conversion
from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.domain.results import SceneNote
from cloudless_mosaic.domain.scenes import GRANULE_PIXELS, GRANULE_WIDTH, SourceGrid, SourceRaster
from cloudless_mosaic.errors import ContentError, SourceError
from cloudless_mosaic.geo.projection import project, same_crs
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.planning.tasks import BlockTask, GranuleSource
from cloudless_mosaic.reading.alternates import open_raster
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader

_SCL = "SCL"

_PLACE_TOLERANCE = 1e-3
"""Share of a pixel by which an item's grid may differ from its file's without a note."""

_PLACE_SLACK = 0.05
"""Degrees between a file and its item's geometry from which on they are not the same place."""


@dataclass(frozen=True, slots=True)
class PlacedGranules:
    """The granules of a task that meet its block, or may."""

    granules: tuple[PlacedGranule, ...]
    """Those that meet it."""
    lost: tuple[LostGranule, ...]
    """Those whose headers can't be read or don't fit, wherever they lie."""
    notes: tuple[SceneNote, ...]
    """Where files lie elsewhere than their items say."""


def place_granules(task: BlockTask, reader: RasterReader) -> PlacedGranules:
    """Places every granule that meets the block, by the headers of its files.

    Args:
        task: The block, and what to read for it.
        reader: Where headers come from.
    """
    reader.prepare(task.hrefs)
    placer = _Placer(task, reader)
    granules: list[PlacedGranule] = []
    lost: list[LostGranule] = []
    sources = ((i, source) for i, one in enumerate(task.observations) for source in one.granules)
    for number, (observation, source) in enumerate(sources):
        try:
            placed = placer.place(number, observation, source)
        except SourceError as error:
            place = number, observation, source.scene_id
            lost.append(LostGranule(*place, str(error), lasting=error.lasting))
            continue
        if placed is not None:
            granules.append(placed)
    return PlacedGranules(tuple(granules), tuple(lost), tuple(sorted(placer.notes)))


class _Placer:
    """Places the granules of one task, and collects notes on their files."""

    def __init__(self, task: BlockTask, reader: RasterReader) -> None:
        self._task = task
        self._reader = reader
        # rasters share few grids, and to map a block to another CRS takes long
        self._map = cache(partial(map_pixels, task.geobox))
        self._map_part = cache(partial(map_pixels, task.geobox[task.part])) if task.part else self._map
        self.notes: set[SceneNote] = set()

    def place(self, number: int, observation: int, source: GranuleSource) -> PlacedGranule | None:
        """Places a granule; ``None`` where one of its rasters doesn't meet the block.

        Raises:
            SourceError: if a header can't be read or is not one of the product's.
        """
        bands: list[Layer] = []
        for band, raster in zip(self._task.read_bands, source.bands, strict=True):
            layer = self._layer(canonical_band(band), raster, source)
            if layer is None:
                return None
            bands.append(layer)
        mask = None
        if source.scl is not None:
            layer = self._layer(_SCL, source.scl, source)
            if layer is None:
                return None
            _require_one_crs(layer, bands)
            window = self._mask_window(layer.grid, [one.part for one in (layer, *bands)])
            parts = [(one.grid, self._map_part(one.grid)) for one in (layer, *bands)]
            met = [(grid, mapping.window) for grid, mapping in parts if mapping is not None]
            if len(met) < len(parts):
                return None
            mask = MaskLayer(layer, window, self._mask_window(layer.grid, met))
        return PlacedGranule(number, observation, source, tuple(bands), mask)

    def _mask_window(self, scl: SourceGrid, parts: Sequence[Part]) -> Window:
        """The classified pixels under windows of all rasters, with a margin for dilation and distances."""
        bounds = np.array([_bounds_of(part) for part in parts])
        (left, top), (right, bottom) = bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)
        x, y = scl.origin
        width, height = scl.pixel
        column, end_column = floor((left - x) / width), ceil((right - x) / width)
        row, end_row = floor((top + y) / height), ceil((bottom + y) / height)
        window = Window(row, column, (end_row - row, end_column - column))
        mask, resolution = self._task.mask, scl.resolution
        far = floor(self._task.reducer.cloud_reach / resolution) if mask.has_clouds else 0
        return window.grown(max(far, mask.margin(resolution)), scl.shape)

    def _layer(self, name: str, raster: SourceRaster, source: GranuleSource) -> Layer | None:
        raster, header = open_raster(self._reader, raster)
        require_fit(raster, header)
        values = (
            (class_conversion(raster, header), 0)
            if name == _SCL
            else band_values(raster, header, source.offset)
        )
        note = _contradiction(raster, header.levels[0])
        if note:
            self.notes.add(SceneNote(source.scene_id, note))
        # classes can't be averaged, so the classification is always read at its native level
        level = read_level(header.levels, self._task.geobox, exact=self._task.exact or name == _SCL)
        grid = header.levels[level]
        mapping = self._map(grid)
        if mapping is None:
            _require_near(raster, header.levels[0], source)
            return None
        return Layer(name, raster.href, level, grid, mapping, self._task.alone, *values)


def require_fit(raster: SourceRaster, header: RasterHeader) -> None:
    """Refuses a raster that can't be one of the product's; a header of a few bytes may declare any size.

    Raises:
        ContentError: if it can't.
    """
    reason = _misfit(raster, header)
    if reason:
        raise ContentError(f"{redact(raster.href)} {reason}; leave it out")


def _misfit(raster: SourceRaster, header: RasterHeader) -> str | None:
    """Why a raster can't be one of the product's; ``None`` where it can."""
    native = header.levels[0]
    rows, columns = native.shape
    width, height = columns * native.pixel[0], rows * native.pixel[1]
    if max(max(level.shape) for level in header.levels) > GRANULE_PIXELS:
        return f"has {columns} x {rows} pixels, more than a granule"
    if max(width, height) > GRANULE_WIDTH * (1 + _PLACE_TOLERANCE):
        return f"is {width:g} x {height:g} m wide, wider than a granule"
    if raster.grid is not None and raster.grid.shape != native.shape:
        declared_rows, declared_columns = raster.grid.shape
        return f"has {columns} x {rows} pixels, its item says {declared_columns} x {declared_rows}"
    return None


def _require_near(raster: SourceRaster, native: SourceGrid, source: GranuleSource) -> None:
    """Refuses a file that lies elsewhere than its item's geometry, which no shift explains.

    Raises:
        ContentError: if it does.
    """
    if not _is_near(native, source.footprint):
        west, south, east, north = source.footprint
        raise ContentError(
            f"{redact(raster.href)} lies elsewhere than its item: at {_place_of(native)}, the item at "
            f"{west:.4g}, {south:.4g} to {east:.4g}, {north:.4g} degrees; leave it out"
        )


@lru_cache(maxsize=1024)
def _is_near(native: SourceGrid, footprint: tuple[float, float, float, float]) -> bool:
    """True unless a file is known to lie outside of the bounds of a footprint."""
    left, bottom, right, top = project(box(*native.bounds), native.crs, "EPSG:4326").bounds
    west, south, east, north = footprint
    if not all(map(isfinite, (left, bottom, right, top))):
        return True
    # an area across the antimeridian is as wide as the earth here, and near to everything
    width, eastwards = right - left, (left - west) % 360
    beside = eastwards <= east - west + _PLACE_SLACK or eastwards + width >= 360 - _PLACE_SLACK
    return beside and bottom - _PLACE_SLACK <= north and top + _PLACE_SLACK >= south


def _contradiction(raster: SourceRaster, native: SourceGrid) -> str | None:
    """A note where an item places its file elsewhere than the file's own header; the file counts."""
    declared = raster.grid
    if declared is None or declared == native or _same_place(declared, native):
        return None
    return f"its item places it at {_place_of(declared)}, its file at {_place_of(native)}; the file counts"


def _same_place(declared: SourceGrid, native: SourceGrid) -> bool:
    """True where two grids of one shape differ by rounding only."""
    slack = _PLACE_TOLERANCE * native.resolution
    corners = zip(declared.bounds, native.bounds, strict=True)
    return same_crs(declared.crs, native.crs) and all(abs(one - other) <= slack for one, other in corners)


def _place_of(grid: SourceGrid) -> str:
    left, _, _, top = grid.bounds
    crs = grid.crs if len(grid.crs) < 40 else "a CRS without a code"
    return f"{left:.10g}, {top:.10g} ({grid.resolution:g} m, {crs})"


def _require_one_crs(scl: Layer, bands: Sequence[Layer]) -> None:
    """Refuses granules of several CRSs: masks are carried from grid to grid within one.

    Raises:
        SourceError: if a band lies in another CRS than the scene classification.
    """
    for band in bands:
        if not same_crs(band.grid.crs, scl.grid.crs):
            raise SourceError(
                f"{redact(band.href)} is in {band.grid.crs}, its scene classification in {scl.grid.crs}; "
                "leave it out"
            )


def _bounds_of(part: Part) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a window; y counts downwards from the origin of the CRS."""
    grid, window = part
    (x, y), (width, height) = grid.origin, grid.pixel
    left, top = x + window.column * width, window.row * height - y
    return left, top, left + window.shape[1] * width, top + window.shape[0] * height
