"""The geometric median over time, and how far the observations lie from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.geomedian import joint_geomedian
from cloudless_mosaic.reducers.plain import PlainReducer
from cloudless_mosaic.reducers.protocol import Float32s, Reduced, Stack
from cloudless_mosaic.reducers.sorting_network import sorting_network


@dataclass(frozen=True, slots=True)
class Geomedian(PlainReducer):
    """The point with the least sum of Euclidean distances to the observations that count, over all bands.

    It is found to within a thousandth of a digital number and rounded to a whole one. Where several points
    are equally good, which takes observations on one line and an even number of them, it is the mean of those
    observations that are: of two observations, their mean.
    """

    name: ClassVar[str] = "geomedian"
    microseconds: ClassVar[float] = 0.39
    chooses: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """``Geometric median``."""
        return "Geometric median"

    @property
    def rule(self) -> str:
        """Tolerance and rounding."""
        return "it is found to a thousandth of a digital number and rounded half to even"

    @property
    def expression(self) -> str:
        """What is minimised, in numpy."""
        return "argmin(g, nansum(norm(where(clear, reflectance, nan) - g, axis=band), axis=time))"

    def check(self, bands: Sequence[str], /) -> None:
        """Raises ``UsageError`` where there is one band, of which it is the median."""
        if len(bands) < 2:
            raise UsageError(
                "`reducer` geomedian takes two bands or more, since of one band it is the median; "
                "add `bands`, or choose `reducer` median"
            )

    def reduce(self, stack: Stack) -> Reduced:
        """Geometric median over time of the observations that count."""
        return _reduced(stack, None)

    def spread_bands(self, _bands: Sequence[str], /) -> tuple[str, ...]:
        """Euclidean, spectral and Bray-Curtis median absolute deviation."""
        return ("emad", "smad", "bcmad")

    def reduce_with_spread(self, stack: Stack) -> Reduced:
        """Also medians over time of the distances of the observations to the point before it is rounded.

        After D. Roberts, B. Dunn and N. Mueller (2018): of Euclidean distances in digital numbers (EMAD), of
        1 - cosine (SMAD), and of Bray-Curtis distances, sum |x - g| / sum |x + g| (BCMAD).
        """
        return _reduced(stack, np.full((3, *stack.values.shape[2:]), np.nan, np.float32))


def _reduced(stack: Stack, spread: Float32s | None) -> Reduced:
    reduced = replace(Reduced.empty(stack.values.shape), spread=spread)
    times = len(stack.times)
    if times:
        network = sorting_network(times)
        joint_geomedian(stack.values, network, reduced.data, reduced.count, reduced.pixels, spread)
    return reduced
