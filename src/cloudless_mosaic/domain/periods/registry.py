"""The kinds of period by name. A new one is a module beside this one, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.domain.periods.month import Month
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.errors import UsageError

PERIODS: dict[str, PeriodKind] = {
    Month.name: Month(),
}


def parse_period(text: str) -> PeriodKind:
    """The kind of period of a name.

    Raises:
        UsageError: if there is none of that name.
    """
    if text not in PERIODS:
        raise UsageError(f"period {text!r} is unknown; choose one of {', '.join(PERIODS)}")
    return PERIODS[text]
