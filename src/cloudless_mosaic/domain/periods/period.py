"""A period: an interval of time with a label, and the range of time that its scenes are from."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from cloudless_mosaic.domain.periods.yearly import YearlyDays

Range = tuple[datetime, datetime]
"""A half-open interval, UTC."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open interval of time, ``start <= t < end``, that a mosaic is of.

    Its scenes are those of its source range, which is the interval itself unless a window is asked for.
    """

    start: datetime
    """First instant, UTC."""
    end: datetime
    """First instant after the period, UTC."""
    label: str
    """Name of the period in paths and ids, for example ``2020-10``."""
    window: Range | None = field(default=None, compare=False)
    """Range that the scenes are from, where it isn't that of the period."""
    days: YearlyDays | None = field(default=None, compare=False)
    """Days of each year that the scenes are from; ``None`` is all."""

    def __contains__(self, instant: datetime) -> bool:
        """True for the time of a scene that the period's mosaic is made of."""
        start, end = self.source
        return start <= instant < end and (self.days is None or instant.date() in self.days)

    @property
    def source(self) -> Range:
        """First instant that scenes are from, and the one after the last, UTC."""
        return self.window or (self.start, self.end)

    @property
    def source_days(self) -> tuple[str, str]:
        """First and last day that scenes are from, as ``YYYY-MM-DD``."""
        start, end = self.source
        return f"{start:%Y-%m-%d}", f"{end - timedelta(seconds=1):%Y-%m-%d}"

    @property
    def last_instant(self) -> datetime:
        """The end as STAC writes it: the last whole second inside."""
        return self.end - timedelta(seconds=1)


def midnight(day: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
