"""Masks that are compared: each says which observations are kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.quality.multidate import HARD, Settings, keep, levels
from benchmarks.quality.observations import Bools, Observations
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.scl import SclMask

_CLOUD = 8
_CLEAR = 4


@dataclass(frozen=True, slots=True)
class Recipe:
    """A mask with a name."""

    name: str
    """Short, as on the command line."""
    title: str
    """What it does, for a table."""
    kept: Callable[[Observations], Bools]
    """Gives the observations that are kept, shape (time, y, x)."""


def dilated(mask: Bools, radius: float) -> Bools:
    """A mask grown by a disk; equals ``scipy.ndimage.binary_dilation`` with that disk.

    Args:
        mask: Shape (rows, columns).
        radius: Pixels.
    """
    classes = np.where(mask, _CLOUD, _CLEAR).astype(np.uint8)
    return ~SclMask((_CLEAR,), radius).clear(classes, 1.0)


def eroded(mask: Bools, radius: float) -> Bools:
    """A mask shrunk by a disk; what lies outside of the array counts as masked."""
    return ~dilated(~mask, radius)


def opened(mask: Bools, radius: float) -> Bools:
    """A mask without parts that a disk doesn't fit in."""
    return dilated(eroded(mask, radius), radius)


def _per_scene(clear: Callable[[npt.NDArray[np.uint8], float], Bools]) -> Callable[[Observations], Bools]:
    """A mask that is made from each classification alone."""

    def kept(seen: Observations) -> Bools:
        masks = np.stack([clear(one, seen.resolution) for one in seen.scl])
        return np.asarray(seen.at_pixels(masks) & seen.complete, np.bool_)

    return kept


def _without(classes: Sequence[int]) -> Callable[[npt.NDArray[np.uint8], float], Bools]:
    def clear(scl: npt.NDArray[np.uint8], resolution: float) -> Bools:
        del resolution
        return ~np.isin(scl, (0, *classes)) & (scl <= max(DEFAULT_CLEAR_CLASSES))

    return clear


def _grown(metres: float) -> Callable[[npt.NDArray[np.uint8], float], Bools]:
    return lambda scl, resolution: SclMask(DEFAULT_CLEAR_CLASSES, metres).clear(scl, resolution)


def _deafrica(scl: npt.NDArray[np.uint8], resolution: float) -> Bools:
    """Opening by 2 and dilation by 5 pixels of 20 m (odc-stats, ``gm-s2``)."""
    masked = dilated(opened(np.isin(scl, (3, 8, 9, 10)), 40 / resolution), 100 / resolution)
    return ~masked & (scl != 0)


def _worldcereal(scl: npt.NDArray[np.uint8], resolution: float) -> Bools:
    """Erosion by 3 and dilation by 13 pixels of 20 m."""
    masked = dilated(eroded(np.isin(scl, (0, 1, 3, 8, 9, 10, 11)), 60 / resolution), 260 / resolution)
    return ~masked & (scl != 0)


def _multidate(seen: Observations) -> Bools:
    settings = Settings()
    classes = np.stack([levels(one, seen.resolution, settings) for one in seen.scl])
    level = np.where(seen.complete, seen.at_pixels(classes), HARD)
    return keep(seen.band("B02"), seen.band("B04"), seen.band("B08"), level.astype(np.uint8), settings)


RECIPES = (
    Recipe("none", "no mask", lambda seen: seen.complete),
    Recipe("scl-classes", "classes 3, 8, 9, 10 masked, not grown", _per_scene(_grown(0))),
    Recipe("scl", "the same, grown by 120 m", _per_scene(_grown(120))),
    Recipe("scl-240", "the same, grown by 240 m", _per_scene(_grown(240))),
    Recipe("multidate", "classes, then a test over the dates", _multidate),
    Recipe("deafrica", "classes 3, 8, 9, 10; opening 40 m, dilation 100 m", _per_scene(_deafrica)),
    Recipe("cdse", "classes 1, 3, 7, 8, 9, 10 (with the median)", _per_scene(_without((1, 3, 7, 8, 9, 10)))),
    Recipe("worldcereal", "classes 0, 1, 3, 8-11; erosion 60 m, dilation 260 m", _per_scene(_worldcereal)),
)
"""All that are compared, by default."""
