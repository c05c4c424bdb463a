"""Tables of items (stac-geoparquet), local and on the web."""

import json

import pytest

from cloudless_mosaic.catalog import find_scenes, tables
from cloudless_mosaic.errors import UsageError
from scripted_api import Reply

arrow = pytest.importorskip("stac_geoparquet").arrow


@pytest.fixture
def items(make_item):
    """Items of three months, one of them elsewhere, one of a strange collection."""
    made = [make_item(f"2020-{month}-05") for month in ("10", "11", "12")]
    made += [make_item("2021-03-05"), make_item("2020-10-06", bounds=(10.0, 47.0, 10.5, 47.5))]
    made.append(make_item("2020-10-07", scene_id="other", view=None) | {"collection": "landsat-c2-l2"})
    # tables fill up what only some items have
    made[1]["properties"]["view:sun_elevation"] = 30.5
    del made[2]["properties"]["eo:cloud_cover"]
    return made


@pytest.fixture
def table(items, tmp_path):
    path = tmp_path / "items.parquet"
    arrow.to_parquet(arrow.parse_stac_items_to_arrow(items), path)
    return path


@pytest.fixture
def as_items(items, tmp_path, make_request):
    """What an ItemCollection of the same items gives."""
    path = tmp_path / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return find_scenes(make_request(path))


def pixels_of(found):
    return [(scene.id, scene.datetime, scene.cloud_cover, scene.rasters, scene.scl) for scene in found.scenes]


def test_a_local_table_is_what_its_items_are(table, as_items, make_request):
    found = find_scenes(make_request(table))
    assert len(found.scenes) == 3
    assert pixels_of(found) == pixels_of(as_items)
    assert found.warnings == as_items.warnings


@pytest.mark.parametrize("query", ["", "?sig=hush"])
def test_a_table_on_the_web_is_the_same(api, table, as_items, make_request, quick, query):
    api.replies["/data/items.parquet"] = Reply(table.read_bytes())
    found = find_scenes(make_request(f"{api.url}/data/items.parquet{query}"), quick)
    assert pixels_of(found) == pixels_of(as_items)
    assert [asked.query for asked in api.asked] == [{"sig": "hush"} if query else {}]


def test_rows_elsewhere_and_of_other_days_are_not_taken_apart(table, make_request, monkeypatch):
    taken = []
    monkeypatch.setattr(tables, "_without_empty", lambda item: taken.append(item["id"]) or item)
    find_scenes(make_request(table))
    assert len(taken) == 4  # the scenes, and one of another collection


def test_a_collection_that_is_not_there_is_named(table, make_request):
    with pytest.raises(UsageError, match=r"no item of collection 'nothing'.*landsat-c2-l2"):
        find_scenes(make_request(table, collection="nothing"))


def test_relative_hrefs_count_from_the_table(items, tmp_path, make_request):
    for name, asset in items[0]["assets"].items():
        asset["href"] = f"./pixels/{name}.tif"
    arrow.to_parquet(arrow.parse_stac_items_to_arrow(items[:1]), tmp_path / "items.parquet")
    (scene,) = find_scenes(make_request(tmp_path / "items.parquet")).scenes
    assert scene.rasters["B04"].href == str(tmp_path / "pixels/B04.tif")


@pytest.mark.parametrize("content", [b"", b"PAR1", b"{}", b"PAR1" + bytes(100) + b"PAR1"])
def test_what_is_no_table_is_told_so(api, tmp_path, make_request, quick, content):
    (tmp_path / "items.parquet").write_bytes(content)
    api.replies["/items.parquet"] = Reply(content)
    for url in (tmp_path / "items.parquet", f"{api.url}/items.parquet"):
        with pytest.raises(UsageError, match=r"not a table of STAC items|can't be read") as caught:
            find_scenes(make_request(url), quick)
        assert "\n" not in str(caught.value)


def test_a_table_of_something_else_is_told_so(tmp_path, make_request):
    pa, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pa.table({"name": ["a"], "geometry": [b"x"]}), tmp_path / "a.parquet")
    with pytest.raises(UsageError, match="not a table of STAC items"):
        find_scenes(make_request(tmp_path / "a.parquet"))


def test_without_the_library_the_package_is_named(table, make_request, monkeypatch):
    monkeypatch.setattr(tables, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match="pip install stac-geoparquet"):
        find_scenes(make_request(table))
