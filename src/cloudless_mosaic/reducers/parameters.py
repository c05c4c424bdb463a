"""The parameters that reducers take behind the colon."""

from __future__ import annotations

from datetime import UTC, date, datetime

from cloudless_mosaic.errors import UsageError


def day_or_middle(name: str, parameter: str) -> date | None:
    """The day that a parameter names; ``None``, which is the middle of the period, where it is empty.

    Raises:
        UsageError: if it isn't a day.
    """
    if not parameter:
        return None
    try:
        return datetime.strptime(parameter, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(
            f"`reducer` {name} takes a day as YYYY-MM-DD, got {parameter!r}; for example {name}:2020-10-15"
        ) from None


def with_parameter(name: str, parameter: object) -> str:
    """The text that ``parse_reducer`` reads."""
    return name if parameter is None else f"{name}:{parameter}"


def named_day(day: date | None) -> str:
    """A day in a sentence."""
    return "the middle of the period" if day is None else str(day)
