"""The protocol between compositing and the readers of rasters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.kernels import harmonise
from cloudless_mosaic.reading.conversion import Conversion


@dataclass(frozen=True, slots=True)
class RasterHeader:
    """The header of a raster file."""

    levels: tuple[SourceGrid, ...]
    """Native grid first, then the overviews, each coarser than the one before."""
    dtype: np.dtype[Any]
    """Type of a pixel."""
    tile_shape: tuple[int, int]
    """Rows and columns of an internal tile of the native level."""
    nodata: float | None = None
    """Digital number of pixels that aren't data, may be NaN; ``None`` where the file declares none."""
    scaling: tuple[float, float] | None = None
    """Scale and offset; ``None`` where the file declares none, or the scale of the product."""
    masked: bool = False
    """True where the file has a mask of its own."""


@dataclass(frozen=True, slots=True)
class RawRows:
    """Digital numbers of a few rows of a window as they are in the file, for checks of plausibility."""

    rows: slice
    """Start and step of the rows."""
    values: npt.NDArray[np.uint16]
    """Shape (rows, columns of the window); also 0 where a tile was not read."""

    @classmethod
    def of(cls, shape: tuple[int, int], rows: slice) -> RawRows:
        """Rows to be filled, of a window of a shape."""
        return cls(rows, np.zeros((len(range(shape[0])[rows]), shape[1]), np.uint16))

    def within(self, first: int, end: int) -> tuple[slice, int]:
        """The rows that lie in a part of the window, and the first one's distance to the part's first row.

        Args:
            first: First row of the part.
            end: Row after its last.
        """
        start, step = self.rows.start, self.rows.step
        before, until = max(0, -((start - first) // step)), max(0, -((start - end) // step))
        return slice(before, until), start + before * step - first


@dataclass(frozen=True, slots=True)
class Target:
    """Where the pixels of a band go, and how they are masked and harmonised on the way.

    A reader that decodes tile by tile does so while the pixels are still in the processor's cache.
    """

    out: npt.NDArray[np.uint16]
    """Plane of the shape of the read: gets reflectance where ``clear``, and 0 elsewhere."""
    clear: npt.NDArray[np.bool_]
    """True for the pixels to read, likewise; others need not be read."""
    offset: int
    """Digital number to add; sums are clipped to 1..65535, and 0 stays 0."""
    raw_rows: RawRows
    """Gets some of the pixels as they are in the file."""
    masked: bool = False
    """True where ``clear`` is made from a scene classification, so that clear pixels must have data."""


@dataclass(frozen=True, slots=True)
class WindowRead:
    """A rectangle of pixels of one level of one raster, inside its grid."""

    href: str
    """Unsigned address or path."""
    level: int
    """0 is native, 1 the first overview."""
    row: int
    """First row."""
    column: int
    """First column."""
    shape: tuple[int, int]
    """Rows, columns."""
    target: Target | None = field(default=None, compare=False, repr=False)
    """Where the pixels go; ``None`` for a new array of the pixels."""
    shared: bool = field(default=True, compare=False)
    """True where other reads are likely to need the same internal tiles, so that caching them saves work."""
    conversion: Conversion | None = None
    """What the pixels mean; ``None`` for those of the product, which stay as they are in the file."""

    def deliver(
        self, pixels: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None
    ) -> npt.NDArray[Any]:
        """Converts the pixels of the whole window and writes them to the target, if there is one.

        Args:
            pixels: As they are in the file.
            valid: The file's own mask, False where a pixel isn't data; ``None`` where it has none.

        Returns:
            The target's output, or the pixels themselves.
        """
        if self.conversion is not None:
            pixels = self.conversion.apply(pixels, valid)
        if self.target is None:
            return pixels
        self.target.raw_rows.values[...] = pixels[self.target.raw_rows.rows]
        harmonise(pixels, self.target.clear, self.target.offset, self.target.out)
        return self.target.out


class RasterReader(Protocol):
    """Reads single-band rasters. Safe to call from many threads."""

    def prepare(self, hrefs: Iterable[str]) -> None:
        """Starts reading headers that will be needed, concurrently, where that saves time."""
        ...

    def header(self, href: str) -> RasterHeader:
        """Reads the header of a raster.

        Raises:
            SourceError: if it can't be read.
        """
        ...

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """Reads windows, and yields them in any order.

        Yields:
            The position of a read in ``reads``, with its pixels (its target's output, where it has one) or
            with the error by which it failed; the target may then hold some of the pixels. Every read is
            answered exactly once.
        """
        ...
