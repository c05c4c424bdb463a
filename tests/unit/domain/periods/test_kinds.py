import re
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.periods import PERIODS, YearlyDays, label_order, only_days, parse_period
from cloudless_mosaic.errors import UsageError

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))
NAMES = st.sampled_from([*PERIODS, "1days", "10days", "45days"])


def cut(name, start, end):
    return parse_period(name).cut(start, end)


def names_by_numpy(name, day, start, end):
    """The label of the period that a day lies in, from calendars other than Python's where there is one."""
    month = np.datetime64(day, "M")
    number = int(month.astype(int)) % 12
    quarter = number // 3
    season = (number + 1) // 3 % 4
    since = int((np.datetime64(day) - np.datetime64(start)).astype(int))
    days = int(name.removesuffix("days")) if name.endswith("days") else 1
    first = np.datetime64(start) + since // days * days
    return {
        "month": str(month),
        "week": day.strftime("%G-W%V"),
        "dekad": f"{month}-D{np.searchsorted([10, 20], day.day) + 1}",
        "season": f"{np.datetime64(month + 1, 'Y')}-{['DJF', 'MAM', 'JJA', 'SON'][season]}",
        "quarter": f"{np.datetime64(day, 'Y')}-Q{quarter + 1}",
        "year": str(np.datetime64(day, "Y")),
        "all": f"{start}--{end}",
    }.get(name, f"{first}--P{days}D")


def test_published_example_is_three_whole_months():
    periods = cut("month", date(2020, 10, 1), date(2020, 12, 31))
    assert [period.label for period in periods] == ["2020-10", "2020-11", "2020-12"]
    assert periods[0].start == datetime(2020, 10, 1, tzinfo=UTC)
    assert periods[-1].end == datetime(2021, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "start", "end", "labels"),
    [
        ("week", date(2020, 12, 25), date(2021, 1, 5), ["2020-W52", "2020-W53", "2021-W01"]),
        ("dekad", date(2024, 2, 20), date(2024, 3, 1), ["2024-02-D2", "2024-02-D3", "2024-03-D1"]),
        ("season", date(2020, 11, 30), date(2021, 3, 1), ["2020-SON", "2021-DJF", "2021-MAM"]),
        ("quarter", date(2020, 9, 30), date(2021, 1, 1), ["2020-Q3", "2020-Q4", "2021-Q1"]),
        ("year", date(2019, 12, 31), date(2020, 1, 1), ["2019", "2020"]),
        ("16days", date(2020, 10, 1), date(2020, 10, 17), ["2020-10-01--P16D", "2020-10-17--P16D"]),
        ("all", date(2020, 10, 1), date(2021, 3, 1), ["2020-10-01--2021-03-01"]),
    ],
)
def test_labels(name, start, end, labels):
    assert [period.label for period in cut(name, start, end)] == labels


def test_last_day_is_inside_to_its_last_instant():
    (period,) = cut("month", date(2024, 2, 10), date(2024, 2, 29))
    assert datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC) in period
    assert datetime(2024, 3, 1, tzinfo=UTC) not in period
    assert datetime(2024, 2, 9, 23, 59, 59, tzinfo=UTC) not in period
    assert datetime(2024, 2, 10, tzinfo=UTC) in period
    assert period.last_instant == datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)


@given(NAMES, DAYS, st.integers(0, 1500))
def test_periods_follow_each_other_and_hold_every_day_once(name, start, length):
    end = start + timedelta(days=length)
    periods = cut(name, start, end)
    assert [period.end for period in periods[:-1]] == [period.start for period in periods[1:]]
    assert periods[0].start.date() == start
    assert periods[-1].end.date() == end + timedelta(days=1)
    assert len({period.label for period in periods}) == len(periods)
    for period in periods:
        days = [period.start.date(), period.last_instant.date()]
        assert {names_by_numpy(name, day, start, end) for day in days} == {period.label}


@given(NAMES, DAYS, st.integers(0, 1500))
def test_a_label_says_when_its_period_begins(name, start, length):
    periods = cut(name, start, start + timedelta(days=length))
    kind = parse_period(name)
    for period in periods:
        assert re.fullmatch(kind.label, period.label)
        first = kind.first_day(period.label)
        whole = kind.cut(first, period.last_instant.date())[0]
        assert (whole.start.date(), whole.end) == (first, period.end)
    labels = [period.label for period in periods]
    assert sorted(labels, key=label_order) == labels


@given(st.text(max_size=12))
def test_any_text_has_a_place_in_the_order(text):
    assert label_order(text) <= (date.max, text)
    assert label_order("2020-W99")[0] == date.min


@pytest.mark.parametrize(
    "text", ["", "fortnight", "0days", "-1days", "12345days", "days", "Month", "1.5days"]
)
def test_other_periods_are_refused_with_those_there_are(text):
    with pytest.raises(UsageError, match=r"period .* is unknown; choose one of month, week, dekad, 16days"):
        parse_period(text)


@given(NAMES, DAYS, st.integers(0, 1500), DAYS, DAYS)
def test_days_of_each_year_are_held_once_and_no_others(name, start, length, first, last):
    end = start + timedelta(days=length)
    days = YearlyDays.parse(f"{first:%m-%d}..{last:%m-%d}")
    periods = only_days(cut(name, start, end), days)
    for number in range(length + 1):
        day = start + timedelta(days=number)
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        text = f"{day:%m-%d}"
        low, high = f"{first:%m-%d}", f"{last:%m-%d}"
        counts = low <= text <= high if low <= high else text >= low or text <= high
        holders = [period.label for period in periods if noon in period]
        assert holders == ([names_by_numpy(name, day, start, end)] if counts else [])
    for period in periods:
        assert period.start in period
        assert period.last_instant in period


@pytest.mark.parametrize("text", ["", "06-01", "06-01/08-31", "13-01..13-02", "06-31..08-31", "6-1..8-31"])
def test_other_days_are_refused(text):
    with pytest.raises(UsageError, match=r"needs days as MM-DD\.\.MM-DD, got .*; for example 06-01"):
        YearlyDays.parse(text)
