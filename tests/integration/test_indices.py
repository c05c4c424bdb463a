"""Indices as users ask for them."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest
import rasterio

from cloudless_mosaic import MosaicRequest, open_mosaics
from cloudless_mosaic.domain.aoi import Aoi

pytestmark = pytest.mark.xdist_group("demo")

AOI = -122.20, 47.60, -122.12, 47.66


@pytest.fixture(scope="module")
def area(demo_archive):
    return (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", f"--aoi={','.join(map(str, AOI))}"),
        *("--bands", "red", "--bands", "nir", "--resolution", "20", "-q"),
        *("--stac-url", str(demo_archive.catalog)),
    )


@pytest.fixture(scope="module")
def indices(area, mosaic_command, tmp_path_factory):
    folder = tmp_path_factory.mktemp("indices")
    outcome = mosaic_command(*area, "--index", "ndvi", "--index", "SAVI", cwd=folder)
    assert outcome.code == 0, outcome.err
    return folder


def read(folder, ending=""):
    with rasterio.open(folder / f"monthly-mosaic-2020-10/monthly-mosaic-2020-10{ending}.tif") as file:
        return file.read(), (file.dtypes, file.descriptions, file.nodata)


def item_of(folder):
    return json.loads((folder / "monthly-mosaic-2020-10/monthly-mosaic-2020-10.json").read_text())


def test_an_index_is_a_file_of_float32_beside_the_mosaic(indices):
    (red, nir), _ = read(indices)
    (ndvi,), (dtypes, bands, nodata) = read(indices, "-index-NDVI")
    assert (dtypes, bands) == (("float32",), ("NDVI",))
    assert np.isnan(nodata)
    red, nir = red.astype(float), nir.astype(float)
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(ndvi, (nir - red) / (nir + red), atol=2e-7)


def test_the_item_says_what_an_index_is(indices):
    item = item_of(indices)
    drawn = item["properties"]["renders"]
    assert drawn["index-NDVI"]["rescale"] == [[-1, 1]]
    (savi,), _ = read(indices, "-index-SAVI")
    (statistics,) = (band["statistics"] for band in item["assets"]["SAVI"]["bands"])
    assert drawn["index-SAVI"]["rescale"] == [[statistics["minimum"], statistics["maximum"]]]
    assert statistics["count"] == np.count_nonzero(~np.isnan(savi))
    for key, value in (("minimum", np.nanmin), ("maximum", np.nanmax), ("mean", np.nanmean)):
        assert statistics[key] == pytest.approx(float(value(savi.astype(float))), abs=2e-6)
    assets = item["assets"]
    assert assets["SAVI"]["title"] == "Soil-Adjusted Vegetation Index"
    assert "(1.0+L)*(N-R)/(N+R+L), L=1" in assets["SAVI"]["description"]
    assert assets["SAVI"]["roles"] == ["data"]
    (band,) = assets["NDVI"]["bands"]
    assert (band["name"], band["data_type"], band["nodata"]) == ("NDVI", "float32", "nan")
    assert item["properties"]["cloudless_mosaic:parameters"]["indices"] == {
        "NDVI": "(N-R)/(N+R)",
        "SAVI": "(1.0+L)*(N-R)/(N+R+L), L=1",
    }


def test_python_has_the_same_pixels(demo_archive, indices):
    request = MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=Aoi(*AOI),
        bands=("red", "nir"),
        resolution=20,
        stac_url=str(demo_archive.catalog),
        indices=("NDVI",),
    )
    np.testing.assert_array_equal(open_mosaics(request)["NDVI"].values, read(indices, "-index-NDVI")[0])


def test_an_overwriting_run_removes_indices_of_the_one_before(area, mosaic_command, tmp_path):
    assert mosaic_command(*area, "--index", "EVI2", "--index-of", "dates", cwd=tmp_path).code == 0
    assert list(tmp_path.rglob("*-index-EVI2.tif"))
    assert mosaic_command(*area, "--overwrite", cwd=tmp_path).code == 0
    assert not list(tmp_path.rglob("*-index-*"))


def test_the_plan_says_what_choices_cost(area, mosaic_command, tmp_path):
    shown = area[: area.index("-q")] + area[area.index("-q") + 1 :]
    options = ("--index", "NDVI", "--layer", "date", "--reducer", "geomedian")
    outcome = mosaic_command("plan", *shown, *options, cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    said = " ".join((outcome.out + outcome.err).split())
    assert "reducer geomedian: about 0." in said
    assert "date, NDVI: " in said
    plain = mosaic_command("plan", *shown, cwd=tmp_path)
    assert "of processor time" not in plain.out + plain.err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--index", "GNDVI"), "--index GNDVI takes nir, green, and --bands lack green; add --bands green"),
        (("--index", "NDVI", "--index", "ndvi"), "--index NDVI, NDVI are not all different"),
        (
            ("--index", "NDVI", "--index-of", "dates", "--reducer", "geomedian"),
            "--index-of dates reduces one value for each date, which --reducer geomedian can't; choose",
        ),
        (("--index", "made-up"), "--index 'made-up' is unknown to spyndex; choose one of its list"),
    ],
)
def test_what_can_not_be_computed_is_refused(area, options, message, mosaic_command, tmp_path):
    outcome = mosaic_command(*area, *options, cwd=tmp_path)
    assert outcome.code == 2
    assert message in outcome.err.replace("\n", " ")
    assert not list(tmp_path.iterdir())
