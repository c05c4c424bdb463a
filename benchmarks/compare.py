"""Pixel by pixel: is another contender's mosaic the same as ours?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import Window, from_bounds

from benchmarks.jobs import BANDS

UInt16s = npt.NDArray[np.uint16]

_SAME_COUNT = 0.98
"""Share of pixels whose number of observations has to agree in mosaics that count as the same."""

_SAME_VALUE = 0.999
"""Share of the pixels with as many observations whose bands may differ by 1 at most."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two mosaics agree where both grids overlap."""

    pixels: int
    """Pixels where either has data."""
    same_count: float
    """Share of ``pixels`` where both have as many observations, and at least one."""
    equal: float
    """Share of the pixels with the same count where every band is equal."""
    near: float
    """Share of them where no band differs by more than 1."""

    @property
    def same(self) -> bool:
        """True where both count as the same answer."""
        return self.same_count >= _SAME_COUNT and self.near >= _SAME_VALUE


def compare(pairs: Iterable[tuple[Path, Path]]) -> Agreement:
    """Compares mosaics of ours with those of another.

    Args:
        pairs: Our mosaic, beside which its count lies, and the other one, which has the count as its last
            band. Both have the same pixel size, and grids that are whole pixels apart.
    """
    totals = np.zeros(4, np.int64)
    for ours, theirs in pairs:
        totals += _tally(*_common(ours, theirs))
    either, counted, equal, near = totals.tolist()
    return Agreement(either, counted / max(either, 1), equal / max(counted, 1), near / max(counted, 1))


def _tally(ours: UInt16s, theirs: UInt16s) -> npt.NDArray[np.int64]:
    """Pixels that either has, of those with the same count, of those that are equal, and nearly equal.

    Args:
        ours: Bands and the count, shape (band, y, x).
        theirs: Likewise.
    """
    either = (ours[-1] > 0) | (theirs[-1] > 0)
    counted = either & (ours[-1] == theirs[-1])
    distance = np.abs(ours[:-1].astype(np.int32) - theirs[:-1]).max(axis=0)[counted]
    sizes = (either.sum(), counted.sum(), (distance == 0).sum(), (distance <= 1).sum())
    return np.array(sizes, np.int64)


def _common(ours: Path, theirs: Path) -> tuple[UInt16s, UInt16s]:
    """Bands and count of both where their grids overlap."""
    beside = ours.with_name(f"{ours.stem}-count.tif")
    with rasterio.open(ours) as own, rasterio.open(beside) as own_count, rasterio.open(theirs) as other:
        left, bottom, right, top = own.bounds
        left, right = max(left, other.bounds.left), min(right, other.bounds.right)
        bottom, top = max(bottom, other.bounds.bottom), min(top, other.bounds.top)
        windows = [from_bounds(left, bottom, right, top, one.transform) for one in (own, other)]
        mine, others = (_whole(window) for window in windows)
        bands = range(1, len(BANDS) + 1)
        our_pixels = np.concatenate([own.read(bands, window=mine), own_count.read(window=mine)])
        return our_pixels, other.read((*bands, other.count), window=others)


def _whole(window: Window) -> Window:
    return window.round_offsets(op="round").round_lengths(op="round")
