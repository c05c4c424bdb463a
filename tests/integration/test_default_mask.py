"""The default mask where a collection lacks a band that it looks at."""

import json
import subprocess
import sys
from datetime import date

import numpy as np
import pytest
import rasterio

from cloudless_mosaic.catalog import search
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.pipeline import plan_mosaics

AUGUST = ("--month", "2023-08", "--aoi", "14.9,45.0,16.5,46.1", "--bands", "red", "--resolution", "120")


@pytest.fixture
def series(shared_cases, tmp_path):
    """The real series, red and scene classification only."""
    maker = shared_cases / "make_int16.py"
    subprocess.run([sys.executable, str(maker), str(tmp_path / "series"), "int16"], check=True)
    return ("--stac-url", str(tmp_path / "series" / "catalog.json"))


def red_and_mask(folder):
    month = folder / "monthly-mosaic-2023-08"
    item = json.loads((month / f"{month.name}.json").read_text())
    with rasterio.open(month / f"{month.name}.tif") as dataset:
        return dataset.read(1), item["properties"]["cloudless_mosaic:parameters"]["mask"]


def test_it_is_that_of_the_classification_and_a_warning_says_so(series, mosaic_command, tmp_path):
    done = mosaic_command(*AUGUST, *series, "--output-dir", "default", cwd=tmp_path)
    assert done.code == 0, done.err
    assert "has no band blue, no band nir, which the default mask looks at; the mask is scl" in done.out
    assert mosaic_command(*AUGUST, *series, "--mask", "scl", "--output-dir", "scl", cwd=tmp_path).code == 0
    (found, mask), (expected, _) = red_and_mask(tmp_path / "default"), red_and_mask(tmp_path / "scl")
    assert mask == "scl"
    np.testing.assert_array_equal(found, expected)
    assert found.any()


def test_the_catalogue_is_searched_once(series, monkeypatch, tmp_path):
    searches, searched = [], search._search

    def count(*arguments):
        searches.append(arguments)
        return searched(*arguments)

    monkeypatch.setattr(search, "_search", count)
    request = MosaicRequest(
        output_dir=tmp_path / "out",
        stac_url=series[1],
        collection="sentinel-2-l2a",
        aoi=Aoi(14.9, 45.0, 16.5, 46.1),
        start_date=date(2023, 8, 1),
        end_date=date(2023, 8, 31),
        bands=("red",),
        resolution=120.0,
    )
    assert plan_mosaics(request).request.mask == "scl"
    assert len(searches) == 1


@pytest.mark.parametrize("asked", [("--mask", "multidate"), ("--mask-option", "far=200")])
def test_one_that_is_asked_for_is_refused(series, mosaic_command, tmp_path, asked):
    done = mosaic_command("plan", *AUGUST, *series, *asked, cwd=tmp_path)
    assert done.code == 2
    assert "--mask multidate can't be used" in done.err
    assert "masks that work: scl" in done.err
