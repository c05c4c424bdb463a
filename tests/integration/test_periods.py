"""Periods as users ask for them: names, items, tables, and what is refused."""

from __future__ import annotations

import json

import pytest

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def area(demo_archive):
    return (
        *("--aoi=-122.20,47.60,-122.12,47.66", "--bands", "red"),
        *("--stac-url", str(demo_archive.catalog)),
    )


def dates(start, end):
    return "--start-date", start, "--end-date", end


CASES = {
    "week": ("2020-10-05", "2020-10-18", "weekly", ["2020-W41", "2020-W42"]),
    "dekad": ("2020-10-01", "2020-10-20", "dekadal", ["2020-10-D1", "2020-10-D2"]),
    "20days": ("2020-10-01", "2020-11-09", "days", ["2020-10-01--P20D", "2020-10-21--P20D"]),
    "season": ("2020-11-01", "2020-12-31", "seasonal", ["2020-SON", "2021-DJF"]),
    "year": ("2020-10-01", "2020-12-31", "yearly", ["2020"]),
    "all": ("2020-10-01", "2020-12-31", "all", ["2020-10-01--2020-12-31"]),
}


@pytest.mark.parametrize("period", CASES)
def test_each_kind_gets_its_folders_items_and_lines(period, area, mosaic_command, tmp_path):
    start, end, prefix, labels = CASES[period]
    outcome = mosaic_command(*area, *dates(start, end), "--period", period, "--json", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    names = [f"{prefix}-mosaic-{label}" for label in labels]
    assert sorted(path.name for path in tmp_path.glob("*-mosaic-*")) == sorted(names)
    collection = json.loads((tmp_path / "collection.json").read_text())
    assert collection["id"] == f"{prefix}-mosaics"
    items = [json.loads((tmp_path / name / f"{name}.json").read_text()) for name in names]
    events = [json.loads(line) for line in outcome.out.splitlines()]
    (result,) = (event for event in events if event["event"] == "result")
    assert [one["period"] for one in result["periods"]] == labels
    for item, one in zip(items, result["periods"], strict=True):
        properties = item["properties"]
        assert (properties["start_datetime"][:10], properties["end_datetime"][:10]) == (
            one["start"],
            one["end"],
        )
        assert properties["cloudless_mosaic:parameters"]["period"] == period
        taken = [scene["datetime"][:10] for scene in properties["cloudless_mosaic:scenes"]]
        assert taken
        assert all(one["start"] <= day <= one["end"] for day in taken)
    # a finished folder is recognised
    again = mosaic_command(*area, *dates(start, end), "--period", period, cwd=tmp_path)
    assert again.code == 0
    assert f"{labels[0]}: written by an earlier run" in again.out


def test_days_of_each_year(area, mosaic_command, tmp_path):
    whole = dates("2020-10-01", "2020-12-31")
    outcome = mosaic_command(*area, *whole, "--every-year", "10-15..11-10", "-q", cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    spans = {}
    for path in sorted(tmp_path.glob("monthly-mosaic-*/*.json")):
        properties = json.loads(path.read_text())["properties"]
        spans[path.stem] = (properties["start_datetime"][:10], properties["end_datetime"][:10])
        for scene in properties["cloudless_mosaic:scenes"]:
            assert "10-15" <= scene["datetime"][5:10] <= "11-10"
    assert spans == {
        "monthly-mosaic-2020-10": ("2020-10-15", "2020-10-31"),
        "monthly-mosaic-2020-11": ("2020-11-01", "2020-11-10"),
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--period", "fortnight"), "--period 'fortnight' is unknown; choose one of month, week"),
        (("--every-year", "06-01"), "--every-year needs days as MM-DD..MM-DD, got '06-01'"),
        (("--every-year", "01-01..01-31"), "no day from 2020-10-01 to 2020-12-31 is one of --every-year"),
    ],
)
def test_what_is_no_period_is_refused_in_one_line(options, message, area, mosaic_command, tmp_path):
    outcome = mosaic_command(*area, *dates("2020-10-01", "2020-12-31"), *options, cwd=tmp_path)
    assert outcome.code == 2
    assert outcome.err.startswith(f"error: {message}")
    assert outcome.err.count("\n") == 1
