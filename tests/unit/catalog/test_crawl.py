"""Static catalogs on the web, from a real server."""

from dataclasses import replace

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.errors import TemporaryError, UsageError
from scripted_api import Reply


def catalog(*links, kind="Catalog", **fields):
    page = {"type": kind, "stac_version": "1.0.0", "id": "x", "description": "x", "links": list(links)}
    return Reply({**page, **fields})


def child(href):
    return {"rel": "child", "href": href}


def leaf(href):
    return {"rel": "item", "href": href}


def collection(*links, name="sentinel-2-l2a", bounds=(-180, -90, 180, 90), days=(None, None)):
    extent = {"spatial": {"bbox": [list(bounds)]}, "temporal": {"interval": [list(days)]}}
    return catalog(*links, kind="Collection", id=name, extent=extent)


@pytest.fixture
def items(make_item):
    """Three items of October, with relative hrefs."""
    made = [make_item(f"2020-10-{day:02d}") for day in (1, 2, 3)]
    for item in made:
        for name, asset in item["assets"].items():
            asset["href"] = f"./{name}.tif"
    return made


@pytest.fixture
def static(api, items):
    """A catalog of a year above a collection whose items lie in folders."""
    api.replies = {
        "/catalog.json": catalog(child("./2020/catalog.json"), {"rel": "root", "href": "./catalog.json"}),
        "/2020/catalog.json": catalog(child("l2a/collection.json"), child("../catalog.json")),
        "/2020/l2a/collection.json": collection(*(leaf(f"./{i}/item.json?v=1") for i in range(3))),
        **{f"/2020/l2a/{i}/item.json": Reply(item) for i, item in enumerate(items)},
    }
    return api


def asked_paths(api):
    return [asked.path for asked in api.asked]


def test_a_catalog_is_read_to_its_leaves_each_document_once(static, items, make_request, quick):
    found = find_scenes(make_request(f"{static.url}/catalog.json"), quick)
    assert {scene.id for scene in found.scenes} == {item["id"] for item in items}
    assert sorted(asked_paths(static)) == sorted(static.replies)
    assert found.scenes[0].rasters["B04"].href == f"{static.url}/2020/l2a/0/B04.tif"
    assert found.warnings == ()


@pytest.mark.parametrize("start", ["/2020/l2a/collection.json", "/2020/l2a/0/item.json", "/items.json"])
def test_any_document_may_be_the_first(static, items, make_request, quick, start):
    static.replies["/items.json"] = Reply({"type": "FeatureCollection", "features": [*items, None]})
    found = find_scenes(make_request(f"{static.url}{start}"), quick)
    assert len(found.scenes) == (1 if start.endswith("item.json") else 3)
    assert ("features that are not items" in str(found.warnings)) == (start == "/items.json")


@pytest.mark.parametrize(
    "changes",
    [
        {"bounds": (0, 0, 10, 10)},
        {"bounds": (0, 0, 0, 10, 10, 100)},
        {"days": ("2019-01-01T00:00:00Z", "2020-09-30T23:59:59Z")},
        {"days": ("2021-01-01T00:00:00Z", None)},
    ],
)
def test_a_collection_elsewhere_or_of_other_days_is_passed_over(static, make_request, quick, changes):
    static.replies["/2020/l2a/collection.json"] = collection(leaf("0/item.json"), **changes)
    found = find_scenes(make_request(f"{static.url}/catalog.json"), quick)
    assert found.scenes == ()
    assert not any(path.endswith("item.json") for path in asked_paths(static))


@pytest.mark.parametrize("extent", [None, {}, {"spatial": {"bbox": "x"}, "temporal": {"interval": [[7, 8]]}}])
def test_a_collection_with_an_odd_extent_is_read(static, make_request, quick, extent):
    static.replies["/2020/l2a/collection.json"].body["extent"] = extent
    assert len(find_scenes(make_request(f"{static.url}/catalog.json"), quick).scenes) == 3


def test_items_of_other_collections_are_not_fetched(static, make_request, quick):
    static.replies["/2020/l2a/collection.json"] = collection(leaf("0/item.json"), name="landsat-c2-l2")
    with pytest.raises(
        UsageError, match=r"no item of collection 'sentinel-2-l2a'.*landsat-c2-l2.*collection"
    ):
        find_scenes(make_request(f"{static.url}/catalog.json"), quick)
    assert not any(path.endswith("item.json") for path in asked_paths(static))


def test_links_that_lead_elsewhere_or_to_nothing_are_reported(static, make_request, quick):
    links = [
        leaf("0/item.json"),
        leaf("gone.json?sig=hush"),
        leaf("http://localhost:9/item.json"),
        leaf("file:///etc/x"),
    ]
    static.replies["/2020/l2a/collection.json"] = collection(*links, child("bad.json"))
    static.replies["/2020/l2a/bad.json"] = Reply(b"<html>")
    found = find_scenes(make_request(f"{static.url}/catalog.json"), quick)
    assert len(found.scenes) == 1
    assert sorted(dropped.id for dropped in found.dropped) == ["gone", "item", "x"]
    said = " ".join(dropped.reason for dropped in found.dropped) + " ".join(found.warnings)
    assert "its server answers 404" in said
    assert "it lies on another server" in said
    assert "it is not JSON" in said
    assert "hush" not in said


def test_a_catalog_of_too_many_documents_is_refused(static, make_request, quick):
    with pytest.raises(UsageError, match="more than 4 documents"):
        find_scenes(make_request(f"{static.url}/catalog.json"), replace(quick, most_items=4))


def test_a_server_that_fails_ends_the_search(static, make_request, quick):
    static.replies["/2020/l2a/1/item.json"] = Reply({}, 503)
    with pytest.raises(TemporaryError, match="answers 503 again and again"):
        find_scenes(make_request(f"{static.url}/catalog.json"), quick)


def test_a_page_of_a_search_is_not_taken_for_all(static, items, make_request, quick):
    links = [{"rel": "next", "href": f"{static.url}/more"}]
    page = {"type": "FeatureCollection", "features": items, "links": links}
    static.replies[""] = Reply({"type": "Catalog", "links": []})
    static.replies["/found.json"] = Reply(page)
    with pytest.raises(UsageError, match="not a STAC API with a search, or a catalog"):
        find_scenes(make_request(f"{static.url}/found.json"), quick)
