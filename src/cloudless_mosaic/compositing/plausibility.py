"""Whether the pixels of a scene are plausible, given its metadata. Samples pixels and changes none.

An observation that is certainly wrong is lost in that block (`reason_for_rejection`). What shows only over a
whole scene, and what the masks take out anyway, becomes a note (`scene_notes`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.pixel_mapping import Window
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.kernels import count_pixel_statistics
from cloudless_mosaic.masks.classes import SCL_CLASSES

_SAMPLES = 4096
"""About how many pixels of a window are sampled."""

_COLUMN_STEP = 4
"""Columns from one sample to the next. A few dense rows are read faster than many sparse ones."""

_ENOUGH = 100
"""Samples below which a block proves nothing: the fringes of a swath hold a few odd pixels."""

_ENOUGH_DARK = 400
"""Samples of dark land below which a scene proves nothing about its offset."""

_BRIGHTEST = 20_000
"""Digital number of a reflectance of 2, exceeded only by sun glint and by garbage."""

_TOO_BRIGHT = 0.05
_TOO_UNKNOWN = 0.05
_TOO_EMPTY = 0.5
"""Shares of a block above which its observation is garbage."""

_NOTED = 0.001
_NOTED_EMPTY = 0.02
_NOTED_UNCLASSIFIED = 0.1
"""Shares of a scene above which a note is made. Bands and classes end some pixels apart at swath edges."""

_DARK_LAND = {
    **dict.fromkeys(("B03", "B04"), (2, 4, 6)),
    **dict.fromkeys(("B08", "B8A", "B09", "B11", "B12"), (6,)),
}
"""Classes (dark area, vegetation, water) that reflect less than 0.1 nearly everywhere, by band.

Blue is left out, since haze that the classification misses brightens it most.
"""

_SHIFTED_TWICE = (1, 900)
"""Digital numbers of dark land that can't include the offset of 1000: reflectance would be -0.01 or less."""

_NOT_SHIFTED = (1000, 65536)
"""Digital numbers that dark land hardly has once the offset is subtracted: reflectances from 0.1."""

_SHIFTED_TWICE_SHARE = 0.5
_NOT_SHIFTED_SHARE = 0.98
"""Shares of the dark land of a scene above which the decided offset is contradicted."""

_WHY_SHIFTED_TWICE = (
    "most of its dark land would reflect less than nothing, as if the offset were out already"
)
_WHY_NOT_SHIFTED = "none of its dark land reflects less than 0.1, as if the offset of 1000 were still in"

_NO_CODES = np.zeros((0, 0), np.uint8)


@dataclass(frozen=True, slots=True)
class PixelStatistics:
    """Counts of samples of one scene; they add up over bands and blocks."""

    offset: int = 0
    """Digital number to add to the scene's pixels, as decided from its metadata."""
    classes: int = 0
    """Samples of the scene classification."""
    unknown: int = 0
    """Those with a code that doesn't exist."""
    clear: int = 0
    """Samples of bands where the mask is clear; where there is no mask, those that have data."""
    missing: int = 0
    """Those that have no data."""
    impossible: int = 0
    """Those above a reflectance of 2."""
    unclassified: int = 0
    """Samples of bands that have data where the classification has none."""
    dark: int = 0
    """Clear samples of land that is dark in their band."""
    contradicting: int = 0
    """Those whose value is implausible with the offset that was decided."""

    def plus(self, other: PixelStatistics) -> PixelStatistics:
        """The sum of the counts of two parts of a scene."""
        return PixelStatistics(
            self.offset,
            self.classes + other.classes,
            self.unknown + other.unknown,
            self.clear + other.clear,
            self.missing + other.missing,
            self.impossible + other.impossible,
            self.unclassified + other.unclassified,
            self.dark + other.dark,
            self.contradicting + other.contradicting,
        )


@dataclass(frozen=True, slots=True)
class Classified:
    """A scene classification, or a part of it."""

    codes: npt.NDArray[np.uint8]
    """Class codes, shape (rows, columns)."""
    grid: SourceGrid
    """Grid of the whole classification."""
    window: Window
    """The part of it that ``codes`` is."""


def class_statistics(codes: npt.NDArray[np.uint8], offset: int) -> PixelStatistics:
    """Samples a window of a scene classification.

    Args:
        codes: Class codes, shape (rows, columns).
        offset: The offset that was decided for the scene.
    """
    rows, columns = _steps(codes.shape)
    sample = codes[rows // 2 :: rows, columns // 2 :: columns]
    return PixelStatistics(offset, classes=sample.size, unknown=int((sample >= len(SCL_CLASSES)).sum()))


def sampled_rows(shape: tuple[int, int]) -> slice:
    """Start and step of the rows of a band's window that are sampled."""
    step, _ = _steps(shape)
    return slice(step // 2, None, step)


def band_statistics(
    values: npt.NDArray[np.uint16],
    clear: npt.NDArray[np.bool_],
    *,
    band: str,
    offset: int,
    part: tuple[SourceGrid, Window],
    classified: Classified | None,
) -> PixelStatistics:
    """Samples a window of a band.

    Args:
        values: Digital numbers as they are in the file, in the `sampled_rows` of the window, shape
            (rows, columns); 0 is nodata.
        clear: True for samples that were read and are clear, likewise; ignored without a mask.
        band: Sentinel-2 name.
        offset: The offset that was decided for the scene.
        part: Grid of the band, and the window.
        classified: Scene classification of the same granule, in the same CRS; ``None`` without a mask.
    """
    grid, window = part
    _, column_step = _steps(window.shape)
    if classified:
        rows, columns = _codes_under(grid, window, classified.grid, classified.window)
        codes = np.ascontiguousarray(classified.codes), rows, columns
    else:
        clear = values > 0
        codes = _NO_CODES, np.full(values.shape[0], -1), np.full(window.shape[1], -1)
    clear_samples, missing, impossible, unclassified, dark, contradicting = count_pixel_statistics(
        values,
        clear,
        slice(column_step // 2, None, column_step),
        codes,
        _dark_classes(band),
        (_BRIGHTEST, *(_SHIFTED_TWICE if offset else _NOT_SHIFTED)),
    )
    return PixelStatistics(
        offset=offset,
        clear=clear_samples,
        missing=missing,
        impossible=impossible,
        unclassified=unclassified,
        dark=dark,
        contradicting=contradicting,
    )


def reason_for_rejection(statistics: PixelStatistics) -> str | None:
    """Why an observation of a block can't be used; ``None`` where it can, or samples are too few.

    Args:
        statistics: Of one band, or of the classification, in one block.
    """
    if _share(statistics.unknown, statistics.classes) > _TOO_UNKNOWN:
        return "its scene classification isn't one: it holds codes above 11"
    if _share(statistics.impossible, statistics.clear) > _TOO_BRIGHT:
        return "its pixels are impossible: reflectances above 2"
    if _share(statistics.missing, statistics.clear) > _TOO_EMPTY:
        return "it has no data where its scene classification is clear"
    return None


def scene_notes(statistics: PixelStatistics) -> Iterator[tuple[str, bool]]:
    """Notes on a scene's pixels for the user.

    Args:
        statistics: Of everything that was read of the scene.

    Yields:
        One line, and True where it is likely to make the mosaic wrong.
    """
    if statistics.dark >= _ENOUGH_DARK:
        share = statistics.contradicting / statistics.dark
        if share > (_SHIFTED_TWICE_SHARE if statistics.offset else _NOT_SHIFTED_SHARE):
            why = _WHY_SHIFTED_TWICE if statistics.offset else _WHY_NOT_SHIFTED
            yield (
                f"its pixels contradict the offset of {statistics.offset} that its metadata give: {why}",
                True,
            )
    if statistics.unknown:
        yield "its scene classification holds codes above 11, which count as not clear", False
    if _share(statistics.impossible, statistics.clear) > _NOTED:
        yield "some of its pixels are impossible: reflectances above 2", True
    if _share(statistics.missing, statistics.clear) > _NOTED_EMPTY:
        yield "bands have no data where its scene classification is clear; that doesn't count", False
    if _share(statistics.unclassified, statistics.clear + statistics.unclassified) > _NOTED_UNCLASSIFIED:
        yield "bands have data where its scene classification has none; that doesn't count", False


@lru_cache
def _dark_classes(band: str) -> npt.NDArray[np.bool_]:
    """True for the classes that are dark in a band, shape (256,)."""
    dark = np.zeros(256, np.bool_)
    dark[list(_DARK_LAND.get(band, ()))] = True
    return dark


def _share(part: int, whole: int) -> float:
    return part / whole if whole >= _ENOUGH else 0.0


def _steps(shape: tuple[int, ...]) -> tuple[int, int]:
    """Rows and columns from one sample to the next."""
    columns = _COLUMN_STEP if shape[0] * shape[1] > _COLUMN_STEP * _SAMPLES else 1
    return max(1, shape[0] * shape[1] // (columns * _SAMPLES)), columns


@lru_cache(maxsize=64)
def _codes_under(
    grid: SourceGrid, window: Window, scl: SourceGrid, scl_window: Window
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Row and column of the classification under each sampled row, and each column, of a window; -1 outside.

    The same for all bands of a resolution and for all dates.
    """
    (x, y), (width, height) = grid.origin, grid.pixel
    (scl_x, scl_y), (scl_width, scl_height) = scl.origin, scl.pixel
    sampled = np.arange(window.shape[0])[sampled_rows(window.shape)]
    rows = (scl_y - y + (window.row + 0.5 + sampled) * height) / scl_height
    columns = (x - scl_x + (window.column + 0.5 + np.arange(window.shape[1])) * width) / scl_width
    return (
        _inside(rows - scl_window.row, scl_window.shape[0]),
        _inside(columns - scl_window.column, scl_window.shape[1]),
    )


def _inside(places: npt.NDArray[np.floating[Any]], size: int) -> npt.NDArray[np.int64]:
    found = np.floor(places).astype(np.int64)
    return np.where((found >= 0) & (found < size), found, -1)
