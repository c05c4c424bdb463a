"""How often the satellites passed in each period, and how often they should have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.planning.plan import MosaicPlan

FEW = 3
"""Fewer overpasses than this are few: a median of two is their mean, so that haze in one of them shows."""

_SECOND_SATELLITE = datetime(2017, 7, 6, tzinfo=UTC)
"""Since then there is regular data of Sentinel-2B, too."""

_REPEAT = timedelta(days=10)
"""Repeat cycle of one satellite; where swaths overlap there are more overpasses."""


@dataclass(frozen=True, slots=True)
class PeriodOverpasses:
    """Overpasses of one period."""

    period: Period
    """The period."""
    by_granule: Mapping[str, int]
    """Overpasses with a scene to read, by MGRS tile; of every tile that has a scene in any period."""
    expected: int
    """Overpasses that a tile should have had at least, whatever the clouds."""

    @property
    def fewest(self) -> int:
        """Of the tile that has the fewest."""
        return min(self.by_granule.values(), default=0)


def expected_overpasses(period: Period) -> int:
    """Whole repeat cycles of the satellites in flight that fit into the days that scenes are from."""
    start, end = period.source
    if period.days is not None:
        days = sum(
            (start + timedelta(days=number)).date() in period.days for number in range((end - start).days)
        )
        end = start + timedelta(days=days)
    second = max(start, min(_SECOND_SATELLITE, end))
    return int((second - start) / _REPEAT + 2 * ((end - second) / _REPEAT))


def count_overpasses(plan: MosaicPlan) -> Iterator[PeriodOverpasses]:
    """Overpasses of every period of a plan."""
    granules = sorted({scene.granule for period in plan.periods for scene in period.scenes})
    for period in plan.periods:
        seen: dict[str, set[str]] = {granule: set() for granule in granules}
        for scene in period.scenes:
            seen[scene.granule].add(scene.overpass)
        counts = {granule: len(overpasses) for granule, overpasses in seen.items()}
        yield PeriodOverpasses(period.period, counts, expected_overpasses(period.period))
