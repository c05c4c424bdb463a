"""Masks that are compared: each says which observations are kept. They are those of the package."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec

import numpy as np

from benchmarks.errors import BenchmarkError
from benchmarks.quality.observations import BANDS, Bools, Observations, UInt16s
from cloudless_mosaic.masks import Mask, MaskSettings, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.levels import CLEAR, HARD, UInt8s
from cloudless_mosaic.masks.network import (
    Answer,
    Network,
    Place,
    classes_of_cell,
    merged,
    places_of,
    source_pixels,
)


@dataclass(frozen=True, slots=True)
class Recipe:
    """A mask with a name."""

    name: str
    """Short, as on the command line."""
    title: str
    """What it does, for a table."""
    kept: Callable[[Observations], Bools]
    """Gives the observations that are kept, shape (time, y, x)."""
    whole: bool = False
    """True where it needs ``Observations.whole``."""


def kept_by(mask: Mask) -> Callable[[Observations], Bools]:
    """The observations that a mask keeps: by the classification, then by comparing dates."""

    def kept(seen: Observations) -> Bools:
        levels = levels_of_scenes(mask, seen)
        usable = seen.complete & (levels != HARD)
        if mask.dates is None:
            return np.asarray(usable)
        stack = np.where(usable, seen.stack, 0).astype(np.uint16)
        mask.dates.take_out(stack, BANDS, levels)
        return np.asarray(stack[0] > 0)

    return kept


def levels_of_scenes(mask: Mask, seen: Observations) -> UInt8s:
    """Levels of all observations by what each scene shows alone, shape (time, y, x), C-contiguous."""
    codes = seen.scl if mask.network is None else _with_network(seen, mask.network)
    scenes = [_levels(mask, one, seen.resolution) for one in codes]
    return np.ascontiguousarray(seen.at_pixels(np.stack(scenes)), np.uint8)


def _with_network(seen: Observations, network: Network) -> UInt8s:
    """The classifications, with what a network finds in pixels of the same size."""
    if seen.whole is None or tuple(network.bands) != BANDS:
        raise BenchmarkError(f"{network} can't be asked: its bands aren't at hand")
    found = [
        merged(codes, network_classes(seen.whole[:, date], network)) for date, codes in enumerate(seen.scl)
    ]
    return np.stack(found)


def network_classes(bands: UInt16s, network: Network) -> UInt8s:
    """What a network finds in a whole scene, shape (rows, columns).

    Args:
        bands: Reflectance / 0.0001 of the bands that it looks at, shape (band, rows, columns).
        network: The network.
    """
    shape = bands.shape[1], bands.shape[2]

    @cache
    def answer_at(place: Place) -> Answer:
        rows, columns = (source_pixels(one, length) for one, length in zip(place, shape, strict=True))
        return Answer.of(network, bands[:, rows[:, None], columns])

    cells = [
        [classes_of_cell((row, column), shape, answer_at) for column in places_of(0, shape[1])]
        for row in places_of(0, shape[0])
    ]
    return np.asarray(np.block(cells)[: shape[0], : shape[1]])


def _levels(mask: Mask, scl: UInt8s, resolution: float) -> UInt8s:
    levels = mask.levels(scl, resolution)
    if levels is None:
        levels = np.where(mask.clear(scl, resolution), CLEAR, HARD).astype(np.uint8)
    return levels


def _recipe(title: str, mask: str, dilation: float | None = None, name: str = "") -> Recipe:
    made = make_mask(mask, MaskSettings(DEFAULT_CLEAR_CLASSES, dilation))
    return Recipe(name or mask, title, kept_by(made), whole=made.network is not None)


RECIPES = (
    _recipe("no mask", "none"),
    _recipe("classes 3, 8, 9, 10 masked, not grown", "scl", 0, "scl-0"),
    _recipe("the same, grown by 100 m", "scl"),
    _recipe("the same, grown by 120 m", "scl", 120, "scl-120"),
    _recipe("the same, grown by 240 m", "scl", 240, "scl-240"),
    _recipe("classes, grown by 120 m, doubtful up to 300 m, then a test over the dates", "multidate"),
    *(
        [_recipe("the same, and what ukis-csmask finds is masked as clouds and shadows are", "ukis")]
        if find_spec("ukis_csmask") and find_spec("onnxruntime")
        else []
    ),
    _recipe("classes 3, 8, 9, 10; opening 40 m, dilation 100 m", "deafrica"),
    _recipe("classes 1, 3, 7, 8, 9, 10 (with the median)", "cdse"),
    _recipe("classes 0, 1, 3, 8-11; erosion 60 m, dilation 260 m", "worldcereal"),
)
"""All that are compared, by default; ukis where the extra is installed."""
