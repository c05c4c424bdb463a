"""Tasks that go through time: one block of periods that share scenes, or fill each other's pixels."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.fills import Fill
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.periods import reach_of
from cloudless_mosaic.planning.plan import CompositePlan, MosaicPlan, PeriodTasks
from cloudless_mosaic.planning.tasks import BlockTask

_FEWEST = 12
"""Periods of a series at least, if there are as many: their composites are in memory together."""

_REPEATS = 8
"""A series is so many times as long as the number of periods that share a scene, so that reading these
anew for the next one adds an eighth at most."""


@dataclass(frozen=True, slots=True)
class SeriesPart:
    """One period of a series."""

    task: BlockTask
    """Makes its composite."""
    rescues: tuple[tuple[str, BlockTask], ...]
    """Tasks that may fill its pixels, by the name of the way, in the order in which they are tried."""
    wanted: bool
    """False where the composite only fills pixels of others."""


@dataclass(frozen=True, slots=True)
class SeriesTask:
    """Consecutive periods of one block. Small to pickle."""

    parts: tuple[SeriesPart, ...]
    """In the order of time; one at least."""
    fills: tuple[Fill, ...]
    """Ways to fill pixels, in order."""

    @property
    def label(self) -> str:
        """Names the task, together with its block."""
        return f"{self.parts[0].task.label}-{len(self.parts)}"

    @property
    def block(self) -> Block:
        """Place of the block in the output grid."""
        return self.parts[0].task.block

    @property
    def hrefs(self) -> Iterator[str]:
        """Every raster that is read for sure."""
        for part in self.parts:
            yield from part.task.hrefs

    @property
    def access(self) -> tuple[StorageAccess, ...]:
        """Storage that the profile of the provider describes."""
        return self.parts[0].task.access


class Series:
    """Mosaics of one tile whose blocks are made together."""

    def __init__(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Indexes the scenes of their periods, and of those near by that may fill their pixels.

        Args:
            plan: The plan, narrowed to the tile.
            mosaics: Consecutive ones, in the order of time.
        """
        self.mosaics = tuple(mosaics)
        """The mosaics."""
        self._plan = plan
        self._reach = reach_of(plan.request.fills)
        places = {one.period.label: place for place, one in enumerate(plan.periods)}
        self._places = {one.label: places[one.period.period.label] for one in mosaics}
        near = {
            place
            for middle in self._places.values()
            for place in range(middle - self._reach, middle + self._reach + 1)
            if 0 <= place < len(plan.periods)
        }
        self._makers = {place: _Makers(plan, plan.periods[place]) for place in sorted(near)}

    def tasks(self, done: Mapping[str, Collection[tuple[int, int]]]) -> Iterator[SeriesTask]:
        """One task for every block of which anything is missing.

        Args:
            done: Places of the blocks that are there already, by label of the mosaic.
        """
        for block in self._plan.blocks:
            wanted = {
                place for label, place in self._places.items() if block.index not in done.get(label, ())
            }
            needed = [
                place
                for place in self._makers
                if any(abs(place - one) <= self._reach for one in wanted) or place in wanted
            ]
            if wanted:
                parts = tuple(self._makers[place].part(block, place in wanted) for place in needed)
                yield SeriesTask(parts, self._plan.request.fills)


class _Makers:
    """Makes the tasks of one period."""

    def __init__(self, plan: MosaicPlan, period: PeriodPlan) -> None:
        self._own = PeriodTasks(plan, period)
        self._rescues = [(one.way, PeriodTasks(plan, period, one)) for one in period.rescues]

    def part(self, block: Block, wanted: bool) -> SeriesPart:  # noqa: FBT001 - private
        rescues = tuple((way, maker.of(block)) for way, maker in self._rescues) if wanted else ()
        return SeriesPart(self._own.of(block), tuple(one for one in rescues if one[1].observations), wanted)


def cut_series(mosaics: Sequence[Mosaic]) -> Iterator[Series]:
    """The series of a run: consecutive periods of each tile, as many as share scenes several times over."""
    for _, group in groupby(mosaics, key=lambda mosaic: mosaic.plan.tile):
        alike = list(group)
        plan = alike[0].plan
        length = series_length(plan)
        for first in range(0, len(alike), length):
            yield Series(plan, alike[first : first + length])


def composites_of_task(plan: CompositePlan) -> int:
    """Composites that a task makes at most."""
    if not (isinstance(plan, MosaicPlan) and plan.request.goes_through_time):
        return 1
    return min(len(plan.periods), series_length(plan) + 2 * reach_of(plan.request.fills))


def series_length(plan: MosaicPlan) -> int:
    """Periods of a series."""
    ranges = [period.period.source for period in plan.periods]
    sharing = max(
        (sum(start < end and first <= start for start, _ in ranges) for first, end in ranges), default=1
    )
    return max(_FEWEST, _REPEATS * (sharing - 1 + 2 * reach_of(plan.request.fills)))
