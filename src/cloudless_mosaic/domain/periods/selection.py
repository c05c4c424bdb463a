"""The periods of a request: a span of days cut, and what of it comes back every year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from cloudless_mosaic.domain.periods.period import Period, midnight
from cloudless_mosaic.domain.periods.yearly import YearlyDays


def only_days(periods: Iterable[Period], days: YearlyDays) -> tuple[Period, ...]:
    """The periods that hold any of the days, each cut short to them.

    Args:
        periods: In order.
        days: Days that count.
    """
    return tuple(_narrowed(periods, days))


def _narrowed(periods: Iterable[Period], days: YearlyDays) -> Iterator[Period]:
    for period in periods:
        inside = [day for day in _days_of(period) if day in days]
        if inside:
            start, end = midnight(inside[0]), midnight(inside[-1] + timedelta(days=1))
            whole = len(inside) == (end - start).days
            yield replace(period, start=start, end=end, days=None if whole else days)


def _days_of(period: Period) -> Iterator[date]:
    first = period.start.date()
    return (first + timedelta(days=number) for number in range((period.end - period.start).days))
