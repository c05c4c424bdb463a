"""A ``RasterReader`` over arrays, for tests that need neither files nor a server."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.protocol import RasterHeader, WindowRead


@dataclass(frozen=True, slots=True, eq=False)
class MemoryRaster:
    """A single-band raster with its overviews."""

    grid: SourceGrid
    """Grid of the native pixels."""
    pixels: npt.NDArray[Any]
    """Native pixels, of the shape of ``grid``."""
    overviews: tuple[npt.NDArray[Any], ...] = ()
    """Overviews, each coarser than the one before; they cover what the native pixels cover."""

    @property
    def levels(self) -> tuple[npt.NDArray[Any], ...]:
        """Native pixels, then the overviews."""
        return self.pixels, *self.overviews

    @property
    def header(self) -> RasterHeader:
        """What the raster says of itself."""
        return RasterHeader(
            levels=tuple(_level_grid(self.grid, level.shape) for level in self.levels),
            dtype=self.pixels.dtype,
            tile_shape=(min(512, self.grid.shape[0]), min(512, self.grid.shape[1])),
        )


class MemoryReader:
    """Reads arrays, and remembers what it was asked for.

    Answers come last read first: the protocol promises no order, and who relies on one should fail here.
    """

    def __init__(self, rasters: Mapping[str, MemoryRaster], failing: Collection[str] = ()) -> None:
        """Holds rasters.

        Args:
            rasters: Rasters by href. An href that is not among them is a missing file.
            failing: Hrefs of rasters whose header can be read and whose pixels can't.
        """
        self._rasters = dict(rasters)
        self._failing = frozenset(failing)
        self._lock = threading.Lock()
        self._reads: list[WindowRead] = []

    @property
    def reads(self) -> tuple[WindowRead, ...]:
        """All windows asked for up to now, failing ones included."""
        with self._lock:
            return tuple(self._reads)

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``; headers are at hand."""

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        return self._raster(href).header

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """See ``RasterReader.read_many``; the last one first."""
        asked = list(reads)
        with self._lock:
            self._reads += asked
        for position in reversed(range(len(asked))):
            try:
                answer: npt.NDArray[Any] | SourceError = self._read_window(asked[position])
            except SourceError as error:
                answer = error
            yield position, answer

    def _read_window(self, read: WindowRead) -> npt.NDArray[Any]:
        raster = self._raster(read.href)
        if read.href in self._failing:
            raise SourceError(f"{read.href} can't be read: it fails on purpose")
        rows = slice(read.row, read.row + read.shape[0])
        columns = slice(read.column, read.column + read.shape[1])
        pixels = raster.levels[read.level][rows, columns]
        if pixels.shape != read.shape:
            raise SourceError(f"{read.href} gave {pixels.shape} pixels of {read.shape}; it is cut short")
        return read.deliver(pixels.copy())

    def _raster(self, href: str) -> MemoryRaster:
        if href not in self._rasters:
            raise SourceError(f"{href} can't be read: there is no such raster")
        return self._rasters[href]


def _level_grid(native: SourceGrid, shape: tuple[int, ...]) -> SourceGrid:
    """The grid of an overview of this shape over the same area."""
    width, _, x, _, height, y = native.transform
    rows, columns = shape
    scale_x, scale_y = native.shape[1] / columns, native.shape[0] / rows
    return SourceGrid(native.crs, (width * scale_x, 0.0, x, 0.0, height * scale_y, y), (rows, columns))
