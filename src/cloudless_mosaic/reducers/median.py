"""The median, on uint16 with 0 for "no observation". No float, no NaN.

The median sorts each pixel's series by a sorting network whose comparators run over whole rows of pixels, so
the compiler turns a comparator into vector minima and maxima. Zeros sort to the front, so the clear values of
a pixel are the last ``count`` of its series and its median lies at a place that depends on the count alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from cloudless_mosaic.kernels import joint_median
from cloudless_mosaic.kernels.deviations import joint_median_deviation
from cloudless_mosaic.reducers.plain import PlainReducer
from cloudless_mosaic.reducers.protocol import Float32s, Reduced, Stack
from cloudless_mosaic.reducers.series import percentile_of
from cloudless_mosaic.reducers.sorting_network import sorting_network


@dataclass(frozen=True, slots=True)
class Median(PlainReducer):
    """Median over time of each band.

    Equals ``numpy.rint(numpy.nanmedian(...))`` with 0 taken as NaN and the result's NaN as 0: the mean of the
    two middle values where their number is even, halves rounded to even.
    """

    name: ClassVar[str] = "median"
    chooses: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """``Median``."""
        return "Median"

    @property
    def rule(self) -> str:
        """How an even number of observations is reduced."""
        return "an even number of observations gives the mean of the middle two, rounded half to even"

    @property
    def expression(self) -> str:
        """The reduction in numpy."""
        return "rint(nanmedian(where(clear, reflectance, nan), axis=time))"

    def reduce(self, stack: Stack) -> Reduced:
        """Median over time of the values that are not 0."""
        values = stack.values
        reduced = Reduced.empty(values.shape)
        times = values.shape[1]
        if times:
            joint_median(values, sorting_network(times), reduced.data, reduced.count, reduced.pixels)
        return reduced

    def reduce_series(self, series: Float32s, /) -> Float32s:
        """Medians over time; an even number of observations gives the mean of the middle two."""
        return percentile_of(series, 50)

    def spread_bands(self, bands: Sequence[str], /) -> tuple[str, ...]:
        """The median absolute deviation of each band, by the names of the bands."""
        return tuple(bands)

    def reduce_with_spread(self, stack: Stack) -> Reduced:
        """Also the median over time of the absolute deviations from the median (MAD), each band by itself.

        They are from the median before it is rounded, so they are multiples of a half, and exact.
        """
        values = stack.values
        bands, times, rows, columns = values.shape
        spread = np.full((bands, rows, columns), np.nan, np.float32)
        if times:
            joint_median_deviation(values, sorting_network(times), spread)
        return replace(self.reduce(stack), spread=spread)
