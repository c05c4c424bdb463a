import copy
import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import UsageError


def write(folder, items):
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(items)}), "utf-8")
    return path


def ids(scenes):
    return [scene.id for scene in scenes]


@pytest.fixture(scope="session")
def make_mixed(make_item):
    """Good, cloudy, broken, nameless, repeated and reprocessed items of three months, two granules."""
    return lambda: mixed_items(make_item)


def mixed_items(make_item):
    good = [
        make_item(f"2020-{month}-{day:02d}", granule, cloud=float(day))
        for month in (10, 11, 12)
        for day in (1, 6, 11)
        for granule in ("10TET", "10TFT")
    ]
    twin = copy.deepcopy(good[0])
    twin["id"] = twin["id"].replace("20201101", "20230101")
    twin["properties"]["s2:processing_baseline"] = "05.00"
    broken = [make_item("2020-10-20", scene_id=f"broken{number}") for number in range(3)]
    broken[0]["assets"] = None
    broken[1]["geometry"] = None
    broken[2]["properties"]["eo:cloud_cover"] = None
    nameless = [make_item("2020-10-21", scene_id="x"), make_item("2020-10-22", scene_id="x")]
    for item in nameless:
        item["id"] = None
    newer = copy.deepcopy(good[5])
    newer["properties"] |= {"updated": "2024-01-01T00:00:00Z", "eo:cloud_cover": 2.5}
    return [*good, *good[:4], twin, *broken, *nameless, newer, make_item("2020-11-30", cloud=90.0)]


@pytest.mark.slow
@settings(max_examples=40)
@given(st.data())
def test_the_order_of_items_never_changes_the_result(tmp_path_factory, make_request, make_mixed, data):
    mixed = make_mixed()
    folder = tmp_path_factory.getbasetemp()
    most = data.draw(st.sampled_from([1, 4, 100]))
    expected = find_scenes(make_request(write(folder, mixed), max_items=most))
    order = data.draw(st.permutations(range(len(mixed))))
    shuffled = write(folder, [mixed[index] for index in order])
    assert find_scenes(make_request(shuffled, max_items=most)) == expected


def test_every_item_is_accounted_for_once(tmp_path, make_request, make_mixed):
    found = find_scenes(make_request(write(tmp_path, make_mixed())))
    assert len(found.scenes) == 18 + 1
    reasons = {scene.id: scene.reason for scene in found.dropped if scene.id != "'None'"}
    assert len(reasons) == len(found.dropped) - 2 == 4
    assert sum("its id" in scene.reason for scene in found.dropped) == 2
    assert sum("reprocessed twin" in reason for reason in reasons.values()) == 1
    assert found.warnings == (
        ("cloud cover unknown or invalid: broken2; taken whatever `max_cloud_cover`, last under `max_items`"),
    )


def test_of_one_id_the_last_updated_item_counts(tmp_path, make_request, make_item):
    old = make_item(cloud=1.0, updated="2021-01-01T00:00:00Z")
    new = make_item(cloud=2.0, updated="2022-01-01T00:00:00Z")
    for items in ([old, new], [new, old]):
        (scene,) = find_scenes(make_request(write(tmp_path, items))).scenes
        assert scene.cloud_cover == 2.0


def test_a_cut_names_counts_months_and_dates_and_leaves_scenes_in_every_month(
    tmp_path, make_request, make_item
):
    days = [f"2020-10-{day:02d}" for day in range(1, 11)] + ["2020-11-03", "2020-11-08", "2020-12-24"]
    path = write(tmp_path, [make_item(day, cloud=float(day[-2:])) for day in days])
    found = find_scenes(make_request(path, max_items=5))
    assert [f"{scene.datetime:%m-%d}" for scene in found.scenes] == [
        "10-01",
        "10-02",
        "11-03",
        "11-08",
        "12-24",
    ]
    (warning,) = found.warnings
    assert "`max_items` 5" in warning
    assert "13 scenes found, 5 kept" in warning
    assert "8 of 10 in 2020-10" in warning
    assert all(day in warning for day in days[2:10])
    assert "2020-11-03" not in warning
    assert len(found.dropped) == 8


def test_the_last_day_counts_whole_and_the_next_not_at_all(tmp_path, make_request, make_item):
    times = {
        "before": "2020-09-30T23:59:59.999999Z",
        "first": "2020-10-01T00:00:00Z",
        "last": "2020-10-31T23:59:59.999999Z",
        "after": "2020-11-01T00:00:00Z",
        "elsewhere": "2020-11-01T01:00:00+02:00",
    }
    items = [make_item(scene_id=name, datetime=text) for name, text in times.items()]
    for item in items:
        item["properties"]["s2:datastrip_id"] = None
        item["properties"]["s2:datatake_id"] = f"GS2A_{len(item['id']):08d}T000000_027619_N02.12"
    found = find_scenes(make_request(write(tmp_path, items), end_date=date(2020, 10, 31)))
    assert set(ids(found.scenes)) == {"first", "last", "elsewhere"}
    assert found.dropped == ()


def test_what_was_not_requested_is_neither_taken_nor_reported(tmp_path, make_request, make_item):
    elsewhere = make_item("2020-10-09", bounds=(10.0, 47.0, 11.0, 48.0))
    earlier = make_item("2019-10-09")
    for item in (elsewhere, earlier):
        item["assets"] = {}
    found = find_scenes(make_request(write(tmp_path, [make_item(), elsewhere, earlier])))
    assert len(found.scenes) == 1
    assert found.dropped == ()


@pytest.mark.parametrize(
    ("bands", "reason"), [(("blau",), "unknown band 'blau'"), (("red", "B04"), "same band")]
)
def test_a_band_that_is_none_is_told_before_anything_is_asked(api, make_request, quick, bands, reason):
    with pytest.raises(UsageError, match=reason):
        find_scenes(make_request(api.url, bands=bands), quick)
    assert api.asked == []


def test_an_api_and_a_file_give_the_same_scenes(api, tmp_path, make_request, make_mixed, quick):
    api.items = [item for item in make_mixed() if item["id"]]
    local = find_scenes(make_request(write(tmp_path, api.items), max_cloud_cover=100))
    remote = find_scenes(make_request(api.url, max_cloud_cover=100), quick)
    assert "query" not in api.searches[0].body
    assert ids(remote.scenes) == ids(local.scenes)
    assert [scene.rasters for scene in remote.scenes] == [scene.rasters for scene in local.scenes]
    assert (remote.dropped, remote.warnings) == (local.dropped, local.warnings)


def test_both_granules_at_the_antimeridian_are_one_overpass(tmp_path, make_request, make_item):
    west = make_item("2020-10-09", "60KYG", bounds=(178.2, -18.0, 179.9, -17.0))
    east = make_item("2020-10-09", "01KAB", bounds=(-179.9, -18.0, -178.9, -17.0))
    east["properties"]["datetime"] = "2020-10-10T00:00:03Z"
    found = find_scenes(make_request(write(tmp_path, [west, east]), aoi=Aoi(178.5, -18, -179, -17)))
    assert len(found.scenes) == 2
    assert len({scene.overpass for scene in found.scenes}) == 1


def test_two_halves_of_a_granule_are_both_kept(tmp_path, make_request, make_item):
    halves = [make_item(scene_id="first"), make_item(scene_id="second")]
    halves[1]["properties"]["s2:datastrip_id"] = (
        "S2A_OPER_MSI_L2A_DS_ESRI_20201101T000000_S20201008T190412_N02.12"
    )
    found = find_scenes(make_request(write(tmp_path, halves)))
    assert ids(found.scenes) == ["first", "second"]
    assert len({scene.overpass for scene in found.scenes}) == 1
