import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from shapely.geometry import box

from cloudless_mosaic.burned.pair import ScenePair
from cloudless_mosaic.burned.plan import make_plan
from cloudless_mosaic.burned.request import CLEAR_CLASSES, BurnedAreaRequest
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.scenes import Scene, SourceGrid, SourceRaster
from cloudless_mosaic.errors import NoDataError, UsageError
from cloudless_mosaic.geo.projection import project
from cloudless_mosaic.masks.table import parse_mask_table

START = datetime(2021, 7, 13, 18, 49, 19, tzinfo=UTC)


def grid(x, y, crs="EPSG:32610", resolution=10, size=10980):
    return SourceGrid(crs, (resolution, 0.0, x, 0.0, -resolution, y), (size, size))


def scene(name, days=0, x=600000, y=4500000, crs="EPSG:32610", **changes):
    fine, coarse = grid(x, y, crs), grid(x, y, crs, 20, 5490)
    rasters = {"B08": SourceRaster(f"/{name}/B08.tif", fine), "B12": SourceRaster(f"/{name}/B12.tif", coarse)}
    values = {
        "id": name,
        "collection": "sentinel-2-l2a",
        "datetime": START + timedelta(days=days),
        "cloud_cover": 1.0,
        "platform": "sentinel-2a",
        "granule": "10TFK",
        "overpass": f"S2A_{days}",
        "datastrip": "S1",
        "baseline": "03.01",
        "generated": "",
        "footprint": project(box(*fine.bounds), crs, "EPSG:4326"),
        "rasters": rasters,
        "scl": SourceRaster(f"/{name}/SCL.tif", coarse),
        "offset": 0,
        "offset_reason": "",
    }
    return Scene(**(values | changes))


def request(**changes):
    return BurnedAreaRequest(pre_fire_url="a.json", post_fire_url="b.json", **changes)


def plan(before, after, **changes):
    return make_plan(request(**changes), ScenePair(before, after), lambda one: one.rasters["B08"].grid)


def test_scenes_of_one_granule_are_compared_as_a_whole_along_their_own_pixels():
    made = plan(scene("a"), scene("b", 5))
    assert made.geobox.shape == (10980, 10980)
    assert tuple(made.geobox.affine)[:6] == (10, 0, 600000, 0, -10, 4500000)
    assert made.notes == ()
    tasks = list(made.tasks())
    assert len(tasks) == len(made.sources.blocks) == 121
    for task in tasks:
        assert [len(one.observations) for one in (task.before, task.after)] == [1, 1]
        assert list(task.hrefs) == [f"/{name}/{file}.tif" for name in "ab" for file in ("SCL", "B08", "B12")]
        assert task.before.mask.classes.clear == CLEAR_CLASSES
    assert len(pickle.dumps(tasks[0])) < 4000


def test_neighbours_are_compared_where_they_overlap():
    made = plan(scene("a"), scene("b", 5, x=699960))
    assert made.geobox.shape == (10980, (709800 - 699960) // 10)
    assert made.geobox.affine.c == 699960
    # blocks follow the tiles of the scene before
    assert (made.sources.blocks.column_edges[1] + (699960 - 600000) // 10) % 1024 == 0


@pytest.mark.parametrize(("resolution", "edge"), [(10, 1024), (20, 1024), (60, 256), (100, 128), (500, 64)])
def test_blocks_and_edges_of_coarser_maps(resolution, edge):
    made = plan(scene("a"), scene("b", 5, x=600130, y=4499870), resolution=resolution)
    affine, shape = made.geobox.affine, made.geobox.shape
    assert (affine.c - 600000) % resolution == (4500000 - affine.f) % resolution == 0
    assert affine.c <= 600130 < affine.c + resolution
    assert affine.f >= 4499870 > affine.f - resolution
    assert affine.c + shape[1] * resolution - 709800 in range(resolution)
    assert max(made.sources.blocks.largest) == edge


def test_an_area_cuts_the_overlap():
    made = plan(scene("a"), scene("b", 5), aoi=Aoi(-121.5, 40.4, -121.4, 40.5))
    rows, columns = made.geobox.shape
    assert 850 < columns < 900
    assert 1100 < rows < 1150
    left, bottom, right, top = made.geobox.boundingbox.bbox
    inside = project(box(left, bottom, right, top), "EPSG:32610", "EPSG:4326")
    assert inside.buffer(1e-6).covers(box(-121.5, 40.4, -121.4, 40.5))


def test_an_area_as_large_as_the_world_cuts_nothing():
    assert plan(scene("a"), scene("b", 5), aoi=Aoi(-179, -80, 179, 80)).geobox.shape == (10980, 10980)


def test_scenes_of_two_zones_meet_in_that_of_the_first():
    far = scene("b", 5, x=199980, y=4500000, crs="EPSG:32611")
    made = plan(scene("a", x=699960), far)
    assert str(made.geobox.crs) == "EPSG:32610"
    assert made.notes == (
        "the scenes lie in two zones: b (EPSG:32611) is resampled to that of a (EPSG:32610)",
    )
    with_bounds = box(*made.geobox.boundingbox.bbox)
    there = project(box(*far.rasters["B08"].grid.bounds), "EPSG:32611", "EPSG:32610")
    assert with_bounds.intersects(there)
    assert box(699960, 4390200, 809760, 4500000).buffer(1).covers(with_bounds)


@pytest.mark.parametrize(
    ("changes", "error", "words"),
    [
        ({"days": 0, "overpass": "S2B_0"}, UsageError, "not after pre_fire_url a"),
        ({"days": -5}, UsageError, "swap them"),
        ({"days": 5, "overpass": "S2A_0"}, UsageError, "the same scene"),
        ({"days": 5, "collection": "sentinel-2-c1-l2a"}, UsageError, "different collections"),
        ({"days": 5, "x": 300000}, NoDataError, "don't overlap"),
    ],
)
def test_scenes_that_can_not_be_compared(changes, error, words):
    with pytest.raises(error, match=words):
        ScenePair(scene("a"), scene("b", **changes))


@pytest.mark.parametrize("aoi", [Aoi(10, 40, 11, 41), Aoi(-121.5, 42.0, -121.4, 42.1)])
def test_an_area_elsewhere(aoi):
    with pytest.raises(NoDataError, match=r"aoi.*give"):
        plan(scene("a"), scene("b", 5), aoi=aoi)


def test_footprints_may_touch_where_rasters_do_not():
    before, after = scene("a"), scene("b", 5, x=720000)
    with pytest.raises(NoDataError, match="nothing is common"):
        plan(before, replace(after, footprint=before.footprint))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolution": 0}, "resolution"),
        ({"max_lost": 101}, "max_lost"),
        ({"cloud_dilation": -1}, "cloud_dilation"),
        ({"clear_classes": (12,)}, "clear_classes"),
        ({"workers": 0}, "workers"),
        ({"boa_offset": 7}, "boa_offset"),
    ],
)
def test_values_out_of_range(changes, words):
    with pytest.raises(UsageError, match=words):
        request(**changes)


def test_red_is_read_only_for_the_index_that_needs_it():
    assert request().bands == request(index="rbr").bands == ("nir", "swir22")
    assert request(index="bai").bands == ("nir", "swir22", "red")


def test_a_mask_from_a_file_has_its_own_classes():
    table = parse_mask_table({"name": "mine", "classes": {"clear": [4, 5]}})
    assert request(mask=table).cloud_mask.classes.clear == (4, 5)
    with pytest.raises(UsageError, match="clear_classes is in the file of the mask itself"):
        request(mask=table, clear_classes=(4,))


def test_a_pair_has_no_neighbouring_periods():
    with pytest.raises(UsageError, match="neighbours=2: scenes of a pair have no neighbours in time"):
        request(mask="multidate", mask_options=(("neighbours", "2"),))
