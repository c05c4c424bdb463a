"""Layers as users ask for them."""

from __future__ import annotations

import json
from datetime import date, datetime

import numpy as np
import pytest
import rasterio

from stac_output import check_output

pytestmark = pytest.mark.xdist_group("demo")

LAYERS = ("date", "age", "spread", "source", "flags", "mask")


@pytest.fixture(scope="module")
def area(demo_archive):
    return (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.20,47.60,-122.12,47.66"),
        *("--bands", "red", "--bands", "nir", "--resolution", "20", "-q"),
        *("--stac-url", str(demo_archive.catalog)),
    )


def all_layers(names=LAYERS):
    return [word for name in names for word in ("--layer", name)]


def read(folder, ending):
    with rasterio.open(folder / f"monthly-mosaic-2020-10/monthly-mosaic-2020-10{ending}.tif") as file:
        return file.read(), file.nodata, file.descriptions


@pytest.fixture(scope="module")
def median(area, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("layers")
    outcome = mosaic_command(*area, *all_layers(), cwd=folder)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="module")
def nearest(area, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("nearest")
    names = (name for name in LAYERS if name != "spread")
    outcome = mosaic_command(*area, "--reducer", "nearest", *all_layers(names), cwd=folder)
    assert outcome.code == 0, outcome.err
    return folder


def test_the_catalog_with_layers_is_valid(median):
    check_output(median)


@pytest.mark.parametrize("made", ["median", "nearest"])
def test_layers_have_data_where_the_mosaic_has(made, request):
    folder = request.getfixturevalue(made)
    count = read(folder, "-count")[0][0]
    for name, nodata in (("date", 0), ("age", -32768), ("source", 0)):
        pixels, declared, _ = read(folder, f"-{name}")
        assert declared == nodata
        np.testing.assert_array_equal(pixels[0] != nodata, count > 0)
    flags = read(folder, "-flags")[0][0]
    np.testing.assert_array_equal(flags == 0, count > 0)
    assert set(np.unique(flags)) <= {0, 1, 2}


@pytest.mark.parametrize("made", ["median", "nearest"])
def test_date_age_and_source_agree_with_each_other_and_the_item(made, request):
    folder = request.getfixturevalue(made)
    item = json.loads((folder / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())
    scenes = item["properties"]["cloudless_mosaic:scenes"]
    (band,) = item["assets"]["source"]["bands"]
    assert [one["name"] for one in band["classification:classes"]] == [scene["id"] for scene in scenes]
    days = {
        number: (datetime.fromisoformat(scene["datetime"]).date() - date(1970, 1, 1)).days
        for number, scene in enumerate(scenes, 1)
    }
    source, dates, age = (read(folder, f"-{name}")[0][0] for name in ("source", "date", "age"))
    assert len(np.unique(source)) > 2
    middle = (date(2020, 10, 16) - date(1970, 1, 1)).days
    for number in np.unique(source[source > 0]):
        assert set(dates[source == number]) == {days[number]}
        assert set(age[source == number]) == {days[number] - middle}


def test_the_item_gives_ranges_and_looks_of_layers(median):
    item = json.loads((median / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())
    drawn, assets = item["properties"]["renders"], item["assets"]
    for name in ("date", "age", "spread"):
        pixels, nodata, _ = read(median, f"-{name}")
        for plane, band in zip(pixels, assets[name]["bands"], strict=True):
            known = plane[~np.isnan(plane) if name == "spread" else plane != nodata].astype(float)
            assert (band["statistics"]["minimum"], band["statistics"]["maximum"]) == (
                known.min(),
                known.max(),
            )
            assert band["statistics"]["mean"] == pytest.approx(known.mean(), abs=1e-6)
            assert band["statistics"]["count"] == known.size
        first = assets[name]["bands"][0]["statistics"]
        assert drawn[name]["rescale"] == [[first["minimum"], first["maximum"]]]
    classes = assets["flags"]["bands"][0]["classification:classes"]
    assert set(drawn["flags"]["colormap"]) == {str(one["value"]) for one in classes}
    assert "source" not in drawn


def test_the_source_of_a_choosing_reducer_is_what_the_item_counts(nearest):
    item = json.loads((nearest / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())
    source = read(nearest, "-source")[0][0]
    for number, scene in enumerate(item["properties"]["cloudless_mosaic:scenes"], 1):
        assert scene["pixel_percent"] == pytest.approx(100 * (source == number).mean(), abs=1e-3)


def test_the_spread_of_the_median_is_of_each_band(median):
    pixels, _, bands = read(median, "-spread")
    count = read(median, "-count")[0][0]
    assert bands == ("red", "nir")
    np.testing.assert_array_equal(np.isnan(pixels[0]), count == 0)
    assert not pixels[:, count == 1].any()
    assert (pixels[:, count > 2] > 0).any()


@pytest.mark.parametrize("made", ["median", "nearest"])
def test_the_mask_has_the_steps_that_took_pixels_out(made, request):
    folder = request.getfixturevalue(made)
    item = json.loads((folder / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())
    (band,) = item["assets"]["mask"]["bands"]
    names = {one["value"]: one["name"] for one in band["classification:classes"]}
    assert names[0] == "kept"
    assert names[7] == "classes-haze-shadow"
    mask, nodata, _ = read(folder, "-mask")
    assert nodata == 255
    assert set(np.unique(mask)) <= {*names, 255}
    counts = item["properties"]["cloudless_mosaic:masked"]
    assert ((mask[0] & 1).any(), (mask[0] & 6).any()) == (counts["by_classes"] > 0, counts["by_dates"] > 0)
    scenes = item["properties"]["cloudless_mosaic:scenes"]
    for step, number in counts.items():
        assert number == sum(scene["masked"][step] for scene in scenes)
    # no pixel is taken out more often than it was seen
    assert np.count_nonzero((mask[0] & 6) * (mask[0] != 255)) <= counts["by_dates"]


def test_the_mosaic_is_the_same_as_without_layers(area, median, mosaic_command, tmp_path):
    assert mosaic_command(*area, cwd=tmp_path).code == 0
    for ending in ("", "-count", "-visual"):
        name = f"monthly-mosaic-2020-10/monthly-mosaic-2020-10{ending}.tif"
        assert (tmp_path / name).read_bytes() == (median / name).read_bytes()


def test_spread_of_a_reducer_without_one_is_refused(area, mosaic_command, tmp_path):
    outcome = mosaic_command(*area, "--reducer", "mean", "--layer", "spread", cwd=tmp_path)
    assert outcome.code == 2
    assert "--layer spread goes with --reducer median or geomedian, not with mean" in outcome.err


def test_a_run_with_overwrite_removes_layers_of_the_one_before(area, mosaic_command, tmp_path):
    assert mosaic_command(*area, *all_layers(("date",)), cwd=tmp_path).code == 0
    assert mosaic_command(*area, cwd=tmp_path).code == 2
    assert mosaic_command(*area, "--overwrite", cwd=tmp_path).code == 0
    assert not list(tmp_path.rglob("*-date.tif*"))
