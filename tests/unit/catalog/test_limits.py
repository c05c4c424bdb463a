from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from cloudless_mosaic.catalog.limits import limit_scenes
from cloudless_mosaic.domain.periods import parse_period
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet

FIRST = datetime(2020, 10, 1, 19, tzinfo=UTC)
AREA = box(0, 0, 1, 1)


def scene(day, granule="10TET", cloud=1.0):
    sensed = FIRST + timedelta(days=day)
    name = f"S2A_{granule}_{sensed:%Y%m%d}"
    return Scene(
        id=name,
        collection="sentinel-2-l2a",
        datetime=sensed,
        cloud_cover=cloud,
        platform="sentinel-2a",
        granule=granule,
        overpass=f"S2A_{sensed:%Y%m%dT%H%M%S}",
        datastrip="",
        baseline="02.12",
        generated="",
        footprint=AREA,
        rasters={},
        scl=None,
        offset=0,
        offset_reason="",
    )


PERIODS = parse_period("month").cut(date(2020, 9, 1), date(2021, 12, 31))


def limited(found, most):
    return limit_scenes(found, most, PERIODS)


def months(scenes):
    return Counter(f"{one.datetime:%m}" for one in scenes)


def test_a_search_within_the_limit_is_left_alone():
    found = SceneSet.of([scene(1), scene(2)])
    assert limited(found, 2) is found
    assert limited(found, 3) is found


def test_unknown_clouds_rank_last():
    known = [scene(day, cloud=90.0 + day) for day in range(3)]
    found = SceneSet.of([*known, scene(9, cloud=None), scene(10, cloud=None)])
    assert [one.cloud_cover for one in limited(found, 3).scenes] == [90, 91, 92]
    assert [one.cloud_cover for one in limited(found, 4).scenes] == [90, 91, 92, None]


def test_no_month_is_emptied_by_a_cloudier_or_later_one():
    october = [scene(day, cloud=0.0) for day in range(20)]
    december = [scene(61 + day, cloud=20.0) for day in range(4)]
    kept = limited(SceneSet.of([*october, *december]), 8)
    assert months(kept.scenes) == {"10": 4, "12": 4}


def test_within_a_month_no_granule_is_emptied():
    clear = [scene(day, "10TET", cloud=0.0) for day in range(9)]
    cloudy = [scene(day, "10TFT", cloud=20.0) for day in range(3)]
    kept = limited(SceneSet.of([*clear, *cloudy]), 4)
    assert Counter(one.granule for one in kept.scenes) == {"10TET": 2, "10TFT": 2}


def test_the_clearest_are_kept():
    kept = limited(SceneSet.of([scene(day, cloud=float(20 - day)) for day in range(10)]), 3)
    assert [one.cloud_cover for one in kept.scenes] == [13.0, 12.0, 11.0]


def test_the_warning_says_how_many_and_which_dates_are_gone():
    dropped = DroppedScene("x", FIRST, "cloud cover 90.0 % is above 25 %")
    found = SceneSet.of(
        [scene(0), scene(1, cloud=9), scene(1, "10TFT", cloud=9), scene(31, cloud=3)], [dropped], ["a note"]
    )
    kept = limited(found, 2)
    note, warning = kept.warnings
    assert note == "a note"
    assert warning == (
        "`max_items` 2 cuts the search: 4 scenes found, 2 kept, left out 2 of 3 in 2020-10; "
        "no scene is left on 2020-10-02; `max_items` 4 takes all"
    )
    assert dropped in kept.dropped
    assert {one.id for one in kept.dropped} == {"x", "S2A_10TET_20201002", "S2A_10TFT_20201002"}
    assert all(one.datetime for one in kept.dropped)


def test_a_date_that_keeps_a_granule_is_not_called_gone():
    found = SceneSet.of([scene(0, "10TET", cloud=1), scene(0, "10TFT", cloud=2)])
    assert "no scene is left" not in limited(found, 1).warnings[0]


def test_a_long_list_of_dates_is_cut_short():
    warning = limited(SceneSet.of([scene(day) for day in range(90)]), 3).warnings[0]
    assert warning.count("2020-") == 31 + 3  # dates and months
    assert "and 56 more" in warning


@pytest.mark.parametrize("most", [1, 2])
def test_with_fewer_places_than_months_the_warning_names_the_empty_ones(most):
    warning = limited(SceneSet.of([scene(0), scene(31), scene(61)]), most).warnings[0]
    assert warning.count("1 of 1 in 2020-") == 3 - most


@st.composite
def scene_lists(draw):
    keys = draw(st.lists(st.tuples(st.integers(0, 90), st.sampled_from(["10TET", "10TFT"])), unique=True))
    return [scene(day, granule, draw(st.integers(0, 25))) for day, granule in keys]


@given(scene_lists(), st.integers(1, 30), st.randoms(use_true_random=False))
def test_nothing_is_lost_and_no_order_matters(scenes, most, random):
    kept = limited(SceneSet.of(scenes), most)
    shuffled = random.sample(scenes, len(scenes))
    assert limited(SceneSet.of(shuffled), most) == kept
    assert len(kept.scenes) == min(most, len(scenes))
    assert sorted([s.id for s in kept.scenes] + [s.id for s in kept.dropped]) == sorted(s.id for s in scenes)
    assert list(kept.scenes) == sorted(kept.scenes, key=lambda one: (one.datetime, one.id))
    counts, before = months(kept.scenes), months(scenes)
    least = min((counts[month] for month in before if counts[month] < before[month]), default=None)
    if least is not None:
        assert max(counts.values()) <= least + 1
