"""A period: a half-open interval of time with a label."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A half-open interval of time, ``start <= t < end``."""

    start: datetime
    """First instant, UTC."""
    end: datetime
    """First instant after the period, UTC."""
    label: str
    """Name of the period in paths and ids, for example ``2020-10``."""

    def __contains__(self, instant: datetime) -> bool:
        return self.start <= instant < self.end

    @property
    def last_instant(self) -> datetime:
        """The end as STAC writes it: the last whole second inside."""
        return self.end - timedelta(seconds=1)


def midnight(day: date) -> datetime:
    """The first instant of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
