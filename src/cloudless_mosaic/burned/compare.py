"""One block of both dates: read, mask, and compare."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.burned.indices import Floats, UInt16s, bai, dnbr, nbr, rbr
from cloudless_mosaic.burned.plan import PairTask
from cloudless_mosaic.burned.request import Index
from cloudless_mosaic.burned.severity import classify
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.reading import RasterReader

_NIR, _SWIR, _RED = 0, 1, 2
"""Positions of the bands in a composite, as in ``BurnedAreaRequest.bands``."""

_STRIP = 32
"""Rows that are computed together, so that they stay in the processor's cache."""


@dataclass(frozen=True, slots=True)
class BlockChange:
    """The result of one block."""

    block: Block
    """Place of the block in the output grid."""
    index: Floats
    """The requested index, shape (y, x); NaN where the dates can't be compared."""
    severity: npt.NDArray[np.uint8]
    """Codes of severity by dNBR, shape (y, x); 0 exactly where the dates can't be compared."""
    planned: tuple[int, int]
    """Observations (scene and block) that were planned, before and after the fire."""
    lost: tuple[LostObservation, ...]
    """Observations that could not be read."""
    notes: tuple[SceneNote, ...]
    """Notes on scenes whose files contradict their metadata."""
    statistics: tuple[tuple[str, PixelStatistics], ...]
    """Statistics of the sampled pixels of scenes, by id; they add up over blocks."""

    @property
    def observations(self) -> int:
        """Observations that were planned, of both dates."""
        return sum(self.planned)


def compare(task: PairTask, reader: RasterReader) -> BlockChange:
    """Reads both dates of a block and compares them where both are clear.

    Each date is read like a mosaic of a single scene: offset removed, masked, and resampled by area, which
    repeats the 20 m pixels of B12 on a grid of 10 m.

    Args:
        task: What to read and which index to compute.
        reader: Where pixels come from.
    """
    before, after = compose(task.before, reader), compose(task.after, reader)
    index, severity = np.empty(task.block.shape, np.float32), np.empty(task.block.shape, np.uint8)
    for first in range(0, len(index), _STRIP):
        rows = slice(first, first + _STRIP)
        index[rows], severity[rows] = _compared(before.data[:, rows], after.data[:, rows], task.index)
    both: tuple[Composite, Composite] = (before, after)
    return BlockChange(
        block=task.block,
        index=index,
        severity=severity,
        planned=(before.observations, after.observations),
        lost=tuple(lost for one in both for lost in one.lost),
        notes=tuple(note for one in both for note in one.notes),
        statistics=tuple(statistics for one in both for statistics in one.statistics),
    )


def _compared(before: UInt16s, after: UInt16s, index: Index) -> tuple[Floats, npt.NDArray[np.uint8]]:
    """Index and severity of some rows of both dates, shape (band, y, x); 0 is nodata."""
    old, new = (nbr(one[_NIR], one[_SWIR]) for one in (before, after))
    change = dnbr(old, new)
    severity = classify(change)
    if index == "rbr":
        return rbr(change, old), severity
    if index == "bai":
        char = bai(after[_RED], after[_NIR])
        char[np.isnan(change)] = np.nan
        return char, severity
    return change, severity
