"""Fills the stack of a task: what is clear of every observation."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from cloudless_mosaic.compositing.band_reading import read_bands
from cloudless_mosaic.compositing.granules import LostGranule, MaskedGranule, ReadGranule, SelectedGranule
from cloudless_mosaic.compositing.observation_stack import ObservationStack
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader


def fill_stack(
    task: BlockTask, granules: list[MaskedGranule], reader: RasterReader
) -> tuple[ObservationStack, list[ReadGranule | LostGranule]]:
    """Reads the bands of granules into a stack.

    Args:
        task: What is read.
        granules: Those whose clear pixels are known; emptied, so that their masks are freed early.
        reader: Where pixels come from.

    Returns:
        The stack, and how reading each granule ended.
    """
    alone, sharing, skipped = _select(granules)
    granules.clear()
    stack = ObservationStack.of(task, (granule for granule, _ in alone), sharing)
    selected = [chosen for _, chosen in alone]
    del alone
    finished = [*skipped, *_fill_alone(stack, selected, reader)]
    del selected
    while sharing:
        finished.append(_fill_free(stack, sharing.popleft(), reader))
    return stack, finished


def _select(
    granules: Iterable[MaskedGranule],
) -> tuple[list[tuple[MaskedGranule, SelectedGranule]], deque[MaskedGranule], list[ReadGranule]]:
    """Parts granules into those alone in their observation, those that share it, and those not to be read.

    Those that share are read one after the other, much later; their samples are selected again by then.
    """
    masked = list(granules)
    selected = [SelectedGranule.of(one) for one in masked]
    skipped = [one.unread() for one, chosen in zip(masked, selected, strict=True) if chosen is None]
    votes = Counter(one.placed.observation for one in selected if one)
    alone = [
        (one, chosen)
        for one, chosen in zip(masked, selected, strict=True)
        if chosen and votes[chosen.placed.observation] == 1
    ]
    sharing = deque(
        one
        for one, chosen in zip(masked, selected, strict=True)
        if chosen and votes[chosen.placed.observation] > 1
    )
    return alone, sharing, skipped


def _fill_alone(
    stack: ObservationStack, granules: Sequence[SelectedGranule], reader: RasterReader
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


def _fill_free(
    stack: ObservationStack, granule: MaskedGranule, reader: RasterReader
) -> ReadGranule | LostGranule:
    """Reads the bands of a granule into those pixels of its observation that are not filled yet.

    One granule at a time keeps memory small beside the stack. Without masks it's read only where pixels are
    left over.
    """
    slot = stack.of_observation(granule.placed.observation)
    if granule.mask is None:
        granule = granule.within(PackedMask.of(slot[0] == 0))
    selected = SelectedGranule.of(granule)
    if selected is None:
        return granule.unread()
    own = np.empty(slot.shape, np.uint16)
    (result,) = read_bands([selected], [own], reader)
    if isinstance(result, LostGranule):
        return result
    return replace(result, filled=stack.fill(granule, own))
