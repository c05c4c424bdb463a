"""One block of both dates: read, mask, and compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.burned.indices import Floats, bai, dnbr, nbr, rbr
from cloudless_mosaic.burned.plan import PairTask
from cloudless_mosaic.burned.severity import classify
from cloudless_mosaic.checks import Evidence
from cloudless_mosaic.compose import compose
from cloudless_mosaic.grid import Block
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.results import Composite, LostObservation, SceneNote

_NIR, _SWIR, _RED = 0, 1, 2
"""Places of the bands in a composite, by ``BurnedAreaRequest.bands``."""


@dataclass(frozen=True, slots=True)
class BlockChange:
    """What became of one block."""

    block: Block
    """Place of the block in the output grid."""
    index: Floats
    """The index that was asked for, shape (y, x); NaN where the dates can't be compared."""
    severity: npt.NDArray[np.uint8]
    """Codes of severity by dNBR, shape (y, x); 0 exactly where the dates can't be compared."""
    observations: int
    """Observations (scene and block) that were planned."""
    lost: tuple[LostObservation, ...]
    """Observations that could not be read."""
    notes: tuple[SceneNote, ...]
    """What the files of scenes say against their metadata."""
    evidence: tuple[tuple[str, Evidence], ...]
    """What samples of the pixels of scenes show, by id; adds up over blocks."""


def compare(task: PairTask, reader: RasterReader) -> BlockChange:
    """Reads both dates of a block and compares them where both are clear.

    Each date is read as a mosaic of a single scene is: harmonised, masked, and resampled by area, which
    repeats the 20 m pixels of B12 on a grid of 10 m.

    Args:
        task: What to read and what to make of it.
        reader: Where pixels come from.
    """
    before, after = compose(task.before, reader), compose(task.after, reader)
    old, new = (nbr(one.data[_NIR], one.data[_SWIR]) for one in (before, after))
    change = dnbr(old, new)
    index = change
    if task.index == "rbr":
        index = rbr(change, old)
    elif task.index == "bai":
        index = _where_compared(bai(after.data[_RED], after.data[_NIR]), change)
    both: tuple[Composite, Composite] = (before, after)
    return BlockChange(
        block=task.block,
        index=index,
        severity=classify(change),
        observations=sum(one.observations for one in both),
        lost=tuple(lost for one in both for lost in one.lost),
        notes=tuple(note for one in both for note in one.notes),
        evidence=tuple(evidence for one in both for evidence in one.evidence),
    )


def _where_compared(index: Floats, change: Floats) -> Floats:
    index[np.isnan(change)] = np.nan
    return index
