"""Means over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

from cloudless_mosaic.kernels.percentiles import joint_mean
from cloudless_mosaic.reducers.parameters import no_parameter
from cloudless_mosaic.reducers.protocol import Reduced, Stack


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean over time of each band, rounded half to even from the exact quotient."""

    name: ClassVar[str] = "mean"
    chooses: ClassVar[bool] = False

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The mean; it takes no parameter.

        Raises:
            UsageError: if there is a parameter.
        """
        no_parameter(cls.name, parameter)
        return cls()

    def __str__(self) -> str:
        return self.name

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

    def check(self, bands: Sequence[str]) -> None:
        """Any bands have one."""

    def reduce(self, stack: Stack) -> Reduced:
        """Mean over time of the observations that count."""
        values = stack.values
        reduced = Reduced.empty(values.shape)
        if len(stack.times):
            joint_mean(values, reduced.data, reduced.count, reduced.pixels)
        return reduced
