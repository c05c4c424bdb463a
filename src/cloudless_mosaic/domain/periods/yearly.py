"""Days that come back every year: ``06-01..08-31``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Self

from cloudless_mosaic.errors import UsageError

_TEXT = re.compile(r"(\d\d)-(\d\d)\.\.(\d\d)-(\d\d)")
_LEAP_YEAR = 2020


@dataclass(frozen=True, slots=True)
class YearlyDays:
    """Days of the year from one to another, both inclusive; over New Year where the first is later."""

    first: tuple[int, int]
    """Month and day."""
    last: tuple[int, int]
    """Month and day."""

    def __contains__(self, day: date) -> bool:
        place = day.month, day.day
        if self.first <= self.last:
            return self.first <= place <= self.last
        return place >= self.first or place <= self.last

    def __str__(self) -> str:
        """As it is written in a request."""
        return "{:02}-{:02}..{:02}-{:02}".format(*self.first, *self.last)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``MM-DD..MM-DD``.

        Raises:
            UsageError: if the text isn't that, or a day isn't one of the calendar.
        """
        found = _TEXT.fullmatch(text.strip())
        try:
            first, last = ((int(found[i]), int(found[i + 1])) for i in (1, 3)) if found else (None, None)
            if first and last and all(date(_LEAP_YEAR, *day) for day in (first, last)):
                return cls(first, last)
        except ValueError:
            pass
        raise UsageError(f"`every_year` needs days as MM-DD..MM-DD, got {text!r}; for example 06-01..08-31")
