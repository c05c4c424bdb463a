from datetime import date

import pytest

from cloudless_mosaic.domain.periods import (
    COLLECTION_IDS,
    PERIODS,
    Window,
    collection_id,
    label_order,
    mosaic_label,
    mosaic_name,
    parse_mosaic_name,
    parse_period,
)

KINDS = [*PERIODS, "3days", "400days"]


@pytest.mark.parametrize("tile", ["", "x4y52", "x-4y-12"])
@pytest.mark.parametrize("name", KINDS)
def test_names_are_read_as_they_are_written(name, tile):
    kind = parse_period(name)
    for period in kind.cut(date(2019, 1, 1), date(2021, 12, 31)):
        written = mosaic_name(mosaic_label(period, tile))
        assert written.startswith(f"{kind.prefix}-mosaic-")
        assert parse_mosaic_name(written) == (period.label, tile)


@pytest.mark.parametrize("own", ["", "farm-1"])
@pytest.mark.parametrize("tile", ["", "x4y52"])
@pytest.mark.parametrize("name", ["month", "week", "16days", "year"])
def test_windows_are_in_the_names(name, tile, own):
    for period in parse_period(name).cut(date(2019, 12, 1), date(2020, 3, 31)):
        rolling = Window.parse("13months").around(period)
        label = mosaic_label(rolling, tile)
        assert rolling.label == f"{period.label}-13months"
        assert parse_mosaic_name(mosaic_name(label, own), own) == (rolling.label, tile)
        assert label_order(rolling.label)[0] == label_order(period.label)[0]


@pytest.mark.parametrize("name", KINDS)
def test_collections_are_known(name):
    assert collection_id(parse_period(name)) in COLLECTION_IDS


def test_names_of_months_are_those_that_were_published():
    (period,) = parse_period("month").cut(date(2020, 10, 1), date(2020, 10, 31))
    assert mosaic_name(mosaic_label(period, "")) == "monthly-mosaic-2020-10"
    assert collection_id(parse_period("month")) == "monthly-mosaics"


@pytest.mark.parametrize("name", ["monthly-mosaic-2020-W10", "weekly-mosaic-2020-10", "mosaic-2020-10", ""])
def test_other_names_are_no_names_of_mosaics(name):
    assert parse_mosaic_name(name) is None


def test_a_label_of_no_period_has_no_name():
    with pytest.raises(ValueError, match="not the label"):
        mosaic_name("2020-1")


@pytest.mark.parametrize("own", ["lake-west", "monthly", "a"])
@pytest.mark.parametrize("name", KINDS)
def test_names_of_a_requests_own_are_read_as_they_are_written(name, own):
    kind = parse_period(name)
    for period in kind.cut(date(2019, 1, 1), date(2019, 12, 31)):
        written = mosaic_name(mosaic_label(period, "x4y52"), own)
        assert written.startswith(f"{own}-")
        assert parse_mosaic_name(written, own) == (period.label, "x4y52")
        assert parse_mosaic_name(f"b{written}", own) is None
    assert collection_id(kind, own) == own
