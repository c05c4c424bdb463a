"""Statistics of a period, added up block by block in whole numbers, so that no order changes them."""

from __future__ import annotations

import math
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.compositing.layer_statistics import NOTHING, BandsOfLayers, LayerStatistics
from cloudless_mosaic.compositing.reading_totals import ReadingTotals
from cloudless_mosaic.domain.results import Holes, HoleShares, MaskCounts


@dataclass(frozen=True, slots=True)
class BandStatistics:
    """Statistics of the pixels of a band that have data, in digital numbers."""

    count: int
    """Pixels with data."""
    minimum: int
    """Least value; 0 where no pixel has data."""
    maximum: int
    """Greatest value; 0 where no pixel has data."""
    mean: float
    """Mean; 0 where no pixel has data."""
    stddev: float
    """Standard deviation of the whole population."""


class PeriodTotals:
    """What the blocks of a period add up to. Safe to use from many threads."""

    def __init__(self, bands: int) -> None:
        """Starts at nothing.

        Args:
            bands: Of the mosaic.
        """
        self._layers: BandsOfLayers = {}
        self._lock = threading.Lock()
        self._bands = [_NOTHING] * bands
        self._scene_pixels: Counter[str] = Counter()
        self._counts = _NOTHING
        self._pixels = 0
        self._masked: dict[str, MaskCounts] = {}
        self._holes = Holes()
        self._filled: Counter[str] = Counter()
        self.reading = ReadingTotals()
        """Observations, losses and notes."""

    def add(self, facts: BlockFacts) -> None:
        """Adds a block."""
        self.reading.add(facts)
        counts = _Sums(*facts.count_sums)
        bands = [_Sums(*sums) for sums in facts.band_sums]
        with self._lock:
            self._counts = self._counts.plus(counts)
            self._pixels += facts.pixels
            self._filled.update(dict(facts.filled))
            self._holes = self._holes.plus(facts.holes)
            self._scene_pixels.update(dict(facts.scene_pixels))
            for scene_id, taken in facts.masked:
                known = self._masked.get(scene_id)
                self._masked[scene_id] = known.plus(taken) if known else taken
            self._layers = {
                name: tuple(map(LayerStatistics.plus, self._layers.get(name, (NOTHING,) * len(new)), new))
                for name, new in facts.layers.items()
            }
            self._bands = [old.plus(new) for old, new in zip(self._bands, bands, strict=True)]

    @property
    def layers(self) -> BandsOfLayers:
        """Statistics of the bands of each layer, by name; of those with classes there are none."""
        return self._layers

    @property
    def clear_pixels(self) -> int:
        """Pixels with at least one clear observation."""
        return self._counts.count - self._filled.total()

    @property
    def mean_count(self) -> float:
        """Clear observations per pixel, to four places."""
        return round(self._counts.total / self._pixels, 4) if self._pixels else 0.0

    def share(self, pixels: int) -> float:
        """So many pixels as a share of all, to six places."""
        return round(pixels / self._pixels, 6) if self._pixels else 0.0

    @property
    def counts(self) -> BandStatistics:
        """Statistics of the counts of all pixels, of which 0 is one like any other."""
        least = self._counts.minimum if self._counts.count == self._pixels else 0
        return replace(self._counts, count=self._pixels, minimum=least).statistics()

    @property
    def used(self) -> tuple[str, ...]:
        """Ids of the scenes that gave at least one clear pixel, sorted."""
        return tuple(sorted(self._scene_pixels))

    @property
    def scene_percents(self) -> Mapping[str, float]:
        """Percent of all pixels that each of these scenes gave a clear observation of, to four places."""
        return {
            scene_id: round(100 * self._scene_pixels[scene_id] / max(1, self._pixels), 4)
            for scene_id in self.used
        }

    @property
    def masked(self) -> tuple[tuple[str, MaskCounts], ...]:
        """What the mask took out of each scene, by id, sorted."""
        return tuple(sorted(self._masked.items()))

    @property
    def pixels(self) -> int:
        """Pixels of all blocks."""
        return self._pixels

    @property
    def holes(self) -> HoleShares:
        """Pixels without a clear observation, by reason."""
        return self._holes.shares(self._pixels)

    @property
    def filled(self) -> tuple[tuple[str, float], ...]:
        """Shares of the pixels that were filled, by the name of the way, sorted."""
        return tuple((way, self.share(pixels)) for way, pixels in sorted(self._filled.items()))

    @property
    def bands(self) -> tuple[BandStatistics, ...]:
        """Statistics of each band."""
        return tuple(sums.statistics() for sums in self._bands)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Exact sums over the pixels of a band that have data."""

    count: int
    minimum: int
    maximum: int
    total: int
    squares: int

    def plus(self, other: _Sums) -> _Sums:
        return _Sums(
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.total + other.total,
            self.squares + other.squares,
        )

    def statistics(self) -> BandStatistics:
        if not self.count:
            return BandStatistics(0, 0, 0, 0.0, 0.0)
        # the difference of two large numbers is taken before any rounding
        spread = self.count * self.squares - self.total**2
        return BandStatistics(
            self.count,
            self.minimum,
            self.maximum,
            self.total / self.count,
            math.sqrt(spread / self.count**2),
        )


_NOTHING = _Sums(0, 65535, 0, 0, 0)
