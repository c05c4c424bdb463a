"""Calendar months in UTC."""

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
        """The last whole second of the period, which is the end in STAC."""
        return self.end - timedelta(seconds=1)


def mosaic_label(period: Period, tile: str) -> str:
    """Name of a mosaic in paths and ids: its period, and its tile where there are tiles."""
    return f"{period.label}-{tile}" if tile else period.label


def monthly_periods(start: date, end: date) -> tuple[Period, ...]:
    """Cuts the days from ``start`` to ``end``, both inclusive, at the calendar months of UTC.

    The first and the last month are shortened to the dates. The periods follow each other without gap or
    overlap.
    """
    stop = _midnight(end) + timedelta(days=1)
    periods = []
    cursor = _midnight(start)
    while cursor < stop:
        first_of_next = _midnight((cursor.date().replace(day=1) + timedelta(days=32)).replace(day=1))
        period_end = min(first_of_next, stop)
        periods.append(Period(cursor, period_end, f"{cursor:%Y-%m}"))
        cursor = period_end
    return tuple(periods)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
