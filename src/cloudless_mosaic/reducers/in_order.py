"""Reducers that take the first observation in an order of preference."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import ClassVar, Self

import numpy as np

from cloudless_mosaic.kernels.arrays import Int64s
from cloudless_mosaic.kernels.choosing import choose_first
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.parameters import day_or_middle, named_day, with_parameter
from cloudless_mosaic.reducers.plain import AnyReducer, PlainReducer
from cloudless_mosaic.reducers.protocol import Reduced, Stack


@dataclass(frozen=True, slots=True)
class First(PlainReducer):
    """The earliest observation that counts."""

    name: ClassVar[str] = "first"
    chooses: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """``First``."""
        return "First"

    @property
    def rule(self) -> str:
        """What is taken of it."""
        return "all bands of a pixel are of one observation"

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        return "reflectance[argmax(clear, axis=time)]"

    def reduce(self, stack: Stack) -> Reduced:
        """The earliest observation that counts."""
        return _in_order(stack, np.arange(len(stack.times)))


@dataclass(frozen=True, slots=True)
class Last(PlainReducer):
    """The latest observation that counts."""

    name: ClassVar[str] = "last"
    chooses: ClassVar[bool] = True

    @property
    def title(self) -> str:
        """``Last``."""
        return "Last"

    @property
    def rule(self) -> str:
        """What is taken of it."""
        return "all bands of a pixel are of one observation"

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        return "reflectance[::-1][argmax(clear[::-1], axis=time)]"

    def reduce(self, stack: Stack) -> Reduced:
        """The latest observation that counts."""
        return _in_order(stack, np.arange(len(stack.times))[::-1].copy())


@dataclass(frozen=True, slots=True)
class Nearest(AnyReducer):
    """The observation that counts and is nearest to a day, in whole days, UTC."""

    day: date | None = None
    """The day; ``None`` is the one that the middle of the period lies in."""

    name: ClassVar[str] = "nearest"
    parameter: ClassVar[str] = "[:DAY]"
    chooses: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The nearest to a day as ``YYYY-MM-DD``, or to the middle of the period.

        Raises:
            UsageError: if the parameter isn't a day.
        """
        return cls(day_or_middle(cls.name, parameter))

    def __str__(self) -> str:
        return with_parameter(self.name, self.day)

    @property
    def title(self) -> str:
        """``Nearest to``, and the day."""
        return f"Nearest to {named_day(self.day)}"

    @property
    def rule(self) -> str:
        """What is taken where several are as near."""
        return f"all bands of a pixel are of one observation, and {TIES}"

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        return "reflectance[nanargmin(where(clear, abs(days), nan), axis=time)]"

    def reduce(self, stack: Stack) -> Reduced:
        """The observation that counts and is nearest to the day."""
        return _in_order(stack, np.argsort(np.abs(stack.days_from(self.day)), kind="stable"))


def _in_order(stack: Stack, preferred: Int64s) -> Reduced:
    return choose(stack.values, partial(choose_first, stack.values, preferred))
