"""The seam between the mosaic and whatever reads rasters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.scenes import SourceGrid


@dataclass(frozen=True, slots=True)
class RasterHeader:
    """What a raster file says of itself."""

    levels: tuple[SourceGrid, ...]
    """Native grid first, then the overviews, each coarser than the one before."""
    dtype: np.dtype[Any]
    """Type of a pixel."""
    tile_shape: tuple[int, int]
    """Rows and columns of an internal tile of the native level."""


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
    wanted: npt.NDArray[np.bool_] | None = field(default=None, compare=False, repr=False)
    """Pixels that matter, of ``shape``; a reader may leave others 0. ``None`` is all."""
    shared: bool = field(default=True, compare=False)
    """True where other reads are likely to need the same internal tiles, so that keeping them saves work."""


class RasterReader(Protocol):
    """Reads single-band rasters. Safe to call from many threads."""

    def prepare(self, hrefs: Iterable[str]) -> None:
        """Begins to read headers that will be asked for, all at once, where that saves time."""
        ...

    def header(self, href: str) -> RasterHeader:
        """Reads the header of a raster.

        Raises:
            SourceError: if it can't be read.
        """
        ...

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """Reads windows, in whatever order they come.

        Yields:
            The position of a read in ``reads``, with its pixels (shape and dtype of the read) or with the
            error that lost it. Every read is answered once.
        """
        ...
