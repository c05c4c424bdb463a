"""What a reducer is: a value with a name, its texts for STAC, and one function over a stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

Float32s = npt.NDArray[np.float32]
Int64s = npt.NDArray[np.int64]
UInt16s = npt.NDArray[np.uint16]

_INSTANT = timedelta.resolution


@dataclass(frozen=True, slots=True)
class Views:
    """Mean angles of the view of granules, degrees; ``None`` where unknown."""

    alone: tuple[float | None, ...]
    """Of each observation that one granule fills, in the order of the stack; ``None`` for the others."""
    owners: Mapping[int, UInt16s]
    """Of the others, by place in the stack: the number of the granule that each pixel is from, 0 where none
    fills it; C-contiguous, shape (y, x)."""
    granules: tuple[float | None, ...]
    """By number of the granule; the first entry is for pixels without any."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The observations of a block that have anything clear in it."""

    values: UInt16s
    """Digital numbers, shape (band, time, y, x), C-contiguous; 0 where an observation is not clear."""
    times: tuple[datetime, ...]
    """Sensing time of each observation, UTC, ascending."""
    bands: tuple[str, ...]
    """Sentinel-2 names of the bands."""
    span: tuple[datetime, datetime]
    """First instant of the period that the observations are of, and the first one after it, UTC."""
    distances: npt.NDArray[np.uint8] | None = None
    """Distance to the nearest cloud or shadow of the scene, shape (time, y, x), C-contiguous: 0 is in it, 255
    at ``cloud_reach`` of the reducer or farther. ``None`` where it doesn't matter, or the mask has none."""
    views: Views | None = None
    """Angles of the view. ``None`` where they don't matter."""

    @property
    def days(self) -> Int64s:
        """Day of each observation, UTC, in days since 1970-01-01, shape (time,)."""
        return np.array([_day(time.date()) for time in self.times], np.int64)

    @property
    def middle(self) -> int:
        """The day, UTC, that the middle of the period lies in, in days since 1970-01-01."""
        start, end = self.span
        return _day((start + (end - start) / 2).date())

    def days_from(self, day: date | None) -> Int64s:
        """Days from a day to each observation, negative before it, shape (time,).

        Args:
            day: A day, UTC; ``None`` is the middle of the period.
        """
        return self.days - (self.middle if day is None else _day(day))

    def reach(self, day: date | None) -> int:
        """Days from a day to the end of the period that is farther from it, at least 1.

        Args:
            day: A day, UTC; ``None`` is the middle of the period.
        """
        best = self.middle if day is None else _day(day)
        start, end = self.span
        return max(1, abs(_day(start.date()) - best), abs(_day((end - _INSTANT).date()) - best))


@dataclass(frozen=True, slots=True)
class Reduced:
    """A stack of observations, reduced over time."""

    data: UInt16s
    """Shape (band, y, x); 0 where no observation counts."""
    count: UInt16s
    """Observations that count, shape (y, x)."""
    pixels: Int64s
    """Pixels that each observation counts in, shape (time,); where one is chosen, those taken from it."""
    chosen: npt.NDArray[np.int16] | None = None
    """Place in the stack of the observation that a pixel is taken from, shape (y, x), -1 where none counts;
    ``None`` where observations are mixed."""
    spread: Float32s | None = None
    """How far the observations lie apart, shape (plane, y, x), NaN where none counts; ``None`` where it was
    not asked for."""

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
            np.zeros(times, np.int64),
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
    parameter: ClassVar[str]
    """What may follow the name, as in a usage text: ``:Q``, ``[:DAY]``; empty where nothing may."""
    microseconds: ClassVar[float]
    """Processor time that a pixel of 4 bands and 4 dates takes, as measured in ``docs/performance.md``."""
    cloud_reach: ClassVar[float]
    """Metres up to which the distance to clouds matters; 0 where it doesn't."""
    scores_view: ClassVar[bool]
    """True where the angle of the view matters."""

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The reducer with a parameter, as it stands behind the colon; empty where there is none.

        Raises:
            UsageError: if the parameter isn't one of this reducer.
        """
        ...

    def __str__(self) -> str:
        """The text that ``parse_reducer`` reads: the name, and the parameter where there is one."""
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

    def check(self, bands: Sequence[str], /) -> None:
        """Raises ``UsageError``, which says what to choose, where these bands can't be reduced.

        Args:
            bands: Sentinel-2 names, in the order of the composite.
        """
        ...

    def reduce(self, stack: Stack) -> Reduced:
        """Reduces a stack over time; leaves it as it is."""
        ...


@runtime_checkable
class SpreadReducer(Reducer, Protocol):
    """A reducer that can also say how far the observations of a pixel lie apart."""

    def spread_bands(self, bands: Sequence[str], /) -> tuple[str, ...]:
        """Names of the planes of the spread.

        Args:
            bands: Names of the bands of the composite.
        """
        ...

    def reduce_with_spread(self, stack: Stack) -> Reduced:
        """As ``reduce``, with the spread."""
        ...


@runtime_checkable
class SeriesReducer(Reducer, Protocol):
    """A reducer that can also reduce one value for each observation, such as an index of its bands."""

    def reduce_series(self, series: Float32s, /) -> Float32s:
        """Reduces values over time.

        Args:
            series: Shape (time, y, x), NaN where an observation doesn't count; may be overwritten.

        Returns:
            Shape (y, x), NaN where no observation counts.
        """
        ...


def _day(day: date) -> int:
    return (day - date(1970, 1, 1)).days
