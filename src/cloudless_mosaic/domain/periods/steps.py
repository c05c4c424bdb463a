"""Cutting a span of days at the first days of periods."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from cloudless_mosaic.domain.periods.period import Period, midnight


def cut_at(
    start: date, end: date, following: Callable[[date], date], label: Callable[[date], str]
) -> tuple[Period, ...]:
    """Consecutive periods.

    Args:
        start: First day.
        end: Last day, inclusive.
        following: First day of the period after the one that a day lies in.
        label: Label of the period that a day lies in.
    """
    stop = end + timedelta(days=1)
    periods = []
    day = start
    while day < stop:
        after = min(following(day), stop)
        periods.append(Period(midnight(day), midnight(after), label(day)))
        day = after
    return tuple(periods)


def months_later(day: date, months: int) -> date:
    """The first day of the month that comes so many months after that of a day; also before it."""
    month = day.year * 12 + day.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)
