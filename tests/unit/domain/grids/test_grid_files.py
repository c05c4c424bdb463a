import json
import math

import numpy as np
import pytest
import rasterio
from affine import Affine

from cloudless_mosaic.domain.grids import area_of_grid, read_grid
from cloudless_mosaic.errors import UsageError


def write(path, transform, crs="EPSG:32633"):
    profile = {"driver": "GTiff", "width": 6, "height": 4, "count": 1, "dtype": "uint8"}
    with rasterio.open(path, "w", transform=transform, crs=crs, **profile) as file:
        file.write(np.ones((1, 4, 6), np.uint8))
    return path


def test_the_grid_of_a_raster(tmp_path):
    grid = read_grid(write(tmp_path / "a.tif", Affine(30, 0, 15, 0, -30, 6015)))
    assert (grid.crs, grid.transform, grid.shape) == ("EPSG:32633", (30, 0, 15, 0, -30, 6015), (4, 6))
    assert not area_of_grid(grid).notes


@pytest.mark.parametrize("place", ["properties", "asset"])
def test_the_grid_of_an_item(place, tmp_path):
    fields = {"proj:shape": [4, 6], "proj:transform": [30, 0, 15, 0, -30, 6015, 0, 0, 1]}
    item = {"type": "Feature", "properties": {"proj:epsg": 32633}, "assets": {"a": {}}}
    (item["properties"] if place == "properties" else item["assets"]["a"]).update(fields)
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item))
    grid = read_grid(path)
    assert (grid.crs, grid.transform, grid.shape) == ("EPSG:32633", (30, 0, 15, 0, -30, 6015), (4, 6))


def test_what_has_no_grid_is_refused(tmp_path):
    for name, content in {"a.json": "{}", "b.json": "[", "c.tif": "no raster"}.items():
        (tmp_path / name).write_text(content)
        with pytest.raises(UsageError, match="like"):
            read_grid(tmp_path / name)
    for missing in ("missing.tif", "missing.json"):
        with pytest.raises(UsageError, match=f"like .*{missing} is not there; give a raster"):
            read_grid(tmp_path / missing)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"proj:transform": [10, 0, math.nan, 0, -10, 0]}, "a grid that no raster can have"),
        ({"proj:shape": [10**11, 10]}, "a grid that no raster can have"),
        ({"proj:shape": [math.inf, 10]}, "no grid of pixels"),
        ({"proj:code": "EPSG:4978"}, "not a CRS of maps"),
        ({"proj:code": "EPSG:0"}, "no CRS"),
    ],
)
def test_an_item_whose_grid_makes_no_sense_is_refused(fields, message, tmp_path):
    grid = {"proj:code": "EPSG:32633", "proj:shape": [4, 6], "proj:transform": [30, 0, 15, 0, -30, 6015]}
    path = tmp_path / "item.json"
    path.write_text(json.dumps({"properties": grid | fields}))
    with pytest.raises(UsageError, match=message):
        read_grid(path)


@pytest.mark.parametrize("transform", [Affine(30, 1, 0, 0, -30, 0), Affine(30, 0, 0, 0, -20, 0)])
def test_pixels_have_to_be_square_and_upright(transform, tmp_path):
    with pytest.raises(UsageError, match="no square pixels with north up"):
        read_grid(write(tmp_path / "a.tif", transform))
