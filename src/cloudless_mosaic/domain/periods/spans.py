"""Periods that are counted in days from the first day of a request."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.steps import cut_at


@dataclass(frozen=True, slots=True)
class Days:
    """So many days each, from the first day on, labelled ``2020-10-01--P16D``, as ISO 8601 has intervals."""

    prefix: ClassVar[str] = "days"
    label: ClassVar[str] = r"\d{4}-\d{2}-\d{2}--P\d+D"
    number: int
    """Days of a period; the last may have fewer."""

    @property
    def name(self) -> str:
        """See ``PeriodKind``."""
        return f"{self.number}days"

    @property
    def noun(self) -> str:
        """See ``PeriodKind``."""
        return f"{self.number}-day period"

    @property
    def adjective(self) -> str:
        """See ``PeriodKind``."""
        return f"{self.number}-day"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        return cut_at(
            start,
            end,
            lambda day: day + timedelta(days=self.number),
            lambda day: f"{day.isoformat()}--P{self.number}D",
        )

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date.fromisoformat(label[:10])


@dataclass(frozen=True, slots=True)
class Whole:
    """All days of a request in one period, labelled ``2020-10-01--2020-12-31``."""

    prefix: ClassVar[str] = "all"
    label: ClassVar[str] = r"\d{4}-\d{2}-\d{2}--\d{4}-\d{2}-\d{2}"
    name: str = "all"
    noun: str = "whole period"
    adjective: str = "whole-period"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """See ``PeriodKind``."""
        after = end + timedelta(days=1)
        return cut_at(start, end, lambda _: after, lambda _: f"{start.isoformat()}--{end.isoformat()}")

    def first_day(self, label: str) -> date:
        """See ``PeriodKind``."""
        return date.fromisoformat(label[:10])
