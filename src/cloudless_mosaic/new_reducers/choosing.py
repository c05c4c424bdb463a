"""Reductions that take all bands of a pixel from one observation.

Of observations that are equally good, the earliest in the stack is taken, which is in the order of time and
does not depend on how an area is cut or by what it is worked on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import Int64s, UInt8s, UInt16s
from cloudless_mosaic.kernels import choosing as kernels
from cloudless_mosaic.reducers import Reduced

Chosen = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Choice:
    """A stack of observations, of which one is taken for each pixel."""

    reduced: Reduced
    """Its count is that of the observations that could be taken; contributed are those that were."""
    chosen: Chosen
    """Place of the observation in the stack, shape (y, x); -1 where none counts."""
    pixels: Int64s
    """Pixels that are taken from each observation, shape (time,)."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What makes an observation the best; whole numbers, whose sum has to stay below 2**31."""

    by_time: Int32s
    """Score of each observation, shape (time,)."""
    levels: UInt8s | None = None
    """Levels of each pixel, such as steps of the distance to cloud: C-contiguous, shape (time, y, x)."""
    by_level: Int32s | None = None
    """Score of each level, shape (256,)."""
    haze_bands: tuple[int, int] | None = None
    """Places of the blue and the red band in the stack."""
    least_haze: int = 0
    """What 2 blue - red is at the first entry of ``by_haze``."""
    by_haze: Int32s | None = None
    """Score of each value of 2 blue - red; beyond either end, that of the end."""


def first(stack: UInt16s) -> Choice:
    """The earliest observation that counts."""
    return _in_order(stack, np.arange(stack.shape[1]))


def last(stack: UInt16s) -> Choice:
    """The latest observation that counts."""
    return _in_order(stack, np.arange(stack.shape[1])[::-1].copy())


def nearest(stack: UInt16s, distances: Sequence[float]) -> Choice:
    """The observation that counts and is nearest to a day; of two that are, the earlier.

    Args:
        stack: Shape (band, time, y, x).
        distances: Time from each observation to the day, in any unit and of either sign.
    """
    return _in_order(stack, np.argsort(np.abs(np.asarray(distances, float)), kind="stable"))


def medoid(stack: UInt16s) -> Choice:
    """The observation with the least sum of Euclidean distances to the others (N. Flood, 2013).

    Distances are rounded to 2**-20 digital numbers, so that their sums are exact and ties are ties.

    Args:
        stack: Shape (band, time, y, x).
    """
    chosen, count = _nowhere(stack)
    if stack.shape[1]:
        kernels.choose_medoid(stack, chosen, count)
    return _taken(stack, chosen, count)


def highest(stack: UInt16s, scores: npt.NDArray[np.float32]) -> Choice:
    """The observation with the highest score of the pixel.

    Args:
        stack: Shape (band, time, y, x).
        scores: C-contiguous, shape (time, y, x); one that is NaN is taken only where all are.
    """
    chosen, count = _nowhere(stack)
    if stack.shape[1]:
        kernels.choose_highest(stack, scores, chosen, count)
    return _taken(stack, chosen, count)


def highest_difference(stack: UInt16s, bands: tuple[int, int]) -> Choice:
    """The observation with the highest normalised difference of two bands, such as NDVI.

    They are compared in whole numbers: (a - b) / (a + b) grows with a / b.

    Args:
        stack: Shape (band, time, y, x).
        bands: Places of a and b in the stack; for NDVI, near infrared and red.
    """
    chosen, count = _nowhere(stack)
    if stack.shape[1]:
        kernels.choose_highest_ratio(stack, bands, chosen, count)
    return _taken(stack, chosen, count)


def best(stack: UInt16s, scores: Scores) -> Choice:
    """The observation with the highest sum of scores.

    Args:
        stack: Shape (band, time, y, x).
        scores: Of its observations.
    """
    chosen, count = _nowhere(stack)
    by_level = by_haze = None
    if scores.levels is not None and scores.by_level is not None:
        by_level = scores.levels, scores.by_level
    if scores.haze_bands is not None and scores.by_haze is not None:
        by_haze = scores.haze_bands, scores.least_haze, scores.by_haze
    if stack.shape[1]:
        kernels.choose_best(stack, scores.by_time, by_level, by_haze, chosen, count)
    return _taken(stack, chosen, count)


def closest(stack: UInt16s, composite: UInt16s) -> Chosen:
    """The observation nearest to a composite: with the least sum of absolute differences of its bands.

    Args:
        stack: Shape (band, time, y, x).
        composite: C-contiguous, shape (band, y, x).

    Returns:
        Place in the stack, shape (y, x); -1 where no observation counts.
    """
    chosen, _ = _nowhere(stack)
    if stack.shape[1]:
        kernels.choose_closest(stack, composite, chosen)
    return chosen


def pixels_of(chosen: Chosen, times: int) -> Int64s:
    """Pixels that are taken from each observation, shape (times,).

    Args:
        chosen: C-contiguous, places in a stack of so many observations; -1 where none is taken.
        times: Observations in the stack.
    """
    return kernels.count_chosen(chosen, times)


def _in_order(stack: UInt16s, preferred: Int64s) -> Choice:
    chosen, count = _nowhere(stack)
    if stack.shape[1]:
        kernels.choose_first(stack, preferred, chosen, count)
    return _taken(stack, chosen, count)


def _nowhere(stack: UInt16s) -> tuple[Chosen, UInt16s]:
    return np.full(stack.shape[2:], -1, np.int16), np.zeros(stack.shape[2:], np.uint16)


def _taken(stack: UInt16s, chosen: Chosen, count: UInt16s) -> Choice:
    bands, times, *plane = stack.shape
    data = np.zeros((bands, *plane), np.uint16)
    if times:
        kernels.gather_chosen(stack, chosen, data)
    pixels = kernels.count_chosen(chosen, times)
    return Choice(Reduced(data, count, pixels > 0), chosen, pixels)
