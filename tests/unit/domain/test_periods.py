from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.periods import parse_period

DAYS = st.dates(date(2015, 1, 1), date(2035, 12, 31))


def test_published_example_is_three_whole_months():
    periods = parse_period("month").cut(date(2020, 10, 1), date(2020, 12, 31))
    assert [period.label for period in periods] == ["2020-10", "2020-11", "2020-12"]
    assert periods[0].start == datetime(2020, 10, 1, tzinfo=UTC)
    assert periods[-1].end == datetime(2021, 1, 1, tzinfo=UTC)


def test_last_day_is_inside_to_its_last_instant():
    (period,) = parse_period("month").cut(date(2024, 2, 10), date(2024, 2, 29))
    assert datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC) in period
    assert datetime(2024, 3, 1, tzinfo=UTC) not in period
    assert datetime(2024, 2, 9, 23, 59, 59, tzinfo=UTC) not in period
    assert datetime(2024, 2, 10, tzinfo=UTC) in period
    assert period.last_instant == datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC)


def test_single_day():
    (period,) = parse_period("month").cut(date(2023, 12, 31), date(2023, 12, 31))
    assert (period.label, period.end - period.start) == ("2023-12", timedelta(days=1))


@given(DAYS, DAYS)
def test_periods_follow_each_other_and_hold_every_day_once(one, other):
    start, end = sorted((one, other))
    periods = parse_period("month").cut(start, end)
    assert [period.end for period in periods[:-1]] == [period.start for period in periods[1:]]
    assert periods[0].start.date() == start
    assert periods[-1].end.date() == end + timedelta(days=1)
    for period in periods:
        assert f"{period.start:%Y-%m}" == f"{period.last_instant:%Y-%m}" == period.label
    assert len({period.label for period in periods}) == len(periods)


@given(DAYS, DAYS, st.integers(0, 24 * 60 - 1))
def test_an_instant_lies_in_the_month_of_its_name(one, other, minute):
    start, end = sorted((one, other))
    instant = datetime.combine(start, datetime.min.time(), UTC) + timedelta(minutes=minute)
    holders = [period.label for period in parse_period("month").cut(start, end) if instant in period]
    assert holders == [f"{instant:%Y-%m}"]
