from datetime import date

import pytest

from cloudless_mosaic.domain.request import MosaicRequest, parse_date
from cloudless_mosaic.errors import UsageError


def test_defaults_are_those_of_the_published_application(make_request):
    fields = MosaicRequest.__dataclass_fields__
    defaults = {
        name: fields[name].default for name in ("resolution", "max_items", "max_cloud_cover", "collection")
    }
    assert defaults == {
        "resolution": 100.0,
        "max_items": 100,
        "max_cloud_cover": 25.0,
        "collection": "sentinel-2-l2a",
    }
    assert fields["max_lost"].default == 5.0
    assert make_request().stac_url.startswith("https://planetarycomputer.microsoft.com/")


def test_periods_are_the_months(make_request):
    request = make_request(start_date=date(2023, 7, 15), end_date=date(2023, 9, 1))
    assert [period.label for period in request.periods] == ["2023-07", "2023-08", "2023-09"]


def test_limits_themselves_are_taken(make_request):
    for limits in (
        {
            "max_cloud_cover": 0,
            "max_lost": 100,
            "cloud_dilation": 5000,
            "workers": 1,
            "clear_classes": (0, 11),
        },
        {"max_cloud_cover": 100, "max_lost": 0, "cloud_dilation": 0},
        {"start_date": date(2023, 8, 31)},
    ):
        request = make_request(**limits)
        assert {name: getattr(request, name) for name in limits} == limits


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("start_date", date(2023, 9, 1), "end_date 2023-08-31 is before start_date 2023-09-01"),
        ("start_date", date(1, 1, 1), "start_date 0001-01-01 is before 1970; give a later day"),
        ("end_date", date(9999, 12, 31), "end_date 9999-12-31 is the end of the calendar"),
        ("bands", (), "no band asked for"),
        ("bands", ("red", "nir", "red"), "bands red is given more than once"),
        ("resolution", 0, "resolution must be greater than 0, got 0"),
        ("resolution", -10, "resolution must be greater than 0, got -10"),
        ("resolution", float("nan"), "resolution must be greater than 0"),
        ("resolution", float("inf"), "resolution must be greater than 0"),
        ("boa_offset", 1000, "boa_offset must be auto, 0 or -1000, got 1000"),
        ("index_of", "bands", "index_of must be 'composite' or 'dates', got 'bands'"),
        ("compression", "lzw", "compression must be 'deflate' or 'zstd', got 'lzw'"),
        ("cluster", "moon", "cluster must be 'local' or None, got 'moon'"),
        ("max_items", 0, "max_items must be greater than 0"),
        ("workers", 0, "workers must be greater than 0"),
        ("max_cloud_cover", -1, "max_cloud_cover must be between 0 and 100, got -1"),
        ("max_cloud_cover", 100.5, "max_cloud_cover must be between 0 and 100, got 100.5"),
        ("max_cloud_cover", float("nan"), "max_cloud_cover must be between"),
        ("max_lost", 101, "max_lost must be between 0 and 100"),
        ("cloud_dilation", -1, "cloud_dilation must be between 0 and 5000"),
        ("clear_classes", (4, 12), "clear_classes takes codes 0-11 of the scene classification, got 4,12"),
        ("clear_classes", (), "got none"),
    ],
)
def test_value_out_of_its_range_is_named(make_request, option, value, said):
    with pytest.raises(UsageError) as caught:
        make_request(**{option: value})
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_parse_date():
    assert parse_date("start_date", "2020-10-01") == date(2020, 10, 1)


@pytest.mark.parametrize(
    "text", ["", "2020-13-01", "2020-02-30", "01.10.2020", "2020-10-01T00:00:00Z", "today"]
)
def test_what_is_no_day_is_named_with_its_option(text):
    with pytest.raises(UsageError, match=f"end_date needs a day as YYYY-MM-DD, got '{text}'"):
        parse_date("end_date", text)


@pytest.mark.parametrize("reducer", [25, None, ["median"]])
def test_a_reducer_of_another_type_is_a_usage_error(make_request, reducer):
    with pytest.raises(UsageError, match="reducer must be text, got"):
        make_request(reducer=reducer)


def test_a_reducer_is_kept_as_its_canonical_text(make_request):
    assert make_request(reducer="median:").reducer == "median"
