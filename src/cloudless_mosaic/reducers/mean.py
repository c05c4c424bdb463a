"""Means over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from cloudless_mosaic.kernels.percentiles import joint_mean
from cloudless_mosaic.reducers.plain import PlainReducer
from cloudless_mosaic.reducers.protocol import Float32s, Reduced, Stack
from cloudless_mosaic.reducers.series import mean_of


@dataclass(frozen=True, slots=True)
class Mean(PlainReducer):
    """Mean over time of each band, rounded half to even from the exact quotient."""

    name: ClassVar[str] = "mean"
    chooses: ClassVar[bool] = False

    @property
    def title(self) -> str:
        """``Mean``."""
        return "Mean"

    @property
    def rule(self) -> str:
        """How it is rounded."""
        return "it is rounded half to even"

    @property
    def expression(self) -> str:
        """The reduction in numpy."""
        return "rint(nanmean(where(clear, reflectance, nan), axis=time))"

    def reduce(self, stack: Stack) -> Reduced:
        """Mean over time of the observations that count."""
        values = stack.values
        reduced = Reduced.empty(values.shape)
        if len(stack.times):
            joint_mean(values, reduced.data, reduced.count, reduced.pixels)
        return reduced

    def reduce_series(self, series: Float32s, /) -> Float32s:
        """Means over time."""
        return mean_of(series)
