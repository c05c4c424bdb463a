import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pyproj import Transformer
from shapely.geometry import MultiPolygon, Point, shape

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN, Swath
from cloudless_mosaic.synthetic.archive import ArchiveSpec
from cloudless_mosaic.synthetic.catalog import write_catalog
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent, Granule
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER
from cloudless_mosaic.synthetic.products import Product, bounding_box, count_classes, footprint
from cloudless_mosaic.synthetic.surface import BANDS
from cloudless_mosaic.synthetic.weather import make_weather

REAL = (
    Path(__file__).resolve().parents[3]
    / "../shared/data/stac-items/planetary-computer"
    / "S2B_MSIL2A_20240419T095549_R122_T46XER_20240419T124342.json"
)
FIJI = Granule("01KAB", 32701, (99960, 8200000))

extent = Extent(SEATTLE, (5120, 1024), (2720, 2384))
counts = (1000, 0, 50, 150, 500, 200, 100, 10, 40, 30, 20, 0)


def item_for(acquisition, part=extent):
    product = Product(acquisition, part, counts)
    return PLANETARY_COMPUTER.item(product, footprint(part, acquisition.swath), BANDS)


def test_names_are_those_of_the_planetary_computer():
    product = Product(CLEAR_AUTUMN[0], extent, counts)
    assert PLANETARY_COMPUTER.item_id(product) == "S2A_MSIL2A_20201003T190231_R113_T10TET_20201004T054732"
    assert product.uri == "S2A_MSIL2A_20201003T190231_N0212_R113_T10TET_20201004T054732.SAFE"
    assert PLANETARY_COMPUTER.file_name(product, "B04") == "T10TET_20201003T190231_B04_10m.tif"
    assert PLANETARY_COMPUTER.file_name(product, "SCL") == "T10TET_20201003T190231_SCL_20m.tif"


def test_percentages_are_of_valid_pixels():
    properties = item_for(CLEAR_AUTUMN[0])["properties"]
    assert properties["eo:cloud_cover"] == pytest.approx(100 * 90 / 1100, abs=1e-6)
    assert properties["s2:cloud_shadow_percentage"] == pytest.approx(100 * 150 / 1100, abs=1e-6)
    assert properties["s2:nodata_pixel_percentage"] == pytest.approx(100 * 1000 / 2100, abs=1e-6)
    shares = [properties[key] for key in properties if re.fullmatch(r"s2:\w+_percentage", key)]
    nodata = properties["s2:nodata_pixel_percentage"]
    assert sum(shares) - nodata == pytest.approx(100, abs=1e-4)


def test_classes_are_counted():
    assert count_classes(np.array([[0, 4, 4], [9, 11, 4]], np.uint8)) == (1, 0, 0, 0, 3, 0, 0, 0, 0, 1, 0, 1)


@pytest.mark.skipif(not REAL.exists(), reason="the real items are not beside the project")
def test_fields_are_those_of_a_real_item():
    real = json.loads(REAL.read_text())
    ours = item_for(CLEAR_AUTUMN[0])
    assert set(ours["properties"]) == set(real["properties"])
    for key, value in ours["properties"].items():
        assert type(value) is type(real["properties"][key]), key
    assert set(ours["stac_extensions"]) == set(real["stac_extensions"])
    for name, asset in ours["assets"].items():
        assert set(asset) == set(real["assets"][name]), name
        for key in ("gsd", "type", "roles", "title", "eo:bands"):
            assert asset.get(key) == real["assets"][name].get(key), (name, key)


def test_offset_goes_with_the_baseline():
    offsets = {a.baseline: PLANETARY_COMPUTER.offset(a) for a in CLEAR_AUTUMN}
    assert offsets == {"02.12": 0, "05.00": 1000}
    assert PLANETARY_COMPUTER.offset(replace(CLEAR_AUTUMN[0], baseline="04.00")) == 1000


def test_footprint_of_a_whole_swath_is_the_extent():
    area = footprint(extent, None)
    to_utm = Transformer.from_crs("EPSG:4326", "EPSG:32610", always_xy=True)
    x, y = to_utm.transform(*np.array(area.exterior.coords).T)
    left, bottom, right, top = extent.grid(10).bounds
    assert (x.min(), y.min(), x.max(), y.max()) == pytest.approx((left, bottom, right, top), abs=0.05)
    assert area.is_valid


def test_footprint_holds_exactly_the_pixels_inside_the_swath(pool):
    part = Extent(SEATTLE, (6144, 1024), (2048, 256))
    grid = part.grid(20)
    area = footprint(part, CLEAR_AUTUMN[3].swath)
    seen = make_weather(9, CLEAR_AUTUMN[3], grid, pool).seen
    to_geographic = Transformer.from_crs("EPSG:32610", "EPSG:4326", always_xy=True)
    assert 0 < seen.mean() < 1
    for row in range(0, seen.shape[0], 16):
        for column in range(0, seen.shape[1], 16):
            x, y = grid.origin[0] + 20 * column + 10, grid.origin[1] - 20 * row - 10
            place = Point(to_geographic.transform(x, y))
            near_edge = area.boundary.distance(place) < 2e-4
            assert near_edge or area.contains(place) == seen[row, column]


def test_footprint_across_the_antimeridian_is_cut_in_two():
    part = Extent(FIJI, (0, 0), (10980, 2048))
    area = footprint(part, None)
    assert isinstance(area, MultiPolygon)
    assert len(area.geoms) == 2
    west, south, east, north = bounding_box(area)
    assert 179 < west <= 180
    assert -180 <= east < -178
    assert south < north < 0
    assert all(abs(x) <= 180 for piece in area.geoms for x, _ in piece.exterior.coords)


def test_swath_edge_reaches_across_the_antimeridian(tmp_path):
    part = Extent(FIJI, (0, 0), (10980, 2048))
    from_east = replace(CLEAR_AUTUMN[0], swath=Swath((179.9, -16.3), 0.0))
    item = item_for(from_east, part)
    assert shape(item["geometry"]).area < footprint(part, None).area
    west, _, east, _ = item["bbox"]
    assert west == pytest.approx(179.9, abs=1e-6)
    assert east < 0
    write_catalog(tmp_path, PLANETARY_COMPUTER, BANDS, [item])
    collection = json.loads((tmp_path / "sentinel-2-l2a" / "collection.json").read_text())
    assert collection["extent"]["spatial"]["bbox"][0][::2] == [-180.0, 180.0]


def test_footprint_outside_the_swath_is_empty():
    assert footprint(extent, Swath((-130.0, 47.0), 194.0)).is_empty


@pytest.mark.parametrize(
    ("offset", "size"),
    [((100, 0), (512, 512)), ((10240, 0), (1024, 512)), ((0, 0), (511, 512)), ((-1024, 0), (512, 512))],
)
def test_extents_off_the_granule_or_its_tiles_are_refused(offset, size):
    with pytest.raises(UsageError, match="multiples of 1024"):
        Extent(SEATTLE, offset, size)


@pytest.mark.parametrize(
    ("offset", "size"), [((1024, 3072), (600, 600)), ((3072, 3072), (600, 602)), ((0, 2048), (600, 600))]
)
def test_extents_that_cut_pixels_of_60_metres_are_refused(offset, size):
    part = Extent(SEATTLE, offset, size)
    assert part.grid(20).resolution == 20
    with pytest.raises(UsageError, match="an offset in multiples of 3072 and a size in multiples of 6"):
        part.grid(60)
    with pytest.raises(UsageError, match="pixels of 60 m"):
        ArchiveSpec((part,), CLEAR_AUTUMN[:1], bands=("B04", "B09"))


def test_coarse_grids_share_the_corner_of_the_granule():
    part = Extent(SEATTLE, (3072, 6144), (600, 1200))
    whole = Extent(SEATTLE)
    for resolution in (10, 20, 60):
        grid = part.grid(resolution)
        assert grid.bounds == part.grid(10).bounds
        for i in (0, 1):
            assert (grid.origin[i] - whole.grid(resolution).origin[i]) % (512 * resolution) == 0
