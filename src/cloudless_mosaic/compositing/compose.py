"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.band_reading import read_bands
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.granules import LostGranule, MaskedGranule, ReadGranule, SelectedGranule
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.observation_stack import ObservationStack
from cloudless_mosaic.compositing.placing import place_granules
from cloudless_mosaic.compositing.provenance import PixelSources
from cloudless_mosaic.compositing.unclear import (
    add_lost,
    count_holes,
    masked_reasons,
    taken_out_by_classes,
)
from cloudless_mosaic.domain.bands import canonical_bands
from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.layers import ObservedPixels
from cloudless_mosaic.layers.single import OUTSIDE
from cloudless_mosaic.masks.taken_out import NO_DATA
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader
from cloudless_mosaic.reducers import Reduced, SpreadReducer, Stack

UInt8s = npt.NDArray[np.uint8]
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
    masked = mask_granules(placed, task.mask, reader, task.reducer.cloud_reach).within(task.inside)
    finished: list[ReadGranule | LostGranule] = [*placed.lost, *masked.lost]
    alone, sharing, skipped = _select(masked.granules)
    finished += skipped
    counts = {one.placed.source.scene_id: one.mask_counts() for one in masked.granules}
    unclear = masked_reasons(task.block.shape, masked.granules)
    reasons = taken_out_by_classes(task.block.shape, masked.granules) if "mask" in task.layer_names else None
    stack = ObservationStack.of(task, (granule for granule, _ in alone), sharing)
    selected = [chosen for _, chosen in alone]
    del masked, alone  # so that masks are freed as soon as their granules are read
    finished += _fill_alone(stack, selected, reader)
    del selected
    while sharing:
        finished.append(_fill_free(stack, sharing.popleft(), reader))
    taken_out = _compare_dates(task, stack, finished, reasons)
    reducible = stack.reducible(task)
    reduced = _reduced(task, reducible)
    finished.sort(key=lambda one: one.number)
    sources = PixelSources(tuple(finished), stack.places, stack.owners)
    add_lost(unclear, placed.granules, finished)
    if task.inside is not None:
        unclear[~task.inside.unpacked()] = OUTSIDE
    if reasons is not None:
        # without a classification, what counts has data
        reasons[(reasons == NO_DATA) & (reduced.count > 0)] = 0
    scenes = partial(sources.scenes, numbers=dict(task.scene_numbers))
    observed = ObservedPixels(reducible, reduced, scenes, unclear, reasons)
    return Composite(
        period=task.period,
        block=task.block,
        data=reduced.data,
        count=reduced.count,
        scene_pixels=sources.scene_pixels(reducible, reduced),
        observations=len(finished),
        layers={layer.name: layer.pixels(observed) for layer in task.layers},
        lost=_lost(task, finished),
        notes=placed.notes,
        statistics=tuple((one.scene_id, one.statistics) for one in finished if one.statistics),
        masked=tuple(
            (scene_id, replace(one, by_dates=taken_out[scene_id])) for scene_id, one in counts.items() if one
        ),
        tile=task.tile,
        outside=reduced.count.size - task.pixels,
        holes=count_holes(unclear, reduced.count),
    )


def _lost(task: BlockTask, finished: list[ReadGranule | LostGranule]) -> tuple[LostObservation, ...]:
    return tuple(
        LostObservation(one.scene_id, task.block.index, one.reason, one.lasting)
        for one in finished
        if isinstance(one, LostGranule)
    )


def _reduced(task: BlockTask, stack: Stack) -> Reduced:
    if "spread" in task.layer_names and isinstance(task.reducer, SpreadReducer):
        return task.reducer.reduce_with_spread(stack)
    return task.reducer.reduce(stack)


def _compare_dates(
    task: BlockTask,
    stack: ObservationStack,
    finished: Iterable[ReadGranule | LostGranule],
    reasons: UInt8s | None,
) -> Counter[str]:
    """Takes out what the mask finds by comparing dates; the number of pixels by the id of the scene."""
    if task.mask.dates is None:
        return Counter()
    bands = canonical_bands(task.read_bands)
    read = [one for one in finished if isinstance(one, ReadGranule)]
    return stack.compare_dates(task.mask.dates, bands, read, reasons)


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
