"""The kinds of period by name. A new one is a class in a module beside this one, a line here and a test."""

from __future__ import annotations

import re

from cloudless_mosaic.domain.periods.calendar import Dekad, Month, Quarter, Season, Week, Year
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.domain.periods.spans import Days, Whole
from cloudless_mosaic.errors import UsageError

_KINDS: tuple[PeriodKind, ...] = (
    Month(),
    Week(),
    Dekad(),
    Days(16),
    Season(),
    Quarter(),
    Year(),
    Whole(),
)

PERIODS: dict[str, PeriodKind] = {kind.name: kind for kind in _KINDS}
"""By name; of those counted in days there is any number, and one is named."""

DEFAULT_PERIOD = Month().name

_DAYS = re.compile(r"([1-9]\d{0,3})days?")


def parse_period(text: str) -> PeriodKind:
    """The kind of period of a name.

    Raises:
        UsageError: if there is none of that name.
    """
    if text in PERIODS:
        return PERIODS[text]
    if days := _DAYS.fullmatch(text):
        return Days(int(days[1]))
    raise UsageError(
        f"`period` {text[:40]!r} is unknown; choose one of {', '.join(PERIODS)}, or another number of days"
    )
