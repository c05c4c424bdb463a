"""What a reducer is: a value with a name, its texts for STAC, and one function over a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Protocol, Self

import numpy as np
import numpy.typing as npt

UInt16s = npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Stack:
    """The observations of a block that have anything clear in it."""

    values: UInt16s
    """Digital numbers, shape (band, time, y, x), C-contiguous; 0 where an observation is not clear."""
    times: tuple[datetime, ...]
    """Sensing time of each observation, UTC, ascending."""
    bands: tuple[str, ...]
    """Sentinel-2 names of the bands."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A stack of observations, reduced over time."""

    data: UInt16s
    """Shape (band, y, x); 0 where no observation counts."""
    count: UInt16s
    """Observations that count, shape (y, x)."""
    contributed: npt.NDArray[np.bool_]
    """True where an observation counts in any pixel, shape (time,)."""
    layers: Mapping[str, npt.NDArray[np.generic]] = field(default_factory=dict)
    """Layers that the reducer adds, by name, shape (y, x) or (layer band, y, x)."""

    @classmethod
    def empty(cls, shape: Sequence[int]) -> Self:
        """The reduction of a stack without a clear observation.

        Args:
            shape: Of the stack: (band, time, y, x).
        """
        bands, times, rows, columns = shape
        return cls(
            np.zeros((bands, rows, columns), np.uint16),
            np.zeros((rows, columns), np.uint16),
            np.zeros(times, np.bool_),
        )


class Reducer(Protocol):
    """Makes one value of the clear observations of each pixel.

    Implementations are small frozen dataclasses, so that a task can carry one to a worker. In every reducer
    an observation counts in all bands of a pixel or in none, and the result of a pixel depends on the series
    of that pixel alone, so that it doesn't matter where blocks are cut.
    """

    name: ClassVar[str]
    """Name in ``--reducer`` and in the provenance."""
    chooses: ClassVar[bool]
    """True where each pixel takes all its bands from one observation; False where observations are mixed."""

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The reducer with a parameter, as it stands behind the colon; empty where there is none.

        Raises:
            UsageError: if the parameter isn't one of this reducer.
        """
        ...

    def __str__(self) -> str:
        """The text that `parse_reducer` reads: the name, and the parameter where there is one."""
        ...

    @property
    def title(self) -> str:
        """What the result is, as the beginning of a sentence: ``Median``."""
        ...

    @property
    def rule(self) -> str:
        """How ties and rounding are settled, as the end of a sentence that begins with the title."""
        ...

    @property
    def expression(self) -> str:
        """The reduction in numpy, for ``processing:expression``."""
        ...

    def reduce(self, stack: Stack) -> Reduced:
        """Reduces a stack over time; leaves it as it is."""
        ...
