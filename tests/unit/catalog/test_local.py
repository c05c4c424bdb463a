import json
from datetime import date

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.catalog.local import read_items
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import UsageError

COLLECTION = "sentinel-2-l2a"


REQUEST = MosaicRequest(
    start_date=date(2020, 10, 1),
    end_date=date(2020, 12, 31),
    aoi=Aoi(-122.275, 47.546, -121.961, 47.746),
    bands=("red",),
    collection=COLLECTION,
)


def read(path):
    return read_items(str(path), REQUEST)


def write(path, document):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document), "utf-8")
    return path


def catalog(*links, kind="Catalog", **fields):
    return {
        "type": kind,
        "stac_version": "1.0.0",
        "id": "x",
        "description": "x",
        "links": list(links),
        **fields,
    }


def child(href):
    return {"rel": "child", "href": href}


def leaf(href):
    return {"rel": "item", "href": href}


def names(findings):
    return sorted(found.id for found in findings.items)


@pytest.fixture
def items(make_item):
    """Three items of October whose rasters lie beside them."""
    made = [make_item(f"2020-10-{day:02d}") for day in (1, 2, 3)]
    for item in made:
        for name, asset in item["assets"].items():
            asset["href"] = f"./{name}.tif"
    return made


@pytest.fixture
def archive(tmp_path, items):
    """A static catalog: two levels of catalogs, a collection, a folder per item."""
    folder = tmp_path / "ar chive"
    root = write(folder / "catalog.json", catalog(child("./year/catalog.json"), leaf("./first/first.json")))
    write(
        folder / "year/catalog.json",
        catalog(child("l2a/collection.json"), {"rel": "root", "href": "../catalog.json"}),
    )
    write(
        folder / "year/l2a/collection.json",
        catalog(*(leaf(f"./{item['id']}/item.json") for item in items[1:]), kind="Collection"),
    )
    write(folder / "first/first.json", items[0])
    for item in items[1:]:
        write(folder / "year/l2a" / item["id"] / "item.json", item)
    return root


def test_a_static_catalog_is_read_to_its_leaves(archive, items, make_request):
    scene_set = find_scenes(make_request(archive))
    assert [scene.id for scene in scene_set.scenes] == [item["id"] for item in items]
    assert (scene_set.dropped, scene_set.warnings) == ((), ())
    first, second, _ = scene_set.scenes
    assert first.rasters["B04"].href == str(archive.parent / "first/B04.tif")
    assert second.scl.href == str(archive.parent / "year/l2a" / second.id / "SCL.tif")
    assert first.href == str(archive.parent / "first/first.json")


@pytest.mark.parametrize("spelling", ["path", "folder", "relative", "address", "localhost"])
def test_a_catalog_is_found_however_it_is_named(archive, items, make_request, monkeypatch, spelling):
    monkeypatch.chdir(archive.parent)
    location = {
        "path": str(archive),
        "folder": str(archive.parent),
        "relative": "catalog.json",
        "address": archive.as_uri(),
        "localhost": archive.as_uri().replace("file://", "file://localhost"),
    }[spelling]
    assert len(find_scenes(make_request(location)).scenes) == len(items)


def test_one_item_is_a_catalogue_too(tmp_path, items, make_request):
    path = write(tmp_path / "item.json", items[0])
    assert [scene.id for scene in find_scenes(make_request(path)).scenes] == [items[0]["id"]]


def test_an_item_collection_is_read(tmp_path, items, make_request):
    path = write(tmp_path / "items.json", {"type": "FeatureCollection", "features": items})
    assert len(find_scenes(make_request(path)).scenes) == 3


def test_features_that_are_no_items_are_reported(tmp_path, items):
    path = write(tmp_path / "items.json", {"type": "FeatureCollection", "features": [None, *items, "x"]})
    findings = read(path)
    assert len(findings.items) == 3
    assert findings.warnings == ("items.json holds 2 features that are not items; they are left out",)


def test_items_are_read_once_even_when_links_go_round(archive, items):
    again = {"rel": "child", "href": "../../catalog.json"}
    write(
        archive.parent / "year/l2a/collection.json",
        catalog(
            again, *(leaf(f"./{item['id']}/item.json") for item in items[1:]), leaf("../../first/first.json")
        ),
    )
    assert names(read(archive)) == [item["id"] for item in items]


@pytest.mark.slow
def test_a_chain_of_a_thousand_catalogs_is_followed(tmp_path, items):
    for number in range(1500):
        write(tmp_path / f"{number}.json", catalog(child(f"{number + 1}.json")))
    write(tmp_path / "1500.json", items[0])
    assert names(read(tmp_path / "0.json")) == [items[0]["id"]]


def test_other_relations_are_not_followed(tmp_path, items):
    write(tmp_path / "item.json", items[0])
    links = [
        {"rel": rel, "href": "item.json"} for rel in ("parent", "self", "root", "license", ["item"], None)
    ]
    path = write(tmp_path / "catalog.json", catalog(*links, None, "item.json", 7))
    assert names(read(path)) == []


# links that lead astray


OUTSIDE = [
    "../secret.json",
    "/etc/hostname",
    "file:///etc/hostname",
    "https://user:hush@example.com/item.json?sig=hush",
    "http://127.0.0.1:1/item.json",
    "s3://bucket/item.json",
    "//example.com/item.json",
    "sub/../../secret.json",
    "%2e%2e/secret.json",
]


@pytest.mark.parametrize("href", OUTSIDE)
def test_links_outside_of_the_catalogs_folder_are_not_followed_and_reported(tmp_path, items, href):
    write(tmp_path / "secret.json", items[0])
    root = tmp_path / "catalog"
    write(root / "item.json", items[1])
    path = write(root / "catalog.json", catalog(leaf(href), leaf("item.json"), child(href)))
    findings = read(path)
    assert names(findings) == [items[1]["id"]]
    assert len(findings.dropped) == len(findings.warnings) == 1
    assert "outside the catalog" in findings.dropped[0].reason
    assert "so its scenes are missing" in findings.warnings[0]
    assert "hush" not in repr(findings.dropped + findings.warnings)


def test_a_symbolic_link_does_not_lead_out_either(tmp_path, items):
    write(tmp_path / "secret.json", items[0])
    root = tmp_path / "catalog"
    path = write(root / "catalog.json", catalog(leaf("item.json")))
    (root / "item.json").symlink_to(tmp_path / "secret.json")
    findings = read(path)
    assert findings.items == ()
    assert len(findings.dropped) == 1


BROKEN = {
    "missing": (None, "can't be read"),
    "not JSON": (b"{", "not JSON"),
    "not text": (b"\xff\xfe{}", "not JSON"),
    "a list": (b"[]", "not a STAC object"),
    "nested without end": (b"[" * 100_000, "not JSON"),
    "something else": (b'{"a": 1}', "not a STAC catalog"),
    "links that are none": (b'{"type": "Catalog", "links": 7}', "not a STAC catalog"),
    "a collection of nothing": (b'{"type": "FeatureCollection"}', "without features"),
}


@pytest.mark.parametrize(("content", "reason"), BROKEN.values(), ids=BROKEN)
def test_a_broken_leaf_is_reported_and_the_rest_is_read(tmp_path, items, content, reason):
    write(tmp_path / "good.json", items[0])
    if content is not None:
        (tmp_path / "bad.json").write_bytes(content)
    path = write(tmp_path / "catalog.json", catalog(leaf("bad.json"), leaf("good.json")))
    findings = read(path)
    assert names(findings) == [items[0]["id"]]
    (dropped,) = findings.dropped
    assert dropped.id == "bad"
    assert reason in dropped.reason


@pytest.mark.parametrize("href", [None, "", "a\x00b.json", "http://[::1", "x" * 5000, "loop.json"], ids=repr)
def test_a_link_that_is_no_path_is_reported(tmp_path, items, href):
    write(tmp_path / "good.json", items[0])
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    path = write(tmp_path / "catalog.json", catalog(leaf(href), leaf("good.json")))
    findings = read(path)
    assert names(findings) == [items[0]["id"]]
    assert len(findings.dropped) == 1
    assert findings.dropped[0].id.isprintable()
    assert findings.dropped[0].reason.isprintable()


def test_a_file_of_absurd_size_is_not_read(tmp_path, items, monkeypatch):
    monkeypatch.setattr("cloudless_mosaic.catalog.local._LARGEST_FILE", 2**20)
    write(tmp_path / "good.json", items[0])
    (tmp_path / "bad.json").write_bytes(b" " * (2**20 + 1))
    path = write(tmp_path / "catalog.json", catalog(leaf("bad.json"), leaf("good.json")))
    (dropped,) = read(path).dropped
    assert "larger than 1 MiB" in dropped.reason


# locations that are none


@pytest.mark.parametrize(
    "location",
    [
        "nowhere/catalog.json",
        "",
        "a\x00b",
        "x" * 5000,
        "file:///nowhere.json",
        "ftp://user:hush@example.com/catalog.json?sig=hush",
        "htps://user:hush@example.com/?token=hush",
        "http:/127.0.0.1",
    ],
    ids=lambda text: repr(text)[:30],
)
def test_a_location_that_is_none_is_told_so(tmp_path, monkeypatch, make_request, location):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"stac_url .*: no such file; give a STAC API's address") as caught:
        find_scenes(make_request(location))
    assert "hush" not in str(caught.value)
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(
    ("location", "way"),
    [
        ("earth-search.aws.element84.com/v1", "with https:// before it"),
        ("localhost:8080", "with https:// before it"),
        ("s3://bucket/catalog.json", "by https:// where it lies in a bucket"),
    ],
)
def test_an_address_that_is_written_otherwise_is_shown_the_way(make_request, location, way):
    with pytest.raises(UsageError, match=way):
        find_scenes(make_request(location))


@pytest.mark.parametrize(("content", "reason"), list(BROKEN.values())[1:], ids=list(BROKEN)[1:])
def test_a_first_file_that_is_broken_is_told_so(tmp_path, make_request, content, reason):
    path = tmp_path / "catalog.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=f"stac_url .*{reason}.*; give a STAC catalog or item"):
        find_scenes(make_request(path))


def test_a_file_that_may_not_be_read_is_told_so(tmp_path, make_request, monkeypatch):
    path = write(tmp_path / "catalog.json", catalog())

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "read_text", refuse)
    with pytest.raises(UsageError, match=r"can't be read \(Permission denied\)"):
        find_scenes(make_request(path))


# collections


def test_an_unknown_collection_is_answered_with_those_that_are_there_closest_first(
    tmp_path, items, make_request
):
    kinds = ["landsat-c2-l2", "sentinel-2-l1c", COLLECTION]
    features = [{**item, "collection": kind} for item, kind in zip(items, kinds, strict=True)]
    path = write(tmp_path / "items.json", {"type": "FeatureCollection", "features": features})
    with pytest.raises(UsageError) as caught:
        find_scenes(make_request(path, collection="sentinel-2-l2"))
    message = str(caught.value)
    assert "no item of collection 'sentinel-2-l2'" in message
    assert [message.index(kind) for kind in reversed(kinds)] == sorted(message.index(kind) for kind in kinds)
    assert message.endswith("give collection")


def test_items_without_a_collection_belong_to_any(tmp_path, items, make_request):
    for item, collection in zip(items, [None, "another", ["odd"]], strict=True):
        item["collection"] = collection
    path = write(tmp_path / "items.json", {"type": "FeatureCollection", "features": items})
    scene_set = find_scenes(make_request(path, collection="any"))
    assert [scene.id for scene in scene_set.scenes] == [items[0]["id"]]


def test_an_empty_catalog_is_no_error(tmp_path, make_request):
    path = write(tmp_path / "catalog.json", catalog())
    assert find_scenes(make_request(path)).scenes == ()
