"""Rolling windows: periods whose scenes are from a longer range of time."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal, Self

from cloudless_mosaic.domain.periods.period import Period, Range, midnight
from cloudless_mosaic.domain.periods.steps import months_later
from cloudless_mosaic.errors import UsageError

_TEXT = re.compile(r"([1-9]\d{0,3})(days?|months?)")
_LONGEST = {"days": 3660, "months": 120}


@dataclass(frozen=True, slots=True)
class Window:
    """The range of time around each period that its scenes are from."""

    number: int
    """How many."""
    unit: Literal["days", "months"]
    """Of what."""

    def __str__(self) -> str:
        """As it is written in a request."""
        return f"{self.number}{self.unit}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``3months`` or ``45days``.

        Raises:
            UsageError: if the text is neither.
        """
        found = _TEXT.fullmatch(text.strip())
        unit: Literal["days", "months"] = "days" if found and found[2].startswith("day") else "months"
        if not found or int(found[1]) > _LONGEST[unit]:
            raise UsageError(
                f"`window` needs a number of days or months, up to ten years, got {text[:40]!r}; for example "
                "3months or 45days"
            )
        return cls(int(found[1]), unit)

    def around(self, period: Period) -> Period:
        """The period with scenes from the window in whose middle it lies.

        Where the two sides can't be equal, the one before is longer, by a day or a month.

        Raises:
            UsageError: if the window is shorter than the period.
        """
        return replace(period, label=f"{period.label}-{self}", window=self._range(period), days=None)

    def _range(self, period: Period) -> Range:
        if self.unit == "months":
            first, last = period.start.date(), period.last_instant.date()
            months = 12 * (last.year - first.year) + last.month - first.month + 1
            more = self._rest(months, period)
            return midnight(months_later(first, -((more + 1) // 2))), midnight(
                months_later(last, more // 2 + 1)
            )
        more = self._rest((period.end - period.start).days, period)
        return period.start - timedelta(days=(more + 1) // 2), period.end + timedelta(days=more // 2)

    def _rest(self, length: int, period: Period) -> int:
        """What the window has more than a period of a length."""
        if length > self.number:
            raise UsageError(
                f"`window` {self} is shorter than the period {period.label}, which has {length} {self.unit}; "
                "give a longer one"
            )
        return self.number - length
