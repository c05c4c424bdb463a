"""The days of a request, as its options say them."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date

from cloudless_mosaic.domain.request import parse_date
from cloudless_mosaic.errors import UsageError

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_YEAR = re.compile(r"\d{4}")


def read_days(
    start_date: str | None, end_date: str | None, month: str | None, year: str | None
) -> tuple[date, date]:
    """First and last day of a request.

    Raises:
        UsageError: if days are missing or given twice, or a text isn't a day, a month or a year.
    """
    given = [name for name, text in {"month": month, "year": year}.items() if text is not None]
    if given and (len(given) > 1 or start_date is not None or end_date is not None):
        raise UsageError(f"`{given[0]}` says first and last day; leave out the other options for days")
    if month is not None:
        return _days_of_month(month)
    if year is not None:
        return _days_of_year(year)
    if start_date is None or end_date is None:
        missing = "start_date" if start_date is None else "end_date"
        raise UsageError(f"no `{missing}`; give `start_date` and `end_date`, or `month`, or `year`")
    return parse_date("start_date", start_date), parse_date("end_date", end_date)


def _days_of_month(text: str) -> tuple[date, date]:
    parts = _MONTH.fullmatch(text.strip())
    year, month = (int(parts[1]), int(parts[2])) if parts else (0, 0)
    if year < 1 or not 1 <= month <= 12:
        raise UsageError(f"`month` needs a month as YYYY-MM, got {text!r}")
    return date(year, month, 1), date(year, month, monthrange(year, month)[1])


def _days_of_year(text: str) -> tuple[date, date]:
    if not _YEAR.fullmatch(text.strip()) or int(text) < 1:
        raise UsageError(f"`year` needs a year as YYYY, got {text!r}")
    return date(int(text), 1, 1), date(int(text), 12, 31)
