"""Reads the bands of granules: harmonised, masked, resampled, and checked for plausibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.granules import Layer, LostGranule, ReadGranule, SelectedGranule
from cloudless_mosaic.compositing.plausibility import (
    PixelStatistics,
    band_statistics,
    reason_for_rejection,
    sampled_rows,
)
from cloudless_mosaic.compositing.resampling import resample
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.protocol import RasterReader, RawRows, Target, WindowRead

UInt16s = npt.NDArray[np.uint16]


def read_bands(
    granules: Sequence[SelectedGranule], planes: Sequence[UInt16s], reader: RasterReader
) -> list[ReadGranule | LostGranule]:
    """Reads all bands of granules.

    Args:
        granules: What to read.
        planes: Where the pixels of each granule go, shape (band, y, x), uint16: reflectance times 10,000; 0
            is nodata or not clear. Planes of lost granules hold anything.
        reader: Where pixels come from.

    Returns:
        One for each granule: its statistics, or the first of the reasons why it is lost.
    """
    jobs = [
        _BandRead.of(number, layer, granule, plane)
        for number, (granule, own) in enumerate(zip(granules, planes, strict=True))
        for layer, plane in zip(granule.placed.bands, own, strict=True)
    ]
    statistics = [granule.statistics for granule in granules]
    reasons: dict[int, SourceError | str] = {}
    for position, answer in reader.read_many([job.read for job in jobs]):
        job = jobs[position]
        if isinstance(answer, SourceError):
            reasons.setdefault(job.granule, answer)
            continue
        granule = granules[job.granule]
        counts = job.statistics(granule)
        statistics[job.granule] = _sum(statistics[job.granule], counts)
        reason = reason_for_rejection(counts)
        if reason:
            reasons.setdefault(job.granule, granule.placed.rejection(reason))
        job.finish(answer)
    return [
        _finished(granule, statistics[number], reasons.get(number)) for number, granule in enumerate(granules)
    ]


@dataclass(frozen=True, slots=True)
class _BandRead:
    """One band of one granule."""

    granule: int
    """Place of the granule among those that are read."""
    layer: Layer
    """The band."""
    plane: UInt16s
    """Where its pixels go, shape (y, x)."""
    target: Target
    """What the reader does to them; its output is the plane itself, or is resampled to it."""
    read: WindowRead
    """The read."""

    @classmethod
    def of(cls, number: int, layer: Layer, granule: SelectedGranule, plane: UInt16s) -> _BandRead:
        copied, shape = layer.mapping.copied, layer.mapping.window.shape
        out = plane[copied] if copied else np.empty(shape, np.uint16)
        if copied and shape != plane.shape:
            plane[:] = 0
        target = Target(
            out,
            granule.needed[layer.part],
            layer.offset,
            RawRows.of(shape, sampled_rows(shape)),
            masked=granule.classified is not None,
        )
        return cls(number, layer, plane, target, layer.read(target=target))

    def statistics(self, granule: SelectedGranule) -> PixelStatistics:
        """Statistics of the band's pixels as they are in the file."""
        raw_rows = self.target.raw_rows
        return band_statistics(
            raw_rows.values,
            self.target.clear[raw_rows.rows],
            band=self.layer.name,
            offset=self.target.offset,
            part=self.layer.part,
            classified=granule.classified,
        )

    def finish(self, samples: UInt16s) -> None:
        """Takes the samples of the band to the plane, where they aren't there yet."""
        if not self.layer.mapping.copied:
            self.plane[:] = resample(samples, self.layer.mapping)


def _sum(one: PixelStatistics | None, other: PixelStatistics) -> PixelStatistics:
    return one.plus(other) if one else other


def _finished(
    granule: SelectedGranule, statistics: PixelStatistics | None, reason: SourceError | str | None
) -> ReadGranule | LostGranule:
    placed = granule.placed
    if reason is not None:
        return LostGranule.of(placed, reason, statistics)
    return ReadGranule(placed.number, placed.observation, placed.source.scene_id, statistics, filled=True)
