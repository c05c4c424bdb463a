"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.granules import LostGranule, ReadGranule
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.observation_stack import ObservationStack
from cloudless_mosaic.compositing.placing import place_granules
from cloudless_mosaic.compositing.provenance import PixelSources
from cloudless_mosaic.compositing.references import References, read_references
from cloudless_mosaic.compositing.stacking import fill_stack
from cloudless_mosaic.compositing.unclear import (
    add_lost,
    count_holes,
    masked_reasons,
    taken_out_by_classes,
)
from cloudless_mosaic.domain.bands import canonical_bands
from cloudless_mosaic.domain.results import LostObservation
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
    counts = {one.placed.source.scene_id: one.mask_counts() for one in masked.granules}
    unclear = masked_reasons(task.block.shape, masked.granules)
    reasons = taken_out_by_classes(task.block.shape, masked.granules) if "mask" in task.layer_names else None
    granules = list(masked.granules)
    del masked  # so that masks are freed as soon as their granules are read
    stack, read = fill_stack(task, granules, reader)
    finished += read
    references = read_references(task, stack, reader)
    taken_out = _compare_dates(task, stack, finished, references, reasons)
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
        observations=len(finished) + references.observations,
        layers={layer.name: layer.pixels(observed) for layer in task.layers},
        lost=_lost(task, [*finished, *references.lost]),
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
    references: References,
    reasons: UInt8s | None,
) -> Counter[str]:
    """Takes out what the mask finds by comparing dates; the number of pixels by the id of the scene."""
    if task.mask.dates is None:
        return Counter()
    bands = canonical_bands(task.read_bands)
    read = [one for one in finished if isinstance(one, ReadGranule)]
    return stack.compare_dates(task.mask.dates, bands, read, references.stack, reasons)
