"""Periods of the calendar, in UTC: weeks, dekads, months, seasons, quarters and years."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.steps import cut_at, months_later


@dataclass(frozen=True, slots=True)
class Month:
    """Calendar months, labelled ``2020-10``."""

    prefix: ClassVar[str] = "monthly"
    label: ClassVar[str] = r"\d{4}-\d{2}"
    name: str = "month"
    noun: str = "month"
    adjective: str = "monthly"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(start, end, lambda day: months_later(day, 1), lambda day: f"{day:%Y-%m}")

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date.fromisoformat(f"{label}-01")


@dataclass(frozen=True, slots=True)
class Week:
    """Weeks of ISO 8601, from Monday to Sunday, labelled ``2020-W41``."""

    prefix: ClassVar[str] = "weekly"
    label: ClassVar[str] = r"\d{4}-W\d{2}"
    name: str = "week"
    noun: str = "week"
    adjective: str = "weekly"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(start, end, lambda day: day + timedelta(days=7 - day.weekday()), _week)

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date.fromisocalendar(int(label[:4]), int(label[6:]), 1)


@dataclass(frozen=True, slots=True)
class Dekad:
    """Days 1 to 10, 11 to 20 and 21 to the end of each month, labelled ``2020-10-D1`` to ``2020-10-D3``."""

    prefix: ClassVar[str] = "dekadal"
    label: ClassVar[str] = r"\d{4}-\d{2}-D[123]"
    name: str = "dekad"
    noun: str = "dekad"
    adjective: str = "dekadal"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(start, end, _next_dekad, lambda day: f"{day:%Y-%m}-D{min(3, (day.day + 9) // 10)}")

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date.fromisoformat(f"{label[:7]}-{10 * int(label[9]) - 9:02}")


@dataclass(frozen=True, slots=True)
class Season:
    """Meteorological seasons, labelled ``2021-DJF``, ``2021-MAM``, ``2021-JJA``, ``2021-SON``.

    A season that holds December has the year of its January.
    """

    prefix: ClassVar[str] = "seasonal"
    label: ClassVar[str] = r"\d{4}-(?:DJF|MAM|JJA|SON)"
    name: str = "season"
    noun: str = "season"
    adjective: str = "seasonal"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(start, end, lambda day: months_later(day, 3 - day.month % 3), _season)

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return months_later(date(int(label[:4]), 1, 1), 3 * _SEASONS.index(label[5:]) - 1)


@dataclass(frozen=True, slots=True)
class Quarter:
    """Quarters of the year, labelled ``2020-Q4``."""

    prefix: ClassVar[str] = "quarterly"
    label: ClassVar[str] = r"\d{4}-Q[1-4]"
    name: str = "quarter"
    noun: str = "quarter"
    adjective: str = "quarterly"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(
            start,
            end,
            lambda day: months_later(day, 3 - (day.month - 1) % 3),
            lambda day: f"{day:%Y}-Q{(day.month + 2) // 3}",
        )

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date(int(label[:4]), 3 * int(label[6]) - 2, 1)


@dataclass(frozen=True, slots=True)
class Year:
    """Calendar years, labelled ``2020``."""

    prefix: ClassVar[str] = "yearly"
    label: ClassVar[str] = r"\d{4}"
    name: str = "year"
    noun: str = "year"
    adjective: str = "yearly"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(start, end, lambda day: date(day.year + 1, 1, 1), lambda day: f"{day:%Y}")

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date(int(label), 1, 1)


_SEASONS = ("DJF", "MAM", "JJA", "SON")


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def _next_dekad(day: date) -> date:
    return months_later(day, 1) if day.day > 20 else day.replace(day=11 if day.day <= 10 else 21)


def _season(day: date) -> str:
    # December belongs to the season of the next January
    january = months_later(day, 1)
    return f"{january:%Y}-{_SEASONS[(january.month - 1) // 3]}"
