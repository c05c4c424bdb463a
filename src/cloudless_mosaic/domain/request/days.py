"""First and last day of a request, as people write them in Python."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import cast

from cloudless_mosaic.errors import UsageError

_TEXT = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?")
"""A year, a month, a day, or an instant."""

_FORMS = (
    "give 2023-06/2023-08, a month, a day, or first and last as text, date, datetime, or of NumPy or pandas"
)


def days_of(dates: object) -> tuple[date, date]:
    """First and last day that a value means, both inclusive.

    Args:
        dates: A text such as ``2023-06/2023-08``, ``2023-06-15/2023-07-03``, ``2023-06`` or ``2023``; two
            values, each a text, ``date``, ``datetime``, ``numpy.datetime64``, or ``Timestamp`` or ``Period``
            of pandas; one of these for a single day, month or year; or an index of pandas, whose first and
            last value count. Months and years count whole, instants by their day in UTC.

    Raises:
        UsageError: if it is none of these.
    """
    if isinstance(dates, str):
        first, slash, last = dates.partition("/")
        return (_span(first)[0], _span(last)[1]) if slash else _span(dates)
    if isinstance(dates, slice):
        dates = (dates.start, dates.stop)
    if hasattr(dates, "__len__") and not isinstance(dates, Mapping | bytes):
        several: list[object] = list(cast("Sequence[object]", dates))
        if not several or (isinstance(dates, Sequence) and len(several) != 2):
            raise UsageError(f"dates has {len(several)} values; {_FORMS}")
        return _span(several[0])[0], _span(several[-1])[1]
    return _span(dates)


def _span(value: object) -> tuple[date, date]:
    """First and last day of a day, month or year."""
    if isinstance(value, str):
        return _span_of_text(value)
    if hasattr(value, "start_time") and hasattr(value, "end_time"):
        return _day(value.start_time), _day(value.end_time)
    if hasattr(value, "astype"):
        # of NumPy, in its own unit: years and months are written without days
        return _span_of_text(str(value))
    if isinstance(value, date):
        return _day(value), _day(value)
    raise UsageError(f"dates has {value!r:.60} of type {type(value).__name__}; {_FORMS}")


def _day(value: date) -> date:
    if value != value:  # noqa: PLR0124 - no time of pandas
        raise UsageError(f"dates has a value that is no time; {_FORMS}")
    if not isinstance(value, datetime):
        return value
    return (value.astimezone(UTC) if value.tzinfo else value).date()


def _span_of_text(text: str) -> tuple[date, date]:
    plain = text.strip()
    match = _TEXT.fullmatch(plain)
    wrong = UsageError(f"dates has {plain[:60]!r}, which is no day, month or year; {_FORMS}")
    if match is None:
        raise wrong
    year, month, day = (int(part) if part else None for part in match.groups())
    try:
        if len(plain) > len("2023-06-05"):
            # NumPy writes nanoseconds
            instant = _day(datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", plain)))
            return instant, instant
        first = date(year or 0, month or 1, day or 1)
    except ValueError:
        raise wrong from None
    last_month = month or 12
    return first, date(first.year, last_month, day or monthrange(first.year, last_month)[1])
