"""Percentiles over time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar, Self

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.arrays import Floats, Int64s
from cloudless_mosaic.kernels.percentiles import joint_percentile
from cloudless_mosaic.reducers.plain import AnyReducer
from cloudless_mosaic.reducers.protocol import Float32s, Reduced, Stack
from cloudless_mosaic.reducers.series import percentile_of
from cloudless_mosaic.reducers.sorting_network import sorting_network


@dataclass(frozen=True, slots=True)
class Percentile(AnyReducer):
    """Percentile over time of each band.

    Equals ``numpy.rint(numpy.nanpercentile(..., q))`` with 0 taken as NaN, by numpy's method ``linear``:
    between two observations it lies on the line from one to the other. Halves are rounded to even. With ``q``
    of 50 it is the median.
    """

    q: float
    """From 0, the least, to 100, the greatest."""

    name: ClassVar[str] = "percentile"
    microseconds: ClassVar[float] = 0.022
    parameter: ClassVar[str] = ":Q"
    chooses: ClassVar[bool] = False

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The percentile that a parameter names.

        Raises:
            UsageError: if it isn't a number from 0 to 100.
        """
        try:
            q = float(parameter)
        except ValueError:
            q = -1.0
        if not 0 <= q <= 100:
            got = repr(parameter) if parameter else "none"
            raise UsageError(
                f"`reducer` percentile takes a number from 0 to 100, got {got}; for example percentile:25"
            )
        return cls(q)

    def __str__(self) -> str:
        return f"{self.name}:{float(self.q)!r}".removesuffix(".0")

    @property
    def title(self) -> str:
        """Such as ``Percentile 25``."""
        return f"Percentile {self.q:g}"

    @property
    def rule(self) -> str:
        """What is between two observations."""
        return "between two observations it lies on the line from one to the other, rounded half to even"

    @property
    def expression(self) -> str:
        """The reduction in numpy."""
        return f"rint(nanpercentile(where(clear, reflectance, nan), {self.q:g}, axis=time))"

    def reduce(self, stack: Stack) -> Reduced:
        """Percentile over time of the observations that count."""
        values = stack.values
        reduced = Reduced.empty(values.shape)
        times = len(stack.times)
        if times:
            network, places = sorting_network(times), _places(times, self.q)
            joint_percentile(values, network, places, reduced.data, reduced.count, reduced.pixels)
        return reduced

    def reduce_series(self, series: Float32s, /) -> Float32s:
        """Percentiles over time."""
        return percentile_of(series, self.q)


@lru_cache
def _places(times: int, q: float) -> tuple[Int64s, Int64s, Floats]:
    """Where the percentile of 0, 1, ... ``times`` sorted values lies: places below and above, and the share.

    Calculated as numpy does it, so that what is rounded there is rounded here.
    """
    last = np.maximum(np.arange(times + 1) - 1, 0)
    virtual = last * (q / 100)
    low = np.minimum(np.floor(virtual).astype(np.int64), last)
    return low, np.minimum(low + 1, last), virtual - low
