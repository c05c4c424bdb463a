import random
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.scenes import DroppedScene, SceneSet, SourceGrid, SourceRaster

GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (10980, 10980))
RASTERS = {"B04": SourceRaster("red.tif", GRID)}


def test_grid_knows_its_place():
    assert GRID.resolution == 10
    assert GRID.origin == (499980, 5300040)
    assert GRID.bounds == (499980, 5190240, 609780, 5300040)


def test_scenes_come_in_order_of_time_and_id(make_scene):
    late = make_scene("a", RASTERS, day=9)
    early = [make_scene(name, RASTERS, day=2, granule=name) for name in ("c", "b")]
    assert [scene.id for scene in SceneSet.of([late, *early]).scenes] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("field", "worse", "better"),
    [("baseline", "02.12", "05.00"), ("generated", "2020-10-01T00:00:00Z", "2022-01-01T00:00:00Z")],
)
def test_newest_processing_of_a_strip_is_kept(make_scene, field, worse, better):
    old = make_scene("z", RASTERS, **{field: worse})
    new = make_scene("a", RASTERS, **{field: better})
    found = SceneSet.of([old, new])
    assert found.scenes == (new,)
    assert found.dropped == (DroppedScene("z", old.datetime, "reprocessed twin of a"),)


def test_baseline_counts_before_the_time_of_processing(make_scene):
    old = make_scene("old", RASTERS, baseline="02.12", generated="2023")
    new = make_scene("new", RASTERS, baseline="05.00", generated="2022")
    assert SceneSet.of([old, new]).scenes == (new,)


def test_two_strips_of_one_granule_are_no_twins(make_scene):
    halves = [make_scene(name, RASTERS, datastrip=name) for name in ("north", "south")]
    assert SceneSet.of(halves).scenes == tuple(halves)
    assert SceneSet.of(halves).dropped == ()


def test_two_granules_of_one_overpass_are_no_twins(make_scene):
    both = [make_scene(name, RASTERS, granule=name) for name in ("33TWL", "33TXL")]
    assert len(SceneSet.of(both).scenes) == 2


def test_twin_that_is_kept_stands_where_its_own_name_belongs(make_scene):
    scenes = [
        make_scene("a", RASTERS, baseline="02.12"),
        make_scene("z", RASTERS, baseline="05.00"),
        make_scene("m", RASTERS, granule="33TXL"),
    ]
    assert [scene.id for scene in SceneSet.of(scenes).scenes] == ["m", "z"]


@given(st.randoms(use_true_random=False))
def test_order_of_the_search_changes_nothing(make_scene, chance: random.Random):
    scenes = [
        make_scene(f"{day}-{granule}-{baseline}", RASTERS, day=day, granule=granule, baseline=baseline)
        for day in (1, 2)
        for granule in ("33TWL", "33TXL")
        for baseline in ("02.12", "05.00")
    ]
    dropped = [
        DroppedScene("broken", None, "no geometry"),
        DroppedScene("cloudy", datetime(2023, 8, 1, tzinfo=UTC), "too cloudy"),
        DroppedScene("apart", datetime(2023, 8, 1, tzinfo=UTC), "no band"),
    ]
    expected = SceneSet.of(scenes, dropped, ["cut"])
    chance.shuffle(scenes)
    chance.shuffle(dropped)
    found = SceneSet.of(scenes, dropped, ["cut"])
    assert found == expected
    assert len(found.scenes) == 4
    assert [scene.id for scene in found.dropped[:3]] == ["broken", "apart", "cloudy"]
    assert found.warnings == ("cut",)
