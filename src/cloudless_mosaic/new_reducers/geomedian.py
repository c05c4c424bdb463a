"""The geometric median over time, and how far the observations lie from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import UInt16s
from cloudless_mosaic.kernels.geomedian import joint_geomedian
from cloudless_mosaic.reducers import Reduced, _network

Float32s = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Spread:
    """Medians over time of the distances of the observations to their geometric median.

    After D. Roberts, B. Dunn and N. Mueller (2018). Shape (y, x); NaN where no observation counts.
    """

    emad: Float32s
    """Of Euclidean distances, in digital numbers."""
    smad: Float32s
    """Of 1 - cosine."""
    bcmad: Float32s
    """Of Bray-Curtis distances, sum |x - g| / sum |x + g|."""


def geomedian(stack: UInt16s) -> Reduced:
    """The point with the least sum of Euclidean distances to the observations that count, over all bands.

    It is found to within a thousandth of a digital number and rounded to a whole one. Where several points
    are equally good, which takes an even number of observations on one line, it is the mean of the
    observations that are: of two, their mean.

    Args:
        stack: Shape (band, time, y, x).
    """
    reduced = _nothing(stack)
    _reduce(stack, reduced, None)
    return reduced


def geomedian_and_spread(stack: UInt16s) -> tuple[Reduced, Spread]:
    """``geomedian``, with the distances to it before it was rounded.

    Args:
        stack: Shape (band, time, y, x).
    """
    reduced = _nothing(stack)
    planes = np.full((3, *stack.shape[2:]), np.nan, np.float32)
    _reduce(stack, reduced, planes)
    return reduced, Spread(*planes)


def _nothing(stack: UInt16s) -> Reduced:
    bands, times, rows, columns = stack.shape
    data = np.zeros((bands, rows, columns), np.uint16)
    return Reduced(data, np.zeros((rows, columns), np.uint16), np.zeros(times, np.bool_))


def _reduce(stack: UInt16s, reduced: Reduced, spread: Float32s | None) -> None:
    times = stack.shape[1]
    if times:
        joint_geomedian(stack, _network(times), reduced.data, reduced.count, reduced.contributed, spread)
