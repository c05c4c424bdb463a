"""Masks that are compared: each says which observations are kept. They are those of the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from benchmarks.quality.observations import BANDS, Bools, Observations
from cloudless_mosaic.masks import Mask, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.levels import CLEAR, HARD, UInt8s


@dataclass(frozen=True, slots=True)
class Recipe:
    """A mask with a name."""

    name: str
    """Short, as on the command line."""
    title: str
    """What it does, for a table."""
    kept: Callable[[Observations], Bools]
    """Gives the observations that are kept, shape (time, y, x)."""


def _kept_by(mask: Mask) -> Callable[[Observations], Bools]:
    """The observations that a mask keeps: by the classification, then by comparing dates."""

    def kept(seen: Observations) -> Bools:
        scenes = [_levels(mask, one, seen.resolution) for one in seen.scl]
        levels = np.ascontiguousarray(seen.at_pixels(np.stack(scenes)), np.uint8)
        usable = seen.complete & (levels != HARD)
        if mask.dates is None:
            return np.asarray(usable)
        stack = np.where(usable, seen.stack, 0).astype(np.uint16)
        mask.dates.take_out(stack, BANDS, levels)
        return np.asarray(stack[0] > 0)

    return kept


def _levels(mask: Mask, scl: UInt8s, resolution: float) -> UInt8s:
    levels = mask.levels(scl, resolution)
    if levels is None:
        levels = np.where(mask.clear(scl, resolution), CLEAR, HARD).astype(np.uint8)
    return levels


def _recipe(title: str, mask: str, dilation: float | None = None, name: str = "") -> Recipe:
    made = make_mask(mask, MaskSettings(DEFAULT_CLEAR_CLASSES, dilation))
    return Recipe(name or mask, title, _kept_by(made))


RECIPES = (
    _recipe("no mask", "none"),
    _recipe("classes 3, 8, 9, 10 masked, not grown", "scl", 0, "scl-0"),
    _recipe("the same, grown by 100 m", "scl"),
    _recipe("the same, grown by 120 m", "scl", 120, "scl-120"),
    _recipe("the same, grown by 240 m", "scl", 240, "scl-240"),
    _recipe("classes, grown by 120 m, doubtful up to 300 m, then a test over the dates", "multidate"),
    _recipe("classes 3, 8, 9, 10; opening 40 m, dilation 100 m", "deafrica"),
    _recipe("classes 1, 3, 7, 8, 9, 10 (with the median)", "cdse"),
    _recipe("classes 0, 1, 3, 8-11; erosion 60 m, dilation 260 m", "worldcereal"),
)
"""All that are compared, by default."""
