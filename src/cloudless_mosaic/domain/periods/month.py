"""Calendar months in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar

from cloudless_mosaic.domain.periods.period import Period, midnight


@dataclass(frozen=True, slots=True)
class Month:
    """Calendar months of UTC, labelled ``2020-10``."""

    name: ClassVar[str] = "month"
    adjective: ClassVar[str] = "monthly"
    label: ClassVar[str] = r"\d{4}-\d{2}"

    def cut(self, start: date, end: date) -> tuple[Period, ...]:
        """The months from ``start`` to ``end``, both inclusive."""
        stop = midnight(end) + timedelta(days=1)
        periods = []
        cursor = midnight(start)
        while cursor < stop:
            first_of_next = midnight((cursor.date().replace(day=1) + timedelta(days=32)).replace(day=1))
            period_end = min(first_of_next, stop)
            periods.append(Period(cursor, period_end, f"{cursor:%Y-%m}"))
            cursor = period_end
        return tuple(periods)
