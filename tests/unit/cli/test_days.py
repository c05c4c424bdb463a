from datetime import date

import pytest

from cloudless_mosaic.cli.days import read_days
from cloudless_mosaic.errors import UsageError


@pytest.mark.parametrize(
    ("texts", "days"),
    [
        (("2020-10-01", "2020-10-31", None, None), (date(2020, 10, 1), date(2020, 10, 31))),
        ((None, None, "2020-10", None), (date(2020, 10, 1), date(2020, 10, 31))),
        ((None, None, "2024-02", None), (date(2024, 2, 1), date(2024, 2, 29))),
        ((None, None, None, "2023"), (date(2023, 1, 1), date(2023, 12, 31))),
    ],
)
def test_days_are_those_of_a_range_a_month_or_a_year(texts, days):
    assert read_days(*texts) == days


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ((None, None, None, None), "no start_date; give start_date and end_date, or month, or year"),
        (("2020-10-01", None, None, None), "no end_date; give"),
        (("2020-10-01", None, "2020-10", None), "month says first and last day; leave out"),
        ((None, "2020-10-01", None, "2020"), "year says first and last day; leave out"),
        ((None, None, "2020-10", "2020"), "month says first and last day; leave out"),
        ((None, None, "2020-13", None), "month needs a month as YYYY-MM, got '2020-13'"),
        ((None, None, "0000-01", None), "month needs a month"),
        ((None, None, "October", None), "month needs a month"),
        ((None, None, None, "23"), "year needs a year as YYYY, got '23'"),
        ((None, None, None, "0000"), "year needs a year"),
        (("2020-10-01", "tomorrow", None, None), "end_date needs a day as YYYY-MM-DD, got 'tomorrow'"),
    ],
)
def test_what_is_no_range_of_days_is_refused(texts, said):
    with pytest.raises(UsageError) as caught:
        read_days(*texts)
    assert said in str(caught.value)
