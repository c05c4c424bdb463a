"""Which granule the pixels of a composite are from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.granules import LostGranule, ReadGranule
from cloudless_mosaic.reducers import Reduced, Stack

UInt16s = npt.NDArray[np.uint16]
Chosen = npt.NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class PixelSources:
    """The granules behind the observations of a stack."""

    finished: tuple[ReadGranule | LostGranule, ...]
    """All granules of the task."""
    places: Mapping[int, int]
    """Place in the stack by the number of the observation."""
    owners: Mapping[int, UInt16s]
    """Granules of the pixels of observations that several share, by the number of the observation: shape
    (y, x), the number of the granule and 1; 0 where none fills it."""

    def scene_pixels(self, stack: Stack, reduced: Reduced) -> tuple[tuple[str, int], ...]:
        """Id of each scene that gave a clear pixel, and how many; in the order of the task.

        Args:
            stack: The observations.
            reduced: Their reduction; where it chooses, only pixels that were chosen count.
        """
        pixels: Counter[str] = Counter()
        shared = {
            observation: np.bincount(owners[_counting(stack, reduced, self.places[observation])])
            for observation, owners in self.owners.items()
        }
        for granule in self._filled():
            if granule.observation in shared:
                numbers = shared[granule.observation]
                number = int(numbers[granule.number + 1]) if granule.number + 1 < len(numbers) else 0
            else:
                number = int(reduced.pixels[self.places[granule.observation]])
            pixels[granule.scene_id] += number
        return tuple((scene_id, number) for scene_id, number in pixels.items() if number)

    def scenes(self, chosen: Chosen, numbers: Mapping[str, int]) -> UInt16s:
        """The scene that each pixel is from, shape (y, x); 0 where none is.

        Args:
            chosen: Place in the stack of the observation that a pixel is from; -1 where none is.
            numbers: Of scenes, by id.
        """
        by_granule = np.zeros(1 + max((one.number + 1 for one in self._filled()), default=0), np.uint16)
        by_place = np.zeros(len(self.places) + 1, np.uint16)  # the last is that of no observation, -1
        for granule in self._filled():
            by_granule[granule.number + 1] = numbers[granule.scene_id]
            by_place[self.places[granule.observation]] = numbers[granule.scene_id]
        scenes: UInt16s = by_place[chosen]
        for observation, owners in self.owners.items():
            here = chosen == self.places[observation]
            scenes[here] = by_granule[owners[here]]
        return scenes

    def _filled(self) -> Iterable[ReadGranule]:
        return (one for one in self.finished if isinstance(one, ReadGranule) and one.filled)


def _counting(stack: Stack, reduced: Reduced, place: int) -> npt.NDArray[np.bool_]:
    """Where an observation counts, or is the one that is chosen; shape (y, x)."""
    if reduced.chosen is not None:
        return np.equal(reduced.chosen, place)
    counting: npt.NDArray[np.bool_] = np.logical_and.reduce(stack.values[:, place] > 0, axis=0)
    return counting
