"""Every real item that we have becomes a scene, or is refused with a reason."""

import json
from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import SceneSet
from cloudless_mosaic.errors import UsageError

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="the shared test data is not beside the project"),
]

EXPECTED = {
    # four items are Level-1C
    "aws-jp2": (9, Counter({"Level-2A": 4})),
    # one is a quarterly mosaic
    "cdse": (5, Counter({"Level-2A": 1})),
    "earth-search-c1": (6, Counter()),
    "earth-search-v0": (3, Counter()),
    "earth-search-v1": (55, Counter()),
    "planetary-computer": (50, Counter()),
    # six are Level-1C, one is a picture of the whole world, two have no red band
    "stactools-and-examples": (12, Counter({"Level-2A": 6, "no area": 1, "no band red": 2})),
}


def everything(location, collection="sentinel-2-l2a", **changes):
    changes = {
        "start_date": date(2015, 1, 1),
        "end_date": date(2030, 12, 31),
        "aoi": Aoi(-180, -90, 180, 90),
        "bands": ("red",),
        "max_cloud_cover": 100,
        "max_items": 10_000,
        **changes,
    }
    return MosaicRequest(stac_url=str(location), collection=collection, **changes)


def outcome(path):
    """The scene of an item in a file, or the reason against it."""
    collection = json.loads(path.read_text("utf-8")).get("collection") or "sentinel-2-l2a"
    try:
        found = find_scenes(everything(path, collection))
    except UsageError as error:
        return None, str(error)
    assert len(found.scenes) + len(found.dropped) == 1, path.name
    return (found.scenes[0], "") if found.scenes else (None, found.dropped[0].reason)


def save(path, items):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(items)}), "utf-8")
    return path


def load(folder, pattern):
    return [json.loads(path.read_text("utf-8")) for path in sorted((DATA / folder).glob(pattern))]


@pytest.mark.parametrize("folder", EXPECTED)
def test_every_item_becomes_a_scene_or_a_clear_refusal(folder):
    outcomes = [outcome(path) for path in sorted((DATA / "stac-items" / folder).glob("*.json"))]
    scenes = [scene for scene, _ in outcomes if scene]
    reasons = [reason for scene, reason in outcomes if not scene]
    count, expected = EXPECTED[folder]
    assert len(scenes) == count
    kinds = Counter(next((kind for kind in expected if kind in reason), reason) for reason in reasons)
    assert kinds == expected
    for scene in scenes:
        assert len(scene.granule) == 5
        assert scene.overpass.startswith(f"S{scene.platform[-2:].upper()}_")
        assert scene.offset in {0, -1000}
        west, south, east, north = scene.footprint.bounds
        assert -180 <= west < east <= 180
        assert -90 <= south < north <= 90
        assert scene.footprint.is_valid
        assert "?" not in scene.href


def test_all_items_are_accounted_for():
    known = sum(count + sum(reasons.values()) for count, reasons in EXPECTED.values())
    assert known == len(json.loads((DATA / "stac-items/index.json").read_text("utf-8"))) == 154


def test_the_offset_of_every_item_follows_baseline_and_provider():
    for folder, raw in [
        ("planetary-computer", True),
        ("cdse", True),
        ("earth-search-c1", True),
        ("earth-search-v1", False),
    ]:
        for path in sorted((DATA / "stac-items" / folder).glob("S2*.json")):
            scene, _ = outcome(path)
            item = json.loads(path.read_text("utf-8"))
            untouched = raw or not item["properties"].get("earthsearch:boa_offset_applied")
            assert scene.offset == (-1000 if scene.baseline >= "04.00" and untouched else 0), path.name
            assert scene.offset_reason


def test_bands_come_as_geotiff_at_their_native_resolution():
    names = ("B01", "B02", "B04", "B05", "B8A", "B09", "B11")
    sizes = (1830, 10980, 10980, 5490, 5490, 1830, 5490)
    for folder, suffix in [
        ("planetary-computer", ".tif"),
        ("earth-search-v1", ".tif"),
        ("earth-search-c1", ".tif"),
        ("earth-search-v0", ".tif"),
        ("cdse", ".jp2"),
    ]:
        path = max((DATA / "stac-items" / folder).glob("S2*.json"))
        collection = json.loads(path.read_text("utf-8"))["collection"]
        (scene,) = find_scenes(everything(path, collection, bands=names, mask="scl")).scenes
        assert tuple(scene.rasters) == names
        assert tuple(scene.rasters[name].grid.shape[0] for name in names) == sizes
        assert scene.scl.grid.shape == (5490, 5490)
        rasters = (*scene.rasters.values(), scene.scl)
        assert all(raster.href.endswith(suffix) for raster in rasters)
        assert len({raster.grid.origin for raster in rasters}) == 1


def test_geotiff_comes_before_jpeg_2000_whatever_their_keys(tmp_path):
    (item,) = load("stac-items/earth-search-v1", "S2A_32TMT_20200305_1_L2A.json")
    item["assets"]["B04"] = item["assets"].pop("red-jp2")  # before "red" by name
    (scene,) = find_scenes(everything(save(tmp_path / "item.json", [item]))).scenes
    assert scene.rasters["B04"].href.endswith("/B04.tif")


def test_twins_of_earth_search_leave_one_scene_each(tmp_path):
    items = load("stac-items/earth-search-v1", "S2A_32T*_20200305_*.json")
    items += load("stac-items/earth-search-v1", "S2A_32U*_2020030*_*.json")
    found = find_scenes(everything(save(tmp_path / "twins.json", items)))
    assert len(items) == 8
    assert {scene.id: scene.baseline for scene in found.scenes} == {
        "S2A_32TMT_20200305_1_L2A": "05.00",
        "S2A_32UMU_20200302_1_L2A": "05.00",
        "S2A_32UMU_20200305_1_L2A": "05.00",
        "S2A_32UNU_20200302_0_L2A": "02.14",
        "S2A_32UNU_20200305_0_L2A": "02.14",
    }
    assert {scene.id for scene in found.dropped} == {
        "S2A_32TMT_20200305_0_L2A",
        "S2A_32UMU_20200302_0_L2A",
        "S2A_32UMU_20200305_0_L2A",
    }
    assert all(scene.reason.startswith("reprocessed twin of S2A_32") for scene in found.dropped)
    assert {scene.overpass for scene in found.scenes} == {"S2A_20200302T102021", "S2A_20200305T103021"}


def test_one_scene_in_two_collections_counts_once():
    tile = "T32TMT_2020"
    here = [
        outcome(path)[0] for path in sorted((DATA / "stac-items/planetary-computer").glob(f"S2B*{tile}*"))
    ]
    there = [outcome(path)[0] for path in sorted((DATA / "stac-items/cdse").glob("S2B*T32TMT_2023*"))]
    assert len(here) == len(there) == 1
    found = SceneSet.of([*here, *there])
    assert [scene.id for scene in found.scenes] == [
        "S2B_MSIL2A_20200705T101559_N0500_R065_T32TMT_20230530T175912"
    ]
    assert len(found.dropped) == 1


def test_a_scene_in_both_collections_of_earth_search_counts_once():
    names = ("20EPT", "24MVV", "24MUA", "24MUV")
    paths = [
        next((DATA / "stac-items" / folder).glob(f"S2B_{prefix}{name}_20250731*L2A.json"))
        for folder, prefix in (("earth-search-v1", ""), ("earth-search-c1", "T"))
        for name in names
    ]
    found = SceneSet.of(outcome(path)[0] for path in paths)
    assert {scene.granule for scene in found.scenes} == set(names)
    assert len(found.scenes) == len(found.dropped) == 4
    for dropped in found.dropped:
        assert dropped.reason.startswith("the same scene as S2B_")
        assert " in sentinel-2-" in dropped.reason


def test_two_halves_of_a_granule_are_kept_where_no_strip_tells_them_from_twins(tmp_path):
    items = load("antimeridian-items", "*_A032288_T01VCG.json")
    found = find_scenes(everything(save(tmp_path / "halves.json", items), "sentinel-s2-l2a"))
    assert len(items) == len(found.scenes) == 2
    assert len({(scene.overpass, scene.granule) for scene in found.scenes}) == 1
    north, south = sorted(found.scenes, key=lambda scene: -scene.footprint.bounds[3])
    assert north.footprint.difference(south.footprint).area > 0.2
    assert south.footprint.difference(north.footprint).area > 0.2


def test_nine_granules_of_a_strip_are_one_overpass():
    found = find_scenes(everything(DATA / "odc-stac/site1-20200606-tall-strip-africa.geojson"))
    assert len({scene.granule for scene in found.scenes}) == len(found.scenes) >= 9
    assert {scene.overpass for scene in found.scenes} == {"S2B_20200606T080609"}


def test_a_series_of_one_granule_is_thirteen_overpasses():
    found = find_scenes(everything(DATA / "odc-stac/site2-2020_jun_jul-35MNM.geojson"))
    assert len({scene.overpass for scene in found.scenes}) == len(found.scenes) == 13
    assert {scene.granule for scene in found.scenes} == {"35MNM"}


def test_the_footprints_at_the_antimeridian_are_found_on_both_sides_and_not_elsewhere(tmp_path):
    items = load("antimeridian-items", "*.json")
    path = save(tmp_path / "items.json", items)
    collection = "sentinel-s2-l2a"
    whole = find_scenes(everything(path, collection))
    assert len(whole.scenes) == len(items) == 6
    assert all(scene.footprint.area < 5 for scene in whole.scenes)
    elsewhere = find_scenes(everything(path, collection, aoi=Aoi(-90, 50, 90, 70)))
    assert not elsewhere.scenes
    assert not elsewhere.dropped
    across = find_scenes(everything(path, collection, aoi=Aoi(179.5, 55, -179, 61)))
    east = find_scenes(everything(path, collection, aoi=Aoi(179.5, 55, 180, 61)))
    west = find_scenes(everything(path, collection, aoi=Aoi(-180, 55, -179, 61)))
    assert {s.id for s in across.scenes} == {s.id for s in (*east.scenes, *west.scenes)}
    assert len(across.scenes) == 5


def test_the_order_of_a_catalogue_has_no_influence(tmp_path):
    items = load("stac-items/earth-search-v1", "*.json")
    request = everything(save(tmp_path / "items.json", items), max_cloud_cover=40, max_items=9)
    forward = find_scenes(request)
    save(tmp_path / "items.json", reversed([*items, *items[:20]]))
    assert find_scenes(request) == forward
    assert len(forward.scenes) == 9
    assert len({scene.id for scene in (*forward.scenes, *forward.dropped)}) == 55


def recorded():
    """Items in recorded answers of APIs."""
    for path in sorted((DATA / "api-responses").glob("*.json")):
        record = json.loads(path.read_text("utf-8"))
        answer = record["response"]
        features = answer.get("features", [answer] if answer.get("type") == "Feature" else [])
        yield from features


# the refused are Sentinel-1, and Sentinel-2 Level-1C
RECORDED = Counter({"scene": 121, "Level-2A": 5, "Sentinel-2 satellites": 4})


def test_every_item_in_recorded_answers_becomes_a_scene_or_a_clear_refusal(tmp_path):
    kinds = Counter()
    for item in recorded():
        path = tmp_path / "item.json"
        path.write_text(json.dumps(item), "utf-8")
        scene, reason = outcome(path)
        words = ("Level-2A", "Sentinel-2 satellites", "cloud cover", "no band", "no scene classification")
        kinds["scene" if scene else next(word for word in words if word in reason)] += 1
    assert kinds.total() == len(list(recorded()))
    assert kinds == RECORDED
