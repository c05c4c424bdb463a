"""Reducers as users ask for them: what is refused, and the same pixels however the area is cut."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from cloudless_mosaic.output.merge import merge_shards

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def area(demo_archive):
    return (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.20,47.60,-122.12,47.66"),
        *("--bands", "red", "--bands", "nir", "--bands", "blue", "--resolution", "10", "-q"),
        *("--stac-url", str(demo_archive.catalog)),
    )


def item_of(folder):
    (path,) = folder.glob("monthly-mosaic-*/*.json")
    return json.loads(path.read_text())


@pytest.mark.parametrize("reducer", ["geomedian", "best"])
def test_shards_and_other_blocks_give_the_same_pixels(area, reducer, mosaic_command, tmp_path):
    layers = ("--layer", "date", "--index", "NDVI")
    options = (*area, "--reducer", reducer, *layers)
    assert mosaic_command(*options, "--output-dir", "whole", cwd=tmp_path).code == 0
    tiles = ("--tile-size", "512")
    parts = [tmp_path / str(number) for number in (1, 2)]
    for part in parts:
        how = ("--shard", f"{part.name}/2", "--output-dir", part.name)
        assert mosaic_command(*options, *tiles, *how, cwd=tmp_path).code == 0
    merge_shards(parts, tmp_path / "merged")
    for ending in ("", "-date", "-index-NDVI"):
        (path,) = (tmp_path / "whole").glob(f"*/monthly-mosaic-2020-10{ending}.tif")
        with rasterio.open(path) as file:
            whole, transform = file.read(), file.transform
        tiled = np.zeros_like(whole)
        names = [
            folder / f"{folder.name}{ending}.tif" for folder in (tmp_path / "merged").glob("monthly-*-x*")
        ]
        assert len(names) > 1
        for name in names:
            with rasterio.open(name) as file:
                column, row = (round(value) for value in ~transform @ (file.transform.c, file.transform.f))
                tiled[:, row : row + file.height, column : column + file.width] = file.read()
        np.testing.assert_array_equal(tiled, whole)


def test_the_item_says_which_scenes_were_chosen_and_how_often(area, mosaic_command, tmp_path):
    assert mosaic_command(*area, "--reducer", "max-ndvi", cwd=tmp_path).code == 0
    properties = item_of(tmp_path)["properties"]
    scenes = properties["cloudless_mosaic:scenes"]
    assert sum(scene["pixel_percent"] for scene in scenes) == pytest.approx(
        properties["cloudless_mosaic:clear_percent"], abs=0.01
    )
    assert all(scene["used"] == (scene["pixel_percent"] > 0) for scene in scenes)
    assert properties["cloudless_mosaic:parameters"]["reducer"] == "max:NDVI"
    assert properties["processing:lineage"].startswith("Highest NDVI of the clear observations")


def test_percents_of_a_mixing_reducer_add_up_to_the_mean_count(area, mosaic_command, tmp_path):
    assert mosaic_command(*area, cwd=tmp_path).code == 0
    properties = item_of(tmp_path)["properties"]
    total = sum(scene["pixel_percent"] for scene in properties["cloudless_mosaic:scenes"])
    assert total / 100 == pytest.approx(properties["cloudless_mosaic:mean_observations"], abs=0.001)


@pytest.mark.parametrize(
    ("reducer", "message"),
    [
        (
            "max:NBR",
            "--reducer max:NBR compares nir with swir22, and --bands lack swir22; add",
        ),
        ("percentile:101", "takes a number from 0 to 100, got '101'; for example percentile:25"),
        ("mode", "is unknown; choose one of median, percentile"),
    ],
)
def test_what_can_not_be_reduced_is_refused_before_the_search(
    area, reducer, message, mosaic_command, tmp_path
):
    nowhere = (*area[:-1], str(Path("nowhere") / "catalog.json"))
    outcome = mosaic_command(*nowhere, "--reducer", reducer, cwd=tmp_path)
    assert outcome.code == 2
    assert message in outcome.err.replace("\n", " ")
    assert not list(tmp_path.iterdir())
