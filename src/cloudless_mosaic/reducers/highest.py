"""The observation with the highest index, such as the greenest one.

It is compared in whole numbers, so indices are normalised differences of two bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices import NORMALISED, find_index
from cloudless_mosaic.kernels.choosing import choose_highest_ratio
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.plain import AnyReducer
from cloudless_mosaic.reducers.protocol import Reduced, Stack


@dataclass(frozen=True, slots=True)
class Highest(AnyReducer):
    """The observation with the highest normalised difference of two bands.

    It is compared in whole numbers: (a - b) / (a + b) grows with a / b.
    """

    index: str
    """Name of the index, a key of ``NORMALISED``."""

    name: ClassVar[str] = "max"
    parameter: ClassVar[str] = ":INDEX"
    chooses: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The highest of an index.

        Raises:
            UsageError: if there is no such index.
        """
        index = parameter.upper()
        if index not in NORMALISED:
            raise UsageError(
                f"`reducer` max takes the name of an index, got {repr(parameter) if parameter else 'none'}; "
                f"choose one of {', '.join(NORMALISED)}"
            )
        return cls(index)

    def __str__(self) -> str:
        return f"{self.name}:{self.index}"

    @property
    def title(self) -> str:
        """Such as ``Highest NDVI``."""
        return f"Highest {self.index}"

    @property
    def rule(self) -> str:
        """What is taken where several are as high."""
        return f"all bands of a pixel are of one observation, and {TIES}"

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        a, b = find_index(self.index).common_names
        return f"reflectance[nanargmax(where(clear, ({a} - {b}) / ({a} + {b}), nan), axis=time)]"

    def check(self, bands: Sequence[str], /) -> None:
        """Raises ``UsageError`` where the bands of the index are not there."""
        index = find_index(self.index)
        missing = " and ".join(index.missing(bands))
        if missing:
            raise UsageError(
                f"`reducer` {self} compares {' with '.join(index.common_names)}, and `bands` lack {missing}; "
                f"add `bands` {missing}, or choose `reducer` median"
            )

    def reduce(self, stack: Stack) -> Reduced:
        """The observation that counts and has the highest index."""
        a, b = find_index(self.index).places(stack.bands)
        return choose(stack.values, partial(choose_highest_ratio, stack.values, (a, b)))
