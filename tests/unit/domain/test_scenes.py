import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from cloudless_mosaic.domain.scenes import DroppedScene, SceneSet, SourceGrid, SourceRaster

GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (10980, 10980))
RASTERS = {"B04": SourceRaster("red.tif", GRID)}


def test_grid_knows_its_place():
    assert GRID.resolution == 10
    assert GRID.origin == (499980, 5300040)
    assert GRID.bounds == (499980, 5190240, 609780, 5300040)


def test_an_address_that_a_catalogue_has_signed_shows_no_secret():
    signed = SourceRaster("https://user:hush@a.example/B04.tif?sig=hush", GRID)
    assert repr(signed) == f"SourceRaster('https://a.example/B04.tif', {GRID!r})"
    assert "hush" in signed.href


def test_scenes_come_in_order_of_time_and_id(make_scene):
    late = make_scene("a", RASTERS, day=9)
    early = [make_scene(name, RASTERS, day=2, granule=name) for name in ("c", "b")]
    assert [scene.id for scene in SceneSet.of([late, *early]).scenes] == ["b", "c", "a"]


@pytest.mark.parametrize(
    ("field", "worse", "better", "reason"),
    [
        ("baseline", "02.12", "05.00", "reprocessed twin of a, of baseline 05.00"),
        ("baseline", "", "05.00", "reprocessed twin of a, of baseline 05.00"),
        (
            "generated",
            "2020-10-01T00:00:00Z",
            "2022-01-01T00:00:00Z",
            "reprocessed twin of a, which is newer",
        ),
        ("collection", "one", "another", "the same scene as a in another"),
        ("collection", "one", "one", "the same scene as a"),
    ],
)
def test_newest_processing_of_a_strip_is_kept(make_scene, field, worse, better, reason):
    old = make_scene("0", RASTERS, **{field: worse})
    new = make_scene("a", RASTERS, **{field: better})
    for order in ([old, new], [new, old]):
        found = SceneSet.of(order)
        assert found.scenes == (new,)
        assert found.dropped == (DroppedScene("0", old.datetime, reason),)


def test_baseline_counts_before_the_time_of_processing(make_scene):
    old = make_scene("old", RASTERS, baseline="02.12", generated="2023")
    new = make_scene("new", RASTERS, baseline="05.00", generated="2022")
    assert SceneSet.of([old, new]).scenes == (new,)


def test_two_strips_of_one_granule_are_no_twins(make_scene):
    halves = [make_scene(name, RASTERS, datastrip=name) for name in ("north", "south")]
    assert SceneSet.of(halves).scenes == tuple(halves)
    assert SceneSet.of(halves).dropped == ()


@pytest.fixture
def halves(make_scene):
    """A scene, and the upper and the lower half of it in a newer processing; they overlap a little."""
    whole = make_scene("whole", RASTERS, baseline="02.12")
    west, south, east, north = whole.footprint.bounds
    middle = (south + north) / 2
    upper = replace(whole, id="upper", baseline="05.00", footprint=box(west, middle - 0.02, east, north))
    return whole, upper, replace(upper, id="lower", footprint=box(west, south, east, middle + 0.02))


def outcome(scenes):
    found = SceneSet.of(scenes)
    return {scene.id for scene in found.scenes}, {scene.id for scene in found.dropped}


def test_halves_that_share_a_strip_are_told_by_their_footprints(halves):
    _, upper, lower = halves
    assert outcome([upper, lower]) == ({"upper", "lower"}, set())
    assert outcome([upper, lower, replace(upper, id="a", baseline="04.00")]) == ({"upper", "lower"}, {"a"})


def test_a_half_does_not_displace_a_whole_but_two_halves_do(halves):
    whole, upper, lower = halves
    assert outcome([whole, upper]) == ({"whole", "upper"}, set())
    assert outcome([whole, upper, lower]) == ({"upper", "lower"}, {"whole"})


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


@pytest.mark.slow
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
