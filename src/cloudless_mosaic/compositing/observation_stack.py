"""The pixels of a task's observations, on their way from the reader to the reducer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.granules import MaskedGranule, ReadGranule
from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.kernels import fill_free
from cloudless_mosaic.masks.dates import DateTest
from cloudless_mosaic.masks.levels import CLEAR
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reducers import Stack, Views

UInt8s = npt.NDArray[np.uint8]
UInt16s = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class ViewAngles:
    """Mean angles of the view, degrees; ``None`` where unknown."""

    alone: Mapping[int, float | None]
    """Of granules that fill an observation alone, by the number of the observation."""
    shared: Mapping[int, float | None]
    """Of the others, by the number of the granule."""


@dataclass(frozen=True, slots=True)
class ObservationStack:
    """Pixels of the observations that have anything to read; those under cloud take no memory."""

    pixels: UInt16s
    """Of the bands that are read, shape (band, time, y, x)."""
    places: dict[int, int]
    """Place in time by the number of the observation."""
    levels: UInt8s | None
    """Levels of the pixels, shape (time, y, x); ``None`` where the dates are not compared."""
    owners: dict[int, UInt16s]
    """See ``PixelSources``."""
    distances: UInt8s | None
    """See ``Stack``."""
    angles: ViewAngles | None
    """Angles of the view; ``None`` where they don't matter."""

    @classmethod
    def of(cls, task: BlockTask, alone: Iterable[MaskedGranule], sharing: Collection[MaskedGranule]) -> Self:
        """A stack that holds anything where one granule fills an observation, and 0 where several do.

        Args:
            task: What is read.
            alone: Granules that fill an observation each.
            sharing: Granules of the other observations.
        """
        single = {one.placed.observation: one for one in alone}
        shared = {one.placed.observation for one in sharing}
        places = {observation: place for place, observation in enumerate(sorted(single.keys() | shared))}
        shape = len(places), *task.block.shape
        levels = None if task.mask.dates is None else np.full(shape, CLEAR, np.uint8)
        measured = task.reducer.cloud_reach > 0 and task.mask.has_clouds
        distances = np.full(shape, 255, np.uint8) if measured else None
        owners = {observation: np.zeros(task.block.shape, np.uint16) for observation in sorted(shared)}
        pixels = np.empty((len(task.read_bands), *shape), np.uint16)
        angles = ViewAngles(
            {observation: one.placed.source.view for observation, one in single.items()},
            {one.placed.number: one.placed.source.view for one in sharing},
        )
        scored = angles if task.reducer.scores_view else None
        stack = cls(pixels, places, levels, owners, distances, scored)
        for observation in shared:
            stack.of_observation(observation)[:] = 0
        for observation, granule in single.items():
            if levels is not None:
                granule.take_levels(levels[places[observation]])
            nearby = None if distances is None else granule.distances_on_block()
            if distances is not None and nearby is not None:
                distances[places[observation]] = nearby
        return stack

    def of_observation(self, observation: int) -> UInt16s:
        """The pixels of an observation, shape (band, y, x)."""
        return self.pixels[:, self.places[observation]]

    def fill(self, granule: MaskedGranule, own: UInt16s) -> bool:
        """Fills those pixels of an observation that are free from a granule that shares it.

        Args:
            granule: The granule.
            own: Its pixels, shape (band, y, x).

        Returns:
            True if any pixel was filled.
        """
        observation, number = granule.placed.observation, granule.placed.number + 1
        place, owners = self.places[observation], self.owners[observation]
        slot, fillable = self.pixels[:, place], granule.fillable
        wanted = np.ones(slot.shape[1:], np.bool_) if fillable is None else fillable.unpacked()
        filled = fill_free(slot, own, wanted, owners, number)
        if self.levels is not None:
            levels = self.levels[place].copy()
            granule.take_levels(levels)
            np.copyto(self.levels[place], levels, where=owners == number)
        nearby = None if self.distances is None else granule.distances_on_block()
        if self.distances is not None and nearby is not None:
            np.copyto(self.distances[place], nearby, where=owners == number)
        return filled

    def compare_dates(
        self,
        test: DateTest,
        bands: Sequence[str],
        finished: Iterable[ReadGranule],
        references: ObservationStack | None = None,
        reasons: UInt8s | None = None,
    ) -> Counter[str]:
        """Takes out what the test over the dates does, in place.

        Args:
            test: The test.
            bands: Sentinel-2 names of the bands of the stack.
            finished: The granules that were read.
            references: Observations of other periods to compare with; ``None`` where there are none.
            reasons: See ``DateTest.take_out``.

        Returns:
            Pixels that were taken out, by the id of the scene.
        """
        if self.levels is None or not self.places:
            return Counter()
        before = {one: self.pixels[0, self.places[one]] != 0 for one in self.owners}
        if references is None or not references.places:
            dropped = test.take_out(self.pixels, bands, self.levels, reasons)
        else:
            dropped = self._compare_with(references, test, bands, reasons)
        gone = {
            one: np.bincount(self.owners[one][before[one] & (self.pixels[0, self.places[one]] == 0)])
            for one in self.owners
        }
        by_scene: Counter[str] = Counter()
        for granule in finished:
            number = granule.number + 1
            if granule.observation in gone:
                counts = gone[granule.observation]
                by_scene[granule.scene_id] += int(counts[number]) if number < len(counts) else 0
            elif granule.filled and granule.observation in self.places:
                by_scene[granule.scene_id] += int(dropped[self.places[granule.observation]])
        return by_scene

    def _compare_with(
        self, others: ObservationStack, test: DateTest, bands: Sequence[str], reasons: UInt8s | None
    ) -> npt.NDArray[np.int64]:
        """As ``DateTest.take_out``, with a stack of the guides of other observations beside the own ones."""
        own = self.pixels.shape[1]
        guides = self.pixels[[list(bands).index(band) for band in test.guides]]
        guides *= (self.pixels != 0).all(axis=0)
        both = np.concatenate([guides, others.pixels], axis=1)
        known = np.concatenate([one.levels for one in (self, others) if one.levels is not None])
        dropped = test.take_out(both, test.guides, known, reasons, own)
        self.pixels[0] *= both[0, :own] != 0
        return dropped[:own]

    def reducible(self, task: BlockTask) -> Stack:
        """The stack as reducers take it: without the bands that only the mask looks at."""
        times = tuple(task.observations[observation].time for observation in self.places)
        span = task.period.source
        bands = tuple(map(canonical_band, task.bands))
        return Stack(self.pixels[: len(bands)], times, bands, span, self.distances, self._views())

    def _views(self) -> Views | None:
        if self.angles is None:
            return None
        alone = tuple(self.angles.alone.get(observation) for observation in self.places)
        owners = {self.places[observation]: plane for observation, plane in self.owners.items()}
        numbers = range(max(self.angles.shared, default=-1) + 1)
        return Views(alone, owners, (None, *(self.angles.shared.get(number) for number in numbers)))
