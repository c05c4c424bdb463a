"""The real series with other types, nodata and scales gives the same mosaic, or is refused by type."""

import json
import subprocess
import sys

import numpy as np
import pytest
import rasterio

PLACE = ("--aoi", "15.1,45.5,15.6,45.8", "--bands", "red", "--resolution", "120", "--mask", "scl")
AUGUST = ("--start-date", "2023-08-01", "--end-date", "2023-08-31", "--max-cloud-cover", "100")


@pytest.fixture(scope="module")
def mosaic_of(mosaic_command, tmp_path_factory):
    """Runs the command on a catalogue; the mosaic, or the error."""

    def run(catalog):
        folder = tmp_path_factory.mktemp("mosaic")
        where = ("--stac-url", str(catalog), "--output-dir", str(folder))
        done = mosaic_command(*where, *AUGUST, *PLACE, "--max-lost", "0", cwd=folder)
        if done.code:
            return done
        with rasterio.open(folder / "monthly-mosaic-2023-08" / "monthly-mosaic-2023-08.tif") as dataset:
            return dataset.read(1)

    return run


@pytest.fixture(scope="module")
def product(shared_data, mosaic_of):
    return mosaic_of(shared_data / "real-33TWL/catalog.json")


@pytest.fixture
def series(shared_cases, tmp_path):
    """Writes the real series with other pixels."""

    def make(mode):
        maker = shared_cases / "make_int16.py"
        subprocess.run([sys.executable, str(maker), str(tmp_path / mode), mode], check=True)
        return tmp_path / mode / "catalog.json"

    return make


@pytest.mark.parametrize("mode", ["int16", "nodata65535", "sclfloat"])
def test_other_pixels_of_the_same_meaning_give_the_same_mosaic(series, mosaic_of, product, mode):
    np.testing.assert_array_equal(mosaic_of(series(mode)), product)


def test_float_pixels_are_refused_until_something_declares_them(series, mosaic_of, product):
    catalog = series("float32")
    refused = mosaic_of(catalog)
    assert refused.code == 3
    (error,) = [line for line in refused.err.splitlines() if line.startswith("error:")]
    assert "holds float32 pixels and nothing declares their scale" in error
    for path in catalog.parent.glob("*/*.json"):
        item = json.loads(path.read_text("utf-8"))
        item["assets"]["red"]["raster:bands"] = [
            {"data_type": "float32", "scale": 1, "offset": 0, "nodata": "nan"}
        ]
        path.write_text(json.dumps(item), "utf-8")
    np.testing.assert_array_equal(mosaic_of(catalog), product)
