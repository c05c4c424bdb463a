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


@dataclass(frozen=True, slots=True)
class Standard:
    """What counts as the same answer."""

    counted: bool
    """True to compare those pixels only that have as many observations in both mosaics."""
    distance: int
    """Digital numbers by which near pixels may differ in any band."""
    compared: float
    """Least share of the pixels with data that can be compared."""
    near: float
    """Least share of the compared pixels that are near."""


NATIVE = Standard(counted=True, distance=1, compared=0.98, near=0.999)
"""For mosaics of native pixels: only rounding may differ."""

COARSE = Standard(counted=False, distance=100, compared=0.98, near=0.95)
"""For mosaics of averaged pixels: each program averages differently, so 0.01 of reflectance is near."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two mosaics agree where both grids overlap."""

    standard: Standard
    """What they are held to."""
    compared: float
    """Share of the pixels that have data in either mosaic which could be compared."""
    equal: float
    """Share of the compared pixels where every band is equal."""
    near: float
    """Share of the compared pixels where no band differs by more than the standard's distance."""

    @property
    def same(self) -> bool:
        """True where both count as the same answer."""
        return self.compared >= self.standard.compared and self.near >= self.standard.near


def compare(pairs: Iterable[tuple[Path, Path]], standard: Standard) -> Agreement:
    """Compares mosaics of ours with those of another.

    Args:
        pairs: Our mosaic, beside which its count lies, and the other one. Where the standard asks for it,
            that has the count as its last band. Grids have the same pixel size and are whole pixels apart.
        standard: What to hold them to.
    """
    totals = np.zeros(4, np.int64)
    for ours, theirs in pairs:
        totals += _tally(*_common(ours, theirs), standard)
    either, compared, equal, near = totals.tolist()
    least = max(compared, 1)
    return Agreement(standard, compared / max(either, 1), equal / least, near / least)


def _tally(ours: UInt16s, theirs: UInt16s, standard: Standard) -> npt.NDArray[np.int64]:
    """Pixels with data in either mosaic, those compared, those equal and those near.

    Args:
        ours: Bands and the count, shape (band, y, x).
        theirs: Likewise; any last band will do where counts are not compared.
        standard: What to hold them to.
    """
    ours_valid, theirs_valid = (bands[: len(BANDS)].any(axis=0) for bands in (ours, theirs))
    compared = ours_valid & theirs_valid
    if standard.counted:
        compared &= ours[-1] == theirs[-1]
    pixels = slice(len(BANDS))
    distance = np.abs(ours[pixels].astype(np.int32) - theirs[pixels]).max(axis=0)[compared]
    return np.array(
        [
            (ours_valid | theirs_valid).sum(),
            compared.sum(),
            (distance == 0).sum(),
            (distance <= standard.distance).sum(),
        ],
        np.int64,
    )


def _common(ours: Path, theirs: Path) -> tuple[UInt16s, UInt16s]:
    """All bands of both, with our count, where their grids overlap."""
    beside = ours.with_name(f"{ours.stem}-count.tif")
    with rasterio.open(ours) as own, rasterio.open(beside) as count, rasterio.open(theirs) as other:
        left, bottom, right, top = own.bounds
        left, right = max(left, other.bounds.left), min(right, other.bounds.right)
        bottom, top = max(bottom, other.bounds.bottom), min(top, other.bounds.top)
        mine, others = (_whole(from_bounds(left, bottom, right, top, one.transform)) for one in (own, other))
        return np.concatenate([own.read(window=mine), count.read(window=mine)]), other.read(window=others)


def _whole(window: Window) -> Window:
    return window.round_offsets(op="round").round_lengths(op="round")
