import json
import re
import socket
import time
from dataclasses import replace
from datetime import date
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.errors import TemporaryError, UsageError

FILTER = "https://api.stacspec.org/v1.0.0/item-search#filter"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"
CLOUDS = {
    "op": "or",
    "args": [
        {"op": "<=", "args": [{"property": "eo:cloud_cover"}, 25.0]},
        {"op": "isNull", "args": [{"property": "eo:cloud_cover"}]},
    ],
}
GIVING_UP = (TemporaryError, UsageError)


@pytest.fixture
def month(make_item):
    """Eleven scenes of October, two a page and a half at the quick settings."""
    return [make_item(f"2020-10-{day:02d}", cloud=float(day)) for day in range(1, 12)]


def reply(body, status=200, headers=None, fault=""):
    """What the server says, and whether it breaks off: see the scripted API."""
    return SimpleNamespace(body=body, status=status, headers=headers or {}, fault=fault)


def ids_of(items):
    return [item["id"] for item in items]


def found_ids(scene_set):
    return [scene.id for scene in scene_set.scenes]


# what is asked


@pytest.mark.slow
def test_the_body_of_a_search_says_all_that_the_request_says(api, make_request, quick):
    find_scenes(make_request(api.url), quick)
    (asked,) = api.searches
    assert asked.method == "POST"
    assert asked.body == {
        "bbox": [-122.275, 47.546, -121.961, 47.746],
        "datetime": "2020-10-01T00:00:00Z/2021-01-01T00:00:00Z",
        "collections": ["sentinel-2-l2a"],
        "limit": 4,
        "query": {"eo:cloud_cover": {"lte": 25.0}},
    }


@pytest.mark.slow
def test_a_get_says_the_same(api, make_request, quick):
    api.methods = ("GET",)
    find_scenes(make_request(api.url), quick)
    (asked,) = api.searches
    assert asked.method == "GET"
    assert asked.query == {
        "bbox": "-122.275,47.546,-121.961,47.746",
        "datetime": "2020-10-01T00:00:00Z/2021-01-01T00:00:00Z",
        "collections": "sentinel-2-l2a",
        "limit": "4",
        "query": '{"eo:cloud_cover":{"lte":25.0}}',
    }


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("more", "key"),
    [
        ([], None),
        ([FILTER], None),
        ([CQL2], None),
        ([FILTER, CQL2], "filter"),
        (["https://api.stacspec.org/v1.0.0-rc.1/item-search#query"], "query"),
        ([FILTER, CQL2, "https://api.stacspec.org/v1.0.0/item-search#query"], "filter"),
    ],
)
def test_clouds_are_filtered_in_a_language_that_the_server_declares(
    api, make_request, quick, method, more, key
):
    api.conforms = [*api.conforms[:-1], *more]
    api.methods = (method,)
    find_scenes(make_request(api.url), quick)
    said = api.searches[0].parameters
    assert {"query", "filter"} & said.keys() == ({key} if key else set())
    if key == "filter":
        assert said["filter-lang"] == "cql2-json"
        assert (json.loads(said["filter"]) if method == "GET" else said["filter"]) == CLOUDS


@pytest.mark.parametrize(("most", "noted"), [(25, True), (100, False)])
def test_a_query_that_excludes_unknown_cloud_covers_is_noted(
    api, make_request, make_item, quick, most, noted
):
    api.items = [make_item("2020-10-01"), make_item("2020-10-02", cloud=None)]
    scene_set = find_scenes(make_request(api.url, max_cloud_cover=most), quick)
    assert len(scene_set.scenes) == (1 if noted else 2)
    assert any("leaves out scenes whose cloud cover is unknown" in one for one in scene_set.warnings) == noted


def test_a_server_that_refuses_the_cloud_filter_is_asked_without_it(api, make_request, make_item, quick):
    api.items = [make_item("2020-10-01"), make_item("2020-10-02", cloud=90.0)]
    api.search = lambda asked: (
        reply({"code": "BadRequest"}, 400) if "query" in asked.body else api.honest_search(asked)
    )
    scene_set = find_scenes(make_request(api.url), quick)
    assert found_ids(scene_set) == ids_of(api.items[:1])
    assert [scene.reason for scene in scene_set.dropped] == ["cloud cover 90.0 % is above 25 %"]


def test_an_area_across_the_antimeridian_is_asked_in_two_boxes(api, make_request, make_item, quick):
    both = make_item(granule="01KAB", bounds=(-180, -18, 180, -17))
    both["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [
            [[[179, -18], [180, -18], [180, -17], [179, -17], [179, -18]]],
            [[[-180, -18], [-179, -18], [-179, -17], [-180, -17], [-180, -18]]],
        ],
    }
    west = make_item("2020-10-09", granule="60KYG", bounds=(179.0, -18.0, 179.9, -17.0))
    api.items = [both, west]
    scene_set = find_scenes(make_request(api.url, aoi=Aoi(179.5, -18, -179.5, -17)), quick)
    assert [asked.body["bbox"] for asked in api.searches] == [
        [179.5, -18.0, 180.0, -17.0],
        [-180.0, -18.0, -179.5, -17.0],
    ]
    assert found_ids(scene_set) == ids_of([both, west])
    assert scene_set.dropped == ()


def test_an_older_api_that_declares_nothing_is_searched_too(api, make_request, month, quick):
    api.items = month
    page = api.landing_page()
    del page["conformsTo"]
    api.replies[""] = type(
        api.answer
    )  # replaced below: the landing page is made before the server has an address
    api.replies[""] = reply(page)
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert "query" not in api.searches[0].body


# paging


@pytest.mark.parametrize("methods", [("GET",), ("POST",), ("GET", "POST")])
def test_all_pages_are_read(api, make_request, month, quick, methods):
    api.items, api.methods = month, methods
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert [asked.method for asked in api.searches] == [methods[-1]] * 3
    assert [asked.parameters.get("token") for asked in api.searches] == [None, "4", "8"]


def test_the_cloud_filter_is_applied_again(api, make_request, make_item, quick):
    api.items = [make_item("2020-10-01", cloud=25.0), make_item("2020-10-02", cloud=25.01)]
    api.search = lambda _: reply(api.page(api.items))
    scene_set = find_scenes(make_request(api.url), quick)
    assert found_ids(scene_set) == ids_of(api.items[:1])
    assert [scene.id for scene in scene_set.dropped] == ids_of(api.items[1:])
    assert "above 25 %" in scene_set.dropped[0].reason


def test_an_empty_page_is_not_the_end(api, make_request, month, quick):
    def with_an_empty_page(asked):
        token = asked.body.get("token")
        if token == "4":
            return reply(api.page([], api.next_link(asked, {"token": "empty"})))
        return api.honest_search(
            replace(asked, body={**asked.body, "token": "4" if token == "empty" else token or 0})
        )

    api.items, api.search = month, with_an_empty_page
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert len(api.searches) == 4


def test_repeated_items_are_taken_once(api, make_request, month, quick):
    api.conforms = api.conforms[:-1]

    def overlapping(asked):
        start = int(asked.body.get("token", 0))
        links = [api.next_link(asked, {"token": start + 2})] if start + 4 < len(month) else []
        return reply(api.page(month[start : start + 4], *links))

    api.search = overlapping
    scene_set = find_scenes(make_request(api.url), quick)
    assert found_ids(scene_set) == ids_of(month)
    assert (scene_set.dropped, scene_set.warnings) == ((), ())


def test_a_next_link_that_repeats_without_end_is_an_error(api, make_request, month, quick):
    api.search = lambda asked: reply(api.page(month[:4], api.next_link(asked, {"token": "same"})))
    with pytest.raises(TemporaryError, match="repeats the pages of its search without end"):
        find_scenes(make_request(api.url), quick)
    assert len(api.searches) <= 3


def test_a_loop_after_all_that_was_announced_has_come_is_forgiven(api, make_request, month, quick):
    def looping(asked):
        page = api.page(month[:4], api.next_link(asked, {"token": "same"}))
        return reply({**page, "numberMatched": 4})

    api.search = looping
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month[:4])


def test_pages_without_end_are_an_error(api, make_request, quick):
    def endless(asked):
        return reply(api.page([], api.next_link(asked, {"token": str(len(api.searches))})))

    api.search = endless
    with pytest.raises(TemporaryError, match="without end"):
        find_scenes(make_request(api.url), replace(quick, most_pages=20))
    assert len(api.searches) == 20


@pytest.mark.parametrize("announces", [True, False])
def test_a_search_that_is_too_large_is_refused(api, make_request, month, quick, announces):
    def large(asked):
        page = api.page(month, api.next_link(asked, {"token": str(len(api.searches))}))
        return reply({**page, "numberMatched": 50_000} if announces else page)

    api.search = large
    with pytest.raises(UsageError, match="the most taken are 30; narrow the dates, aoi or max_cloud_cover"):
        find_scenes(make_request(api.url), replace(quick, most_items=30))
    assert len(api.searches) == (1 if announces else 3)


@pytest.mark.parametrize("key", ["numberMatched", "context"])
def test_items_that_were_announced_and_never_came_are_reported(api, make_request, month, quick, key):
    api.conforms = api.conforms[:-1]
    told = {"numberMatched": 14} if key == "numberMatched" else {"context": {"matched": 14, "returned": 11}}
    api.search = lambda _: reply({**api.page(month), **told})
    scene_set = find_scenes(make_request(api.url), quick)
    assert len(scene_set.scenes) == 11
    (warning,) = scene_set.warnings
    assert "announced 14 items and gave 3 fewer" in warning


def test_features_that_are_no_items_are_reported(api, make_request, month, quick):
    api.search = lambda _: reply(api.page([None, "text", *month, [1]]))
    scene_set = find_scenes(make_request(api.url), quick)
    assert len(scene_set.scenes) == 11
    assert "gave 3 features that are not items" in scene_set.warnings[0]


@pytest.mark.parametrize("status", [413, 502, 504])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_page_that_is_too_large_is_halved_until_it_fits(api, make_request, month, quick, status, method):
    api.items, api.methods = month, (method,)
    api.largest_page, api.too_large = 30, status
    settings = replace(quick, page_size=100, retry=replace(quick.retry, attempts=1))
    assert found_ids(find_scenes(make_request(api.url), settings)) == ids_of(month)
    assert [int(asked.parameters["limit"]) for asked in api.searches] == [100, 50, 25]


def test_pages_that_are_always_too_large_end_in_an_error(api, make_request, month, quick):
    api.items, api.largest_page = month, 0
    with pytest.raises(UsageError, match="answers 413 to the search"):
        find_scenes(make_request(api.url), replace(quick, page_size=100))
    assert [asked.body["limit"] for asked in api.searches] == [100, 50, 25, 12, 10]


def test_a_refusal_on_a_later_page_begins_the_search_anew(api, make_request, month, quick):
    def large_second_page(asked):
        if "token" in asked.body and asked.body["limit"] > 10:
            return reply({}, 413)
        return api.honest_search(replace(asked, body={**asked.body, "limit": min(asked.body["limit"], 6)}))

    api.items, api.search = month, large_second_page
    scene_set = find_scenes(make_request(api.url), replace(quick, page_size=20))
    assert found_ids(scene_set) == ids_of(month)


@pytest.mark.parametrize("merge", [True, False])
def test_a_next_link_may_give_only_what_changes(api, make_request, month, quick, merge):
    def merging(asked):
        answered = api.honest_search(asked)
        for link in answered.body["links"]:
            changes = {"token": link["body"]["token"]}
            link.update({"merge": True, "body": changes} if merge else {"body": {**asked.body, **changes}})
        return answered

    api.items, api.search = month, merging
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert all(asked.body["collections"] == ["sentinel-2-l2a"] for asked in api.searches)


def test_a_next_link_may_be_relative_and_ask_for_headers(api, make_request, month, quick):
    def relative(asked):
        answered = api.honest_search(asked)
        for link in answered.body["links"]:
            link |= {"href": "/search", "headers": {"X-Page": "more"}}
        return answered

    api.items, api.search = month, relative
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert [asked.headers.get("X-Page") for asked in api.searches] == [None, "more", "more"]


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_next_link_to_another_host_is_not_followed(api, make_request, month, quick, method):
    link = {"rel": "next", "href": "http://localhost:1/search?token=hush", "method": method, "body": {}}
    api.search = lambda _: reply(api.page(month[:4], link))
    with pytest.raises(UsageError, match=r"on another server.*localhost:1/search.*not followed") as caught:
        find_scenes(make_request(api.url), quick)
    assert "hush" not in str(caught.value)


def test_a_next_link_never_sends_anything_but_a_search(api, make_request, month, quick):
    link = {"rel": "next", "method": "DELETE"}
    api.search = lambda asked: reply(
        api.page(month, *([] if asked.query else [{**link, "href": f"{api.url}/search?token=1"}]))
    )
    find_scenes(make_request(api.url), quick)
    assert [asked.method for asked in api.asked if asked.path == "/search"] == ["POST", "GET"]


@pytest.mark.parametrize(
    "link",
    [
        {"rel": "next"},
        {"rel": "next", "href": None},
        {"rel": "next", "href": 7},
        {"rel": "next", "href": "http://[::1/search"},
        {"rel": "next", "href": "file:///etc/passwd"},
    ],
    ids=str,
)
def test_a_broken_next_link_is_an_error_and_not_the_end(api, make_request, month, quick, link):
    api.search = lambda _: reply(api.page(month[:4], link))
    with pytest.raises(GIVING_UP, match=r"next page without an address|another server"):
        find_scenes(make_request(api.url), quick)


@pytest.mark.parametrize("links", [None, {}, "next", [None, 7, "next"], [{"rel": ["next"]}]], ids=str)
def test_odd_links_are_passed_over(api, make_request, month, quick, links):
    api.search = lambda _: reply({"type": "FeatureCollection", "features": month, "links": links})
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)


# faults that pass


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_a_fault_that_passes_is_not_seen(api, make_request, month, quick, method, status):
    api.items, api.methods = month, (method,)
    api.faults = [reply({}, status), reply({}, status)]
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert len(api.searches) == 5


@pytest.mark.slow
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("fault", ["drop", "stall"])
def test_a_lost_connection_is_made_again(api, make_request, month, quick, method, fault):
    api.items, api.methods = month, (method,)
    api.faults = [reply({"type": "FeatureCollection"}, fault=fault)]
    assert found_ids(find_scenes(make_request(api.url), replace(quick, timeout=(5.0, 1.0)))) == ids_of(month)


def test_the_server_says_when_to_come_back(api, make_request, month, quick):
    api.items = month
    api.faults = [reply({}, 429, headers={"Retry-After": "1"})]
    start = time.monotonic()
    assert found_ids(find_scenes(make_request(api.url), quick)) == ids_of(month)
    assert time.monotonic() - start >= 1


@pytest.mark.parametrize("header", ["86400", "Fri, 31 Dec 2100 23:59:59 GMT", "soon", "-5"])
def test_nobody_waits_for_a_day(api, make_request, month, quick, header):
    api.items = month
    api.faults = [reply({}, 503, headers={"Retry-After": header})]
    start = time.monotonic()
    find_scenes(make_request(api.url), replace(quick, retry=replace(quick.retry, longest_delay=0.1)))
    assert time.monotonic() - start < 5


# faults that stay


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_fault_for_good_is_a_temporary_error(api, make_request, quick, status, method):
    api.methods = (method,)
    api.search = lambda _: reply({"message": "secret details"}, status)
    with pytest.raises(TemporaryError, match=f"answers {status} again and again; try again later") as caught:
        find_scenes(make_request(api.url), quick)
    assert "secret" not in str(caught.value)
    assert len(api.searches) == 3


@pytest.mark.slow
@pytest.mark.parametrize("path", ["", "/search"])
@pytest.mark.parametrize("fault", ["stall", "stall-body", "drop"])
def test_a_server_that_stalls_or_breaks_off_is_given_up_soon(api, make_request, short_timeout, path, fault):
    api.replies[path] = reply({"type": "FeatureCollection", "features": []}, fault=fault)
    start = time.monotonic()
    with pytest.raises(TemporaryError, match=r"does not answer in time|breaks the connection off"):
        find_scenes(make_request(api.url), short_timeout)
    assert time.monotonic() - start < 5


def test_a_landing_page_that_fails_for_good_is_a_temporary_error(api, make_request, quick):
    api.replies[""] = reply({}, 503)
    with pytest.raises(TemporaryError, match="answers 503 again and again"):
        find_scenes(make_request(api.url), quick)


def test_an_answer_without_end_is_not_read_to_its_end(api, make_request, month, quick):
    api.search = lambda _: reply(api.page(month))
    with pytest.raises(TemporaryError, match="answers with more than 20000 bytes"):
        find_scenes(make_request(api.url), replace(quick, largest_answer=20_000))


# what is not a STAC API


LANDING = {
    "html": b"<!doctype html><html><body>Welcome</body></html>",
    "nothing": b"",
    "half": b'{"type": "Catalog", "id":',
    "not text": b"\xff\xfe\x00\x01",
    "a list": [],
    "a number": 7,
    "null": None,
    "an empty object": {},
    "a catalog of nothing": {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "static",
        "description": "no search",
        "links": [{"rel": "root", "href": "./catalog.json"}],
    },
    "links that are none": {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "x",
        "description": "x",
        "links": [7],
    },
    "nested without end": b'{"a":' * 100_000,
}


@pytest.mark.parametrize("body", LANDING.values(), ids=LANDING)
def test_an_address_that_is_no_stac_api_is_told_so(api, make_request, quick, body):
    api.replies[""] = reply(body)
    with pytest.raises(UsageError, match=f"{re.escape(api.url)} is not a STAC API.*check stac_url") as caught:
        find_scenes(make_request(api.url), quick)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("status", [400, 404, 410, 418])
def test_a_landing_page_that_is_not_there_is_told_so(api, make_request, quick, status):
    api.replies[""] = reply(b"gone", status)
    with pytest.raises(UsageError, match=f"answers {status}; check stac_url"):
        find_scenes(make_request(api.url), quick)


REFUSALS = {
    401: r"wants credentials \(401\).*password in",
    403: r"refuses access \(403\).*credentials",
}


@pytest.mark.parametrize(("status", "said"), REFUSALS.items())
@pytest.mark.parametrize("page", ["", "/search"])
def test_an_api_that_needs_credentials_is_told_so(api, make_request, quick, page, status, said):
    api.replies[page] = reply({}, status)
    with pytest.raises(UsageError, match=said) as caught:
        find_scenes(make_request(api.url), quick)
    assert "check stac_url" not in str(caught.value)


PAGES = (
    "/search",
    "/collections",
    "/collections/sentinel-2-l2a",
    "/collections/sentinel-2-l2a/",
    "/collections/sentinel-2-l2a/items",
)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("rooted", [True, False], ids=["linked", "unlinked"])
def test_the_address_of_a_page_stands_for_its_api(api, make_request, month, quick, page, rooted):
    api.items = month[:2]
    api.search = lambda asked: (
        api.honest_search(asked) if asked.parameters else reply({"code": "BadRequest"}, 400)
    )
    if rooted:
        links = [{"rel": "root", "href": f"{api.url}/"}]
        api.replies[page.rstrip("/")] = reply({"type": "Collection", "id": "sentinel-2-l2a", "links": links})
    if page == "/search" and rooted:
        # what is said there to a request without a body
        del api.replies[page]
    found = find_scenes(make_request(f"{api.url}{page}"), quick)
    assert len(found.scenes) == 2
    assert any(
        f"not the root of its STAC API; the search is sent to that, {api.url}" in w for w in found.warnings
    )


@pytest.mark.parametrize("page", ["/collections/sentinel-2-l1c", "/collections/sentinel-2-l1c/items"])
def test_the_address_of_another_collection_is_told_so(api, make_request, quick, page):
    with pytest.raises(UsageError, match=r"address of collection 'sentinel-2-l1c', but collection is"):
        find_scenes(make_request(f"{api.url}{page}"), quick)
    assert api.searches == []


def test_a_root_on_another_server_is_not_followed(api, make_request, quick):
    links = [{"rel": "root", "href": "http://127.0.0.1:9/"}]
    api.replies["/elsewhere"] = reply({"type": "Catalog", "links": links})
    with pytest.raises(UsageError, match="not a STAC API"):
        find_scenes(make_request(f"{api.url}/elsewhere"), quick)


@pytest.mark.parametrize(
    "body",
    [b"{", b"<html>", [], {"features": None}, {"features": {}}, {"type": "FeatureCollection"}, 7],
    ids=str,
)
def test_a_page_that_is_none_is_a_temporary_error(api, make_request, quick, body):
    api.search = lambda _: reply(body)
    with pytest.raises(TemporaryError, match=r"something other than JSON|no features"):
        find_scenes(make_request(api.url), quick)


def test_garbage_in_the_middle_of_a_search_is_an_error_and_not_the_end(api, make_request, month, quick):
    api.items = month
    api.search = lambda asked: reply(b'{"feat') if "token" in asked.body else api.honest_search(asked)
    with pytest.raises(TemporaryError):
        find_scenes(make_request(api.url), quick)


def test_nobody_listening_is_told_at_once(make_request, quick):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        start = time.monotonic()
        with pytest.raises(TemporaryError, match=f"{url} can't be reached; is it running"):
            find_scenes(make_request(url), quick)
    assert time.monotonic() - start < 5


def test_a_server_that_goes_away_in_the_middle_is_a_temporary_error(api, make_request, quick):
    page = api.landing_page()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        gone = f"http://127.0.0.1:{taken.getsockname()[1]}/search"
        page["links"] = [
            {**link, "href": gone} if link["rel"] == "search" else link for link in page["links"]
        ]
        api.replies[""] = reply(page)
        with pytest.raises(TemporaryError, match="try again later"):
            find_scenes(make_request(api.url), quick)


@pytest.mark.parametrize(
    "url", ["http://", "http://[::1", "https://x y.example", "http://host:port/", "http:///v1"]
)
def test_an_address_that_is_none_is_told_so(make_request, quick, url):
    with pytest.raises(UsageError, match="stac_url"):
        find_scenes(make_request(url), quick)


def test_a_server_without_tls_is_told_so(api, make_request, quick):
    url = api.url.replace("http://", "https://")
    with pytest.raises(UsageError, match="speaks no TLS on this port"):
        find_scenes(make_request(url), quick)


def test_a_proxy_that_is_not_there_is_told_at_once(make_request, quick, monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        for name in ("http_proxy", "HTTP_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(UsageError, match=r"proxy in .* can't be reached or refuses"):
            find_scenes(make_request("http://stac.example.com/v1"), quick)


def test_redirects_are_followed_and_not_without_end(api, make_request, month, quick):
    api.items = month
    api.replies["/old"] = reply({}, 301, headers={"Location": "/"})
    assert found_ids(find_scenes(make_request(f"{api.url}/old"), quick)) == ids_of(month)
    api.replies["/loop"] = reply({}, 302, headers={"Location": "/loop"})
    with pytest.raises(UsageError, match="redirects endlessly"):
        find_scenes(make_request(f"{api.url}/loop"), quick)


# collections


def test_an_unknown_collection_is_answered_with_those_that_are_there_closest_first(api, make_request, quick):
    with pytest.raises(UsageError) as caught:
        find_scenes(make_request(api.url, collection="Sentinel-2-L2"), quick)
    message = str(caught.value)
    assert message.startswith(f"no collection 'Sentinel-2-L2' at {api.url}; it has sentinel-2-l2a, ")
    assert all(name in message for name in api.collections)
    assert "collection" in message


def test_of_many_collections_the_closest_are_named(api, make_request, quick):
    api.collections = [*(f"aster-{number:02d}" for number in range(40)), "sentinel-2-l2a"]
    with pytest.raises(UsageError, match=r"it has sentinel-2-l2a, .* and 31 more"):
        find_scenes(make_request(api.url, collection="sentinel2"), quick)


@pytest.mark.parametrize("status", [400, 404])
def test_a_search_that_is_refused_for_its_collection_is_told_so_too(api, make_request, quick, status):
    api.conforms = api.conforms[:-1]
    api.search = lambda _: reply({"code": "NotFound"}, status)
    with pytest.raises(UsageError, match=r"no collection 'nope'.*sentinel-2-l2a"):
        find_scenes(make_request(api.url, collection="nope"), quick)


def test_an_empty_search_of_a_known_collection_is_no_error(api, make_request, quick):
    assert find_scenes(make_request(api.url), quick).scenes == ()


@pytest.mark.parametrize(
    "body", [b"<html>", {}, {"collections": None}, {"collections": [7, {"id": None}]}], ids=str
)
def test_collections_that_nobody_can_read_do_not_hide_that_one_is_missing(api, make_request, quick, body):
    api.replies["/collections"] = reply(body)
    with pytest.raises(UsageError, match=f"no collection 'nope' at {re.escape(api.url)}: give"):
        find_scenes(make_request(api.url, collection="nope"), quick)


def test_where_collections_are_not_told_an_empty_search_stays_empty(api, make_request, quick):
    api.replies["/collections/nope"] = reply({}, 403)
    assert find_scenes(make_request(api.url, collection="nope"), quick).scenes == ()


def test_a_collection_that_is_listed_is_there_whatever_its_own_page_says(api, make_request, quick):
    api.replies["/collections/sentinel-2-l2a"] = reply({}, 404)
    assert find_scenes(make_request(api.url), quick).scenes == ()


def test_collections_without_end_are_not_read_to_their_end(api, make_request, quick):
    honest = api.answer

    def endless(asked):
        if asked.path != "/collections":
            return honest(asked)
        api.asked.append(asked)
        link = {"rel": "next", "href": f"{api.url}/collections?page={len(api.asked)}"}
        return reply({"collections": [{"id": f"c{len(api.asked):02d}"}], "links": [link]})

    api.answer = endless
    with pytest.raises(UsageError, match=r"no collection 'nope'.*and 10 more"):
        find_scenes(make_request(api.url, collection="nope"), quick)


def test_collections_may_lie_on_several_pages(api, make_request, quick):
    first = {
        "collections": [{"id": "a"}],
        "links": [{"rel": "next", "href": f"{api.url}/collections2"}],
    }
    api.replies["/collections"] = reply(first)
    api.replies["/collections2"] = reply({"collections": [{"id": "sentinel-2-l2a"}]})
    with pytest.raises(UsageError, match="it has sentinel-2-l2a, a: give"):
        find_scenes(make_request(api.url, collection="sentinel-2"), quick)


# credentials


@pytest.fixture
def private(api):
    return api.url.replace("http://", "http://name:hush%2F1@")


def test_user_and_password_reach_the_server_and_no_message(api, private, make_request, month, quick):
    api.items = month
    scene_set = find_scenes(make_request(private), quick)
    assert len(scene_set.scenes) == 11
    assert {asked.headers["Authorization"] for asked in api.asked} == {"Basic bmFtZTpodXNoLzE="}
    assert "hush" not in repr(scene_set)


def test_a_password_is_not_given_to_another_host(api, private, make_request, quick):
    page = api.landing_page()
    for link in page["links"]:
        link["href"] = link["href"].replace("127.0.0.1", "localhost")
    api.replies[""] = reply(page)
    find_scenes(make_request(private), quick)
    assert ["Authorization" in asked.headers for asked in api.asked] == [True, False, False]


def faults_with_messages():
    return {
        "root 404": {"": reply({}, 404)},
        "root 503": {"": reply({}, 503)},
        "root html": {"": reply(b"<html>")},
        "root stalls": {"": reply({}, fault="stall")},
        "root drops": {"": reply({"a": 1}, fault="drop")},
        "search 401": {"/search": reply({}, 401)},
        "search 503": {"/search": reply({}, 503)},
        "search 418": {"/search": reply({}, 418)},
        "search garbage": {"/search": reply(b"{")},
        "search stalls": {"/search": reply({}, fault="stall")},
        "redirect": {"": reply({}, 302, headers={"Location": "/?sig=hush"})},
    }


@pytest.mark.parametrize("replies", faults_with_messages().values(), ids=faults_with_messages())
def test_no_message_tells_credentials(api, private, make_request, short_timeout, replies, caplog):
    api.replies |= replies
    once = replace(short_timeout, retry=replace(short_timeout.retry, attempts=1))
    with caplog.at_level("DEBUG"), pytest.raises(GIVING_UP) as caught:
        find_scenes(make_request(f"{private}?token=hush&sig=hush"), once)
    assert "hush" not in str(caught.value)
    assert "name:" not in str(caught.value)
    assert "hush" not in "".join(
        record.getMessage() for record in caplog.records if not record.name.startswith("urllib3")
    )


def test_a_refused_connection_does_not_tell_them_either(make_request, quick):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(TemporaryError) as caught:
            find_scenes(make_request(f"http://name:hush@127.0.0.1:{port}/v1?token=hush"), quick)
    assert "hush" not in str(caught.value)
    assert f"http://127.0.0.1:{port}/v1" in str(caught.value)


# recorded answers of real APIs


class Recorded:
    """Replays recorded answers: every address of the real API is turned into the local one."""

    def __init__(self, data, root, names):
        self.root = root
        self.pairs = [
            json.loads((data / "api-responses" / f"{name}.json").read_text("utf-8")) for name in names
        ]

    def reply(self, api, method, path):
        for index, pair in enumerate(self.pairs):
            wanted = urlsplit(pair["request"]["uri"].removeprefix(self.root)).path.rstrip("/")
            if (pair["request"]["method"], wanted) == (method, path):
                del self.pairs[index]
                text = json.dumps(pair["response"]).replace(self.root, api.url)
                return reply(json.loads(text), pair["status"])
        return reply({}, 404)

    def install(self, api):
        def answer(asked):
            api.asked.append(asked)
            return self.reply(api, asked.method, asked.path)

        api.answer = answer


EARTH_SEARCH = "https://earth-search.aws.element84.com/v1"
COPERNICUS = "https://stac.dataspace.copernicus.eu/v1"
COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"
CATALOG = "xcube-stac-StacDataStoreTest-test-search-data-searchable-catalog"
CDSE = "xcube-stac-StacDataStoreTest-test-search-data-cdse-sentinel-2"


def test_earth_search_as_it_answered(api, shared_data, make_request, quick):
    """Three recorded pages, the last of them empty; every scene twice, as two processings."""
    Recorded(shared_data, EARTH_SEARCH, [f"{CATALOG}-{page}" for page in ("00", "01", "12", "19")]).install(
        api
    )
    request = make_request(
        api.url,
        start_date=date(2020, 3, 1),
        end_date=date(2020, 3, 5),
        aoi=Aoi(9, 47, 10, 48),
        max_cloud_cover=100.0,
    )
    scene_set = find_scenes(request, quick)
    assert len(api.searches) == 3
    assert api.searches[1].body["next"].endswith("S2A_32TMT_20200302_0_L2A,sentinel-2-l2a")
    assert len(scene_set.scenes) == 8
    assert {scene.baseline for scene in scene_set.scenes} == {"05.00"}
    assert {scene.id[-6:-4] for scene in scene_set.scenes} == {"_1"}
    assert len(scene_set.dropped) == 8
    assert {scene.offset for scene in scene_set.scenes} == {0}
    assert scene_set.warnings == ()


def test_the_copernicus_data_space_as_it_answered(api, shared_data, make_request, quick):
    Recorded(shared_data, COPERNICUS, [f"{CDSE}-00", f"{CDSE}-02"]).install(api)
    request = make_request(
        api.url,
        start_date=date(2020, 7, 1),
        end_date=date(2020, 7, 5),
        aoi=Aoi(9.0, 47.0, 9.1, 47.1),
        max_cloud_cover=100.0,
    )
    scene_set = find_scenes(request, quick)
    assert [scene.granule for scene in scene_set.scenes] == ["32TMT", "32TNT", "32TMT", "32TNT"]
    assert {scene.offset for scene in scene_set.scenes} == {-1000}
    assert all(scene.rasters["B04"].href.endswith("B04_10m.jp2") for scene in scene_set.scenes)
    assert len({scene.overpass for scene in scene_set.scenes}) == 2


def test_the_planetary_computer_as_it_answered(api, shared_data, make_request, quick):
    names = [
        "stac-geoparquet-test-smoke-sentinel-2-l2a-01",
        "pystac-client-TestItemSearch-test-datetime-results-00",
    ]
    Recorded(shared_data, COMPUTER, names).install(api)
    request = make_request(
        api.url,
        start_date=date(2019, 1, 1),
        end_date=date(2019, 1, 1),
        aoi=Aoi(160, 50, 180, 75),
        max_cloud_cover=99.9,
    )
    scene_set = find_scenes(request, quick)
    assert [asked.method for asked in api.searches] == ["POST"]
    assert "query" in api.searches[0].body or "filter" in api.searches[0].body
    assert len(scene_set.scenes) == 33
    assert len({scene.overpass for scene in scene_set.scenes}) == 1


def test_the_defaults_outlast_a_short_outage():
    settings = ApiSettings()
    assert settings.timeout[1] >= 30
    assert settings.retry.retries >= 3
    assert 100 <= settings.page_size <= 250
