"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.band_reading import read_bands
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.granules import LostGranule, MaskedGranule, ReadGranule, SelectedGranule
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.packed_mask import PackedMask
from cloudless_mosaic.compositing.placing import place_granules
from cloudless_mosaic.compositing.provenance import PixelSources
from cloudless_mosaic.compositing.unclear import add_lost, masked_reasons
from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.kernels import fill_free
from cloudless_mosaic.layers import ObservedPixels, parse_layers
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader
from cloudless_mosaic.reducers import Reduced, SpreadReducer, Stack

UInt16s = npt.NDArray[np.uint16]


def compose(task: BlockTask, reader: RasterReader) -> Composite:
    """Makes the composite of one block and one period.

    Scene classifications are read first; a granule that is nowhere clear in the block is not read on. An
    observation that can't be read in any of its rasters is left out as a whole and reported.

    Args:
        task: What to read and how to reduce it.
        reader: Where pixels come from.
    """
    placed = place_granules(task, reader)
    masked = mask_granules(placed, task.mask, reader)
    finished: list[ReadGranule | LostGranule] = [*placed.lost, *masked.lost]
    alone, sharing, skipped = _select(masked.granules)
    finished += skipped
    stack = _Stack.of(task, alone, sharing)
    unclear = masked_reasons(task.block.shape, masked.granules) if "flags" in task.layers else None
    del masked  # so that masks are freed as soon as their granules are read
    finished += _fill_alone(stack, alone, reader)
    del alone
    while sharing:
        finished.append(_fill_free(stack, sharing.popleft(), reader))
    reducible = stack.reducible(task)
    reduced = _reduced(task, reducible)
    finished.sort(key=lambda one: one.number)
    sources = PixelSources(tuple(finished), stack.places, stack.owners)
    if unclear is not None:
        add_lost(unclear, placed.granules, finished)
    scenes = partial(sources.scenes, numbers=dict(task.scene_numbers))
    observed = ObservedPixels(reducible, reduced, scenes, unclear)
    return Composite(
        period=task.period,
        block=task.block,
        data=reduced.data,
        count=reduced.count,
        scene_pixels=sources.scene_pixels(reducible, reduced),
        observations=len(finished),
        layers={layer.name: layer.pixels(observed) for layer in parse_layers(task.layers)},
        lost=tuple(
            LostObservation(one.scene_id, task.block.index, one.reason, one.lasting)
            for one in finished
            if isinstance(one, LostGranule)
        ),
        notes=placed.notes,
        statistics=tuple((one.scene_id, one.statistics) for one in finished if one.statistics),
        tile=task.tile,
    )


def _reduced(task: BlockTask, stack: Stack) -> Reduced:
    if "spread" in task.layers and isinstance(task.reducer, SpreadReducer):
        return task.reducer.reduce_with_spread(stack)
    return task.reducer.reduce(stack)


def _select(
    granules: Iterable[MaskedGranule],
) -> tuple[list[SelectedGranule], deque[MaskedGranule], list[ReadGranule]]:
    """Parts granules into those alone in their observation, those that share it, and those not to be read.

    Those that share are read one after the other, much later; their samples are selected again by then.
    """
    masked = list(granules)
    selected = [SelectedGranule.of(one) for one in masked]
    skipped = [one.unread() for one, chosen in zip(masked, selected, strict=True) if chosen is None]
    votes = Counter(one.placed.observation for one in selected if one)
    alone = [one for one in selected if one and votes[one.placed.observation] == 1]
    sharing = deque(
        one
        for one, chosen in zip(masked, selected, strict=True)
        if chosen and votes[chosen.placed.observation] > 1
    )
    return alone, sharing, skipped


@dataclass(frozen=True, slots=True)
class _Stack:
    """Pixels of the observations that have anything to read; those under cloud take no memory."""

    pixels: UInt16s
    """Shape (band, time, y, x)."""
    places: dict[int, int]
    """Place in time by the number of the observation."""
    owners: dict[int, UInt16s]
    """See ``PixelSources``."""

    @classmethod
    def of(
        cls, task: BlockTask, alone: Iterable[SelectedGranule], sharing: Iterable[MaskedGranule]
    ) -> _Stack:
        """A stack that holds anything where one granule fills an observation, and 0 where several do."""
        shared = {one.placed.observation for one in sharing}
        observations = sorted({one.placed.observation for one in alone} | shared)
        places = {observation: place for place, observation in enumerate(observations)}
        owners = {observation: np.zeros(task.block.shape, np.uint16) for observation in sorted(shared)}
        stack = cls(np.empty((len(task.bands), len(places), *task.block.shape), np.uint16), places, owners)
        for observation in shared:
            stack.of_observation(observation)[:] = 0
        return stack

    def reducible(self, task: BlockTask) -> Stack:
        """The stack as reducers take it."""
        times = tuple(task.observations[observation].time for observation in self.places)
        span = task.period.start, task.period.end
        return Stack(self.pixels, times, tuple(map(canonical_band, task.bands)), span)

    def of_observation(self, observation: int) -> UInt16s:
        """The pixels of an observation, shape (band, y, x)."""
        return self.pixels[:, self.places[observation]]


def _fill_alone(
    stack: _Stack, granules: Sequence[SelectedGranule], reader: RasterReader
) -> list[ReadGranule | LostGranule]:
    """Reads the bands of granules that are alone in their observation, each right into the stack."""
    slots = [stack.of_observation(one.placed.observation) for one in granules]
    finished = read_bands(granules, slots, reader)
    for granule, slot, result in zip(granules, slots, finished, strict=True):
        if isinstance(result, LostGranule):
            slot[:] = 0
        elif granule.fillable is not None:
            # resampling also gives values beside the samples that were needed
            slot[:, ~granule.fillable.unpacked()] = 0
    return finished


def _fill_free(stack: _Stack, granule: MaskedGranule, reader: RasterReader) -> ReadGranule | LostGranule:
    """Reads the bands of a granule into those pixels of its observation that are not filled yet.

    One granule at a time keeps memory small beside the stack. Without masks it's read only where pixels are
    left over.
    """
    slot = stack.of_observation(granule.placed.observation)
    if granule.mask is None:
        granule = replace(granule, fillable=PackedMask.of(slot[0] == 0))
    selected = SelectedGranule.of(granule)
    if selected is None:
        return granule.unread()
    own = np.empty(slot.shape, np.uint16)
    (result,) = read_bands([selected], [own], reader)
    if isinstance(result, LostGranule):
        return result
    fillable = granule.fillable
    everywhere = np.ones(slot.shape[1:], np.bool_) if fillable is None else fillable.unpacked()
    owners, number = stack.owners[granule.placed.observation], granule.placed.number + 1
    return replace(result, filled=fill_free(slot, own, everywhere, owners, number))
