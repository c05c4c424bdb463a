"""Pixels of named grids lie where those of the archives do."""

import json
from pathlib import Path

import pytest

from cloudless_mosaic.domain.grids import GRIDS, tile_grid

DATA = Path(__file__).resolve().parents[5] / "shared/data"


def edges(items):
    """CRS, edge of a pixel, and x and y of the corner of every raster that items describe."""
    for path in sorted(items.rglob("*.json")):
        item = json.loads(path.read_text())
        if not isinstance(item, dict) or "assets" not in item:
            continue
        own = item["properties"]
        code = own.get("proj:code") or f"EPSG:{own.get('proj:epsg')}"
        for asset in (own, *item["assets"].values()):
            pixel, transform = asset.get("proj:code", code), asset.get("proj:transform")
            if transform and pixel.startswith(("EPSG:326", "EPSG:327")) and transform[0] in {10, 20, 30, 60}:
                yield pixel, transform[0], transform[2], transform[5]


def assert_on_grid(name, crs, resolution, x, y):
    anchor = GRIDS[name].anchor(resolution, crs)
    assert ((x - anchor[0]) % resolution, (y - anchor[1]) % resolution) == (0, 0)


@pytest.mark.skipif(not DATA.is_dir(), reason="no recorded items")
@pytest.mark.parametrize(
    ("name", "folder"), [("sentinel-2", "stac-items"), ("landsat", "other-items/landsat-c2-l2")]
)
def test_recorded_items_lie_on_the_grid(name, folder):
    found = set(edges(DATA / folder))
    assert found
    for place in found:
        assert_on_grid(name, *place)
    if name == "sentinel-2":
        assert {"326", "327"} == {crs[5:8] for crs, *_ in found}


# the tiles of the recorded items of HLS, and some of the southern hemisphere
@pytest.mark.parametrize("tile", ["01RCM", "10TET", "32UMF", "55HFA", "21LTE", "01CCV"])
@pytest.mark.parametrize(("name", "resolution"), [("hls", 30), ("sentinel-2", 60), ("sentinel-2", 10)])
def test_corners_of_tiles_lie_on_the_grid(tile, name, resolution):
    grid = tile_grid(tile, resolution)
    assert_on_grid(name, grid.crs, resolution, *grid.origin)


# north-western corners of tiles of BDC_SM_V2, as the Brazil Data Cube publishes them
@pytest.mark.parametrize(
    ("x", "y"), [(2_729_600, 10_475_200), (3_152_000, 11_531_200), (3_363_200, 10_264_000)]
)
@pytest.mark.parametrize("resolution", [10, 20, 30, 64])
def test_tiles_of_the_brazil_data_cube_lie_on_the_grid(x, y, resolution):
    assert_on_grid("bdc", GRIDS["bdc"].crs, resolution, x, y)


# tiles of 96 km count from the origin
@pytest.mark.parametrize("resolution", [10, 20, 30, 60])
def test_tiles_of_digital_earth_africa_lie_on_the_grid(resolution):
    assert_on_grid("deafrica", "EPSG:6933", resolution, 96_000 * 7, -96_000 * 31)
