"""Reducers that take the first observation in an order of preference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import ClassVar, Self

import numpy as np

from cloudless_mosaic.kernels.arrays import Int64s
from cloudless_mosaic.kernels.choosing import choose_first
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.parameters import day_or_middle, named_day, no_parameter, with_parameter
from cloudless_mosaic.reducers.protocol import Reduced, Stack


@dataclass(frozen=True, slots=True)
class First:
    """The earliest observation that counts."""

    name: ClassVar[str] = "first"
    chooses: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The first; it takes no parameter.

        Raises:
            UsageError: if there is a parameter.
        """
        no_parameter(cls.name, parameter)
        return cls()

    def __str__(self) -> str:
        return self.name

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

    def check(self, bands: Sequence[str]) -> None:
        """Any bands have one."""

    def reduce(self, stack: Stack) -> Reduced:
        """The earliest observation that counts."""
        return _in_order(stack, np.arange(len(stack.times)))


@dataclass(frozen=True, slots=True)
class Last:
    """The latest observation that counts."""

    name: ClassVar[str] = "last"
    chooses: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The last; it takes no parameter.

        Raises:
            UsageError: if there is a parameter.
        """
        no_parameter(cls.name, parameter)
        return cls()

    def __str__(self) -> str:
        return self.name

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

    def check(self, bands: Sequence[str]) -> None:
        """Any bands have one."""

    def reduce(self, stack: Stack) -> Reduced:
        """The latest observation that counts."""
        return _in_order(stack, np.arange(len(stack.times))[::-1].copy())


@dataclass(frozen=True, slots=True)
class Nearest:
    """The observation that counts and is nearest to a day, in whole days, UTC."""

    day: date | None = None
    """The day; ``None`` is the one that the middle of the period lies in."""

    name: ClassVar[str] = "nearest"
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

    def check(self, bands: Sequence[str]) -> None:
        """Any bands have one."""

    def reduce(self, stack: Stack) -> Reduced:
        """The observation that counts and is nearest to the day."""
        return _in_order(stack, np.argsort(np.abs(stack.days_from(self.day)), kind="stable"))


def _in_order(stack: Stack, preferred: Int64s) -> Reduced:
    return choose(stack.values, partial(choose_first, stack.values, preferred))
