"""The default mask where a collection lacks a band that it looks at."""

import json
import subprocess
import sys

import numpy as np
import pytest
import rasterio

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


@pytest.mark.parametrize("asked", [("--mask", "multidate"), ("--mask-option", "far=200")])
def test_one_that_is_asked_for_is_refused(series, mosaic_command, tmp_path, asked):
    done = mosaic_command("plan", *AUGUST, *series, *asked, cwd=tmp_path)
    assert done.code == 2
    assert "--mask multidate can't be used" in done.err
    assert "masks that work: scl" in done.err
