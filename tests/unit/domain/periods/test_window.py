from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.periods import Window, parse_period
from cloudless_mosaic.errors import UsageError


def sources(kind, window, start, end):
    periods = parse_period(kind).cut(start, end)
    return [Window.parse(window).around(period).source for period in periods]


def test_three_months_are_those_around_the_month():
    (one, _) = sources("month", "3months", date(2020, 12, 1), date(2021, 1, 31))
    assert one == (datetime(2020, 11, 1, tzinfo=UTC), datetime(2021, 2, 1, tzinfo=UTC))


def test_the_side_before_is_the_longer_one():
    (one,) = sources("month", "2months", date(2020, 10, 1), date(2020, 10, 31))
    assert one == (datetime(2020, 9, 1, tzinfo=UTC), datetime(2020, 11, 1, tzinfo=UTC))
    (one,) = sources("month", "34days", date(2020, 10, 1), date(2020, 10, 31))
    assert one == (datetime(2020, 9, 29, tzinfo=UTC), datetime(2020, 11, 2, tzinfo=UTC))


@given(st.dates(date(2016, 1, 1), date(2030, 1, 1)), st.integers(0, 400), st.integers(31, 400))
def test_windows_of_days_are_as_long_as_they_say(start, length, days):
    for kind in ("month", "week", "10days"):
        periods = parse_period(kind).cut(start, start + timedelta(days=length))
        for period in periods:
            rolling = Window.parse(f"{days}days").around(period)
            first, end = rolling.source
            assert end - first == timedelta(days=days)
            assert first <= period.start
            assert period.end <= end
            assert 0 <= (period.start - first).days - (end - period.end).days <= 1
            assert (rolling.start, rolling.end) == (period.start, period.end)
            assert first in rolling


@pytest.mark.parametrize("text", ["", "3", "months", "0days", "3weeks", "121months", "9999days", "-3months"])
def test_what_is_no_window_is_refused(text):
    with pytest.raises(UsageError, match="needs a number of days or months, up to ten years"):
        Window.parse(text)


@pytest.mark.parametrize(("kind", "window"), [("month", "30days"), ("year", "3months")])
def test_a_window_holds_its_period(kind, window):
    with pytest.raises(UsageError, match="is shorter than the period"):
        sources(kind, window, date(2020, 1, 1), date(2020, 12, 31))
