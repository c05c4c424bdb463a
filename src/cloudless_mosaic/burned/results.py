"""What a comparison gives: sums over blocks, areas per class, and the whole."""

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
    """How much of the grid is of one class."""

    severity: SeverityClass
    """The class."""
    pixels: int
    """Pixels of the class."""
    hectares: float
    """Their area on the grid. UTM isn't true to area: beside that on the ellipsoid it is 0.08 percent too
    small in the middle of a zone, and up to 0.2 percent too large at its edge."""


@dataclass(frozen=True, slots=True)
class IndexStatistics:
    """Statistics of the pixels of the index that have a value."""

    count: int
    """Pixels with a value, at least 1."""
    minimum: float
    """Least value."""
    maximum: float
    """Greatest value."""
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
    """What the user should know of the scenes."""


class Tally:
    """What the blocks add up to, whatever their order. Safe to use from many threads."""

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
        """Statistics of the index; ``None`` where no pixel could be compared."""
        count = int(self._pixels[1:].sum())
        if not count:
            return None
        # sums of floats depend on their order, and blocks come in any
        least, most, totals = zip(*(self._sums[index] for index in sorted(self._sums)), strict=True)
        return IndexStatistics(count, min(least), max(most), math.fsum(totals) / count)

    def _area(self, pixels: int) -> float:
        return round(pixels * self._hectares, 4)
