"""Reads observations of other periods, with which those of a task are compared."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cloudless_mosaic.compositing.granules import LostGranule
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.observation_stack import ObservationStack
from cloudless_mosaic.compositing.placing import place_granules
from cloudless_mosaic.compositing.stacking import fill_stack
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader
from cloudless_mosaic.reducers.median import Median


@dataclass(frozen=True, slots=True)
class References:
    """What was read of other periods."""

    stack: ObservationStack | None = None
    """Their pixels in the bands that the mask looks at; ``None`` where there are none."""
    observations: int = 0
    """Granules that were to be read."""
    lost: tuple[LostGranule, ...] = ()
    """Those that couldn't be."""


def read_references(task: BlockTask, stack: ObservationStack, reader: RasterReader) -> References:
    """Reads what the pixels of few observations are compared with.

    Whether a pixel is compared depends on its own observations alone, so blocks don't change it.

    Args:
        task: The task.
        stack: Its own observations.
        reader: Where pixels come from.
    """
    dates = task.mask.dates
    if dates is None or not task.references:
        return References()
    count = (stack.pixels != 0).all(axis=0).sum(axis=0)
    few = (count > 0) & (count <= dates.neighbours)
    if not few.any():
        return References()
    other = replace(
        task,
        observations=task.references,
        references=(),
        bands=dates.guides,
        reducer=Median(),
        layers=(),
        inside=PackedMask.of(few),
    )
    placed = place_granules(other, reader)
    masked = mask_granules(placed, other.mask, reader).within(other.inside)
    filled, finished = fill_stack(other, list(masked.granules), reader)
    filled.pixels[:, :, ~few] = 0
    lost = [one for one in (*placed.lost, *masked.lost, *finished) if isinstance(one, LostGranule)]
    return References(filled, len(finished) + len(placed.lost) + len(masked.lost), tuple(lost))
