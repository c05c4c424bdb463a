"""Runs the network of a mask on the windows of a scene that a block needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from affine import Affine

from cloudless_mosaic.compositing.granules import Layer, MaskLayer, PlacedGranule
from cloudless_mosaic.compositing.kept_answers import Kept
from cloudless_mosaic.compositing.pixel_mapping import Window, map_pixels
from cloudless_mosaic.compositing.pixel_values import band_values
from cloudless_mosaic.compositing.placing import require_fit
from cloudless_mosaic.compositing.plausibility import sampled_rows
from cloudless_mosaic.compositing.resampling import resample
from cloudless_mosaic.domain.scenes import SourceGrid, SourceRaster
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.masks.levels import UInt8s
from cloudless_mosaic.masks.network import (
    STEP,
    Answer,
    Network,
    Place,
    classes_of_cell,
    factor_of,
    places_of,
    source_pixels,
)
from cloudless_mosaic.reading.alternates import open_raster
from cloudless_mosaic.reading.protocol import RasterReader, RawRows, Target

UInt16s = npt.NDArray[np.uint16]

_SLACK = 0.01
"""Share by which an overview may be coarser than the network's pixels."""

_ANSWERS: Kept[Answer] = Kept(128 * 2**20)
_CLASSES: Kept[UInt8s] = Kept(64 * 2**20)


def forget_networks() -> None:
    """Drops what is kept of scenes; for the start of a run, whose files may be other ones."""
    _ANSWERS.clear()
    _CLASSES.clear()


def network_classes(
    granule: PlacedGranule, layer: MaskLayer, network: Network, reader: RasterReader
) -> UInt8s:
    """What a network finds in a granule.

    Answers are kept for the other blocks of this process. They depend on the scene alone.

    Args:
        granule: The granule.
        layer: Its scene classification.
        network: The network.
        reader: Where pixels come from.

    Returns:
        0, ``CLOUD`` or ``SHADOW``, of the shape of the window of the classification.

    Raises:
        SourceError: if a band that the network looks at can't be read.
    """
    scl = layer.layer.grid
    factor = factor_of(network, scl.resolution)
    scene = _Scene(network, granule.source.network, granule.source.offset, _coarser(scl, factor))
    # rows and columns of the network's pixels under those of the classification
    rows, columns = (
        (first + np.arange(length)) // factor
        for first, length in zip((layer.window.row, layer.window.column), layer.window.shape, strict=True)
    )
    places = [places_of(int(pixels[0]), int(pixels[-1]) + 1) for pixels in (rows, columns)]
    cells = [[scene.classes((row, column), reader) for column in places[1]] for row in places[0]]
    corner = places[0].start * STEP, places[1].start * STEP
    found: UInt8s = np.block(cells)[(rows - corner[0])[:, None], columns - corner[1]]
    return found


def _coarser(grid: SourceGrid, factor: int) -> SourceGrid:
    """A grid from the same corner, whose pixels are so many times larger along their edges."""
    a, b, c, d, e, f = grid.transform
    rows, columns = (-(-length // factor) for length in grid.shape)
    return SourceGrid(grid.crs, (a * factor, b, c, d, e * factor, f), (rows, columns))


@dataclass(frozen=True, slots=True)
class _Scene:
    """A granule as a network sees it; equal for all blocks."""

    network: Network
    rasters: tuple[SourceRaster, ...]
    offset: int
    grid: SourceGrid
    """Grid of the network's pixels."""

    def classes(self, place: Place, reader: RasterReader) -> UInt8s:
        """The classes of a cell; see ``classes_of_cell``."""

        def answer_at(window: Place) -> Answer:
            return _ANSWERS.get((self, window), lambda: Answer.of(self.network, self._read(window, reader)))

        return _CLASSES.get((self, place), lambda: classes_of_cell(place, self.grid.shape, answer_at))

    def _read(self, window: Place, reader: RasterReader) -> UInt16s:
        """The bands under a window of the network, shape (band, EDGE, EDGE)."""
        rows, columns = (
            source_pixels(place, length) for place, length in zip(window, self.grid.shape, strict=True)
        )
        part = Window(
            int(rows.min()),
            int(columns.min()),
            (int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1),
        )
        (x, y), (width, height) = self.grid.origin, self.grid.pixel
        corner = Affine(width, 0, x + part.column * width, 0, -height, y - part.row * height)
        geobox = GeoBox(part.shape, corner, self.grid.crs)
        planes = np.zeros((len(self.rasters), *part.shape), np.uint16)
        jobs = [
            (plane, layer)
            for plane, raster in zip(planes, self.rasters, strict=True)
            if (layer := self._layer(raster, geobox, reader)) is not None
        ]
        errors = []
        for position, answer in reader.read_many([layer.read(target=_whole(layer)) for _, layer in jobs]):
            plane, layer = jobs[position]
            if isinstance(answer, SourceError):
                errors.append(answer)
            else:
                plane[:] = resample(answer, layer.mapping)
        if errors:
            raise errors[0]
        return planes[:, rows - part.row][:, :, columns - part.column]

    def _layer(self, raster: SourceRaster, geobox: GeoBox, reader: RasterReader) -> Layer | None:
        """A band at the coarsest level that is no coarser than the network's pixels; ``None`` beside it."""
        raster, header = open_raster(reader, raster)
        require_fit(raster, header)
        most = self.grid.resolution * (1 + _SLACK)
        level = max((i for i, one in enumerate(header.levels) if one.resolution <= most), default=0)
        mapping = map_pixels(geobox, header.levels[level])
        if mapping is None:
            return None
        values = band_values(raster, header, self.offset)
        return Layer("", raster.href, level, header.levels[level], mapping, False, *values)  # noqa: FBT003


def _whole(layer: Layer) -> Target:
    """All pixels of a window, harmonised; rows for checks aren't looked at: bands have their own checks."""
    shape = layer.mapping.window.shape
    rows = RawRows.of(shape, sampled_rows(shape))
    return Target(np.empty(shape, np.uint16), np.ones(shape, np.bool_), layer.offset, rows)
