"""Results of a comparison: sums over blocks, areas per class, and the whole."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cloudless_mosaic.burned.compare import BlockChange
from cloudless_mosaic.burned.severity import NOT_COMPARED, SEVERITY_CLASSES, SeverityClass
from cloudless_mosaic.compositing.reading_totals import ReadingTotals
from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import metres_per_unit

_HECTARE = 10_000.0
"""Square metres."""


@dataclass(frozen=True, slots=True)
class ClassArea:
    """The area of one class on the grid."""

    severity: SeverityClass
    """The class."""
    pixels: int
    """Pixels of the class."""
    hectares: float
    """Their area on the grid. UTM is not an equal-area projection: compared with the ellipsoid, the area is
    0.08 percent too small in the middle of a zone, and up to 0.2 percent too large at its edge."""


@dataclass(frozen=True, slots=True)
class IndexStatistics:
    """Statistics of the pixels of the index that have a value."""

    count: int
    """Pixels with a value, at least 1."""
    minimum: float
    """Minimum."""
    maximum: float
    """Maximum."""
    mean: float
    """Mean."""


@dataclass(frozen=True, slots=True)
class BurnedAreaResult:
    """What a run wrote, and what it could not use."""

    catalog: Path
    """The root ``catalog.json``."""
    files: tuple[Path, ...]
    """Files written, the STAC item last."""
    areas: tuple[ClassArea, ...]
    """Every class, in the order of codes."""
    burned: float
    """Hectares of the classes from low severity up."""
    not_compared: float
    """Hectares of the grid that have no data, or are masked, on either date."""
    observations: int
    """Observations (scene and block) that were planned."""
    lost: tuple[LostObservation, ...]
    """Observations that could not be read."""
    notes: tuple[SceneNote, ...]
    """Notes on the scenes for the user."""


class Tally:
    """Sums over blocks, in any order. Safe to use from many threads."""

    def __init__(self, geobox: GeoBox) -> None:
        self._lock = threading.Lock()
        self._hectares = (
            abs(geobox.affine.a * geobox.affine.e) * metres_per_unit(str(geobox.crs)) ** 2 / _HECTARE
        )
        self._pixels = np.zeros(1 + len(SEVERITY_CLASSES), np.int64)
        self._sums: dict[tuple[int, int], tuple[float, float, float]] = {}
        self.reading = ReadingTotals()
        """Observations, losses and notes."""

    def add(self, change: BlockChange) -> None:
        """Adds a block."""
        self.reading.add(change)
        pixels = [int(np.count_nonzero(change.severity == code)) for code in range(len(self._pixels))]
        extremes = None
        if sum(pixels) > pixels[NOT_COMPARED]:
            least, most = np.fmin.reduce(change.index, axis=None), np.fmax.reduce(change.index, axis=None)
            extremes = float(least), float(most), float(np.nansum(change.index, dtype=np.float64))
        with self._lock:
            self._pixels += pixels
            if extremes:
                self._sums[change.block.index] = extremes

    @property
    def areas(self) -> tuple[ClassArea, ...]:
        """Every class, in the order of codes."""
        counts = self._pixels.tolist()
        return tuple(
            ClassArea(one, counts[one.code], self._area(counts[one.code])) for one in SEVERITY_CLASSES
        )

    @property
    def burned(self) -> float:
        """Hectares of the classes from low severity up."""
        counts = self._pixels.tolist()
        return self._area(sum(counts[one.code] for one in SEVERITY_CLASSES if one.burned))

    @property
    def not_compared(self) -> float:
        """Hectares that have no data, or are masked, on either date."""
        return self._area(int(self._pixels[NOT_COMPARED]))

    @property
    def statistics(self) -> IndexStatistics | None:
        """Statistics of the index; ``None`` if no pixel could be compared."""
        count = int(self._pixels[1:].sum())
        if not count:
            return None
        # sums of floats depend on their order, and blocks arrive in any order
        least, most, totals = zip(*(self._sums[index] for index in sorted(self._sums)), strict=True)
        return IndexStatistics(count, min(least), max(most), math.fsum(totals) / count)

    def _area(self, pixels: int) -> float:
        return round(pixels * self._hectares, 4)
