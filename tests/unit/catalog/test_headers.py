"""Headers and queries for an API: on every request to its host, and on none to another."""

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.headers import HEADERS_VARIABLE, parse_header
from scripted_api import Reply, ScriptedApi, serve

SECRET = (("X-Api-Key", "hush-hush"), ("Authorization", "Bearer hush-hush-too"))


@pytest.fixture(autouse=True)
def no_variable(monkeypatch):
    monkeypatch.delenv(HEADERS_VARIABLE, raising=False)


@pytest.fixture
def paged(api, make_item):
    """An API with three pages."""
    api.items = [make_item(f"2020-10-{day:02d}") for day in range(1, 11)]
    return api


@pytest.mark.parametrize("methods", [("GET",), ("POST",)])
def test_headers_go_with_every_request_to_the_api(paged, make_request, quick, methods):
    paged.methods = methods
    found = find_scenes(make_request(paged.url, headers=SECRET), quick)
    assert len(found.scenes) == 10
    assert len(paged.searches) == 3
    for asked in paged.asked:
        assert asked.headers["X-Api-Key"] == "hush-hush"
        assert asked.headers["Authorization"] == "Bearer hush-hush-too"


def test_headers_of_the_environment_are_sent_too(paged, make_request, quick, monkeypatch):
    monkeypatch.setenv(HEADERS_VARIABLE, "X-Api-Key: hush\n\nX-Team:maps:one\n")
    find_scenes(make_request(paged.url, headers=(("X-Api-Key", "of the option"),)), quick)
    for asked in paged.asked:
        assert (asked.headers["X-Api-Key"], asked.headers["X-Team"]) == ("of the option", "maps:one")


def test_no_other_host_gets_them(paged, make_request, quick):
    with serve(ScriptedApi()) as other:
        other.items = paged.items[:2]
        # the same machine by another name and port: the search, a redirect, and a link lead there
        elsewhere = other.url.replace("127.0.0.1", "localhost")
        page = paged.landing_page()
        page["links"] = [{"rel": "search", "href": f"{paged.url}/moved", "method": "POST"}]
        paged.replies[""] = Reply(page)
        paged.replies["/moved"] = Reply({}, 307, {"Location": f"{elsewhere}/search"})
        find_scenes(make_request(f"{paged.url}?key=hush", headers=SECRET), quick)
        page["links"][0]["href"] = f"{elsewhere}/search"
        find_scenes(make_request(f"{paged.url}?key=hush", headers=SECRET), quick)
    assert other.searches
    for asked in other.asked:
        assert "X-Api-Key" not in asked.headers
        assert "Authorization" not in asked.headers
        assert "key" not in asked.query
    assert all("X-Api-Key" in asked.headers for asked in paged.asked)


@pytest.mark.parametrize("methods", [("GET",), ("POST",)])
def test_the_query_of_the_address_goes_with_every_request(paged, make_request, quick, methods):
    paged.methods = methods
    found = find_scenes(
        make_request(f"{paged.url}?api-version=2025&key=a-b", collection="sentinel-2-l2a"), quick
    )
    assert len(found.scenes) == 10
    assert len(paged.asked) == 4
    for asked in paged.asked:
        assert (asked.query["api-version"], asked.query["key"]) == ("2025", "a-b")


def test_the_query_goes_to_collections_as_well_and_into_no_message(api, make_request, quick):
    with pytest.raises(UsageError, match="no collection 'nothing'") as caught:
        find_scenes(make_request(f"{api.url}?key=hush", collection="nothing"), quick)
    assert "hush" not in str(caught.value)
    assert [asked.query for asked in api.asked if asked.path.startswith("/collections")] == [
        {"key": "hush"}
    ] * 2


def test_a_refused_header_is_not_quoted(api, make_request, quick):
    api.replies[""] = Reply({}, 401)
    request = make_request(api.url, headers=SECRET)
    with pytest.raises(UsageError, match="wants credentials") as caught:
        find_scenes(request, quick)
    assert "hush" not in str(caught.value) + repr(request)


@pytest.mark.parametrize(
    "text", ["hush", "X Key:hush", ":hush", "X-Key:", "Host:hush", "X-Key:hush\x07", "X-Key:hüsh"]
)
def test_a_slip_is_named_without_the_value(text):
    with pytest.raises(UsageError, match="headers") as caught:
        parse_header(text, "`headers`")
    assert "hush" not in str(caught.value)
    assert "hüsh" not in str(caught.value)


@pytest.mark.parametrize("pair", [("X-Key", "a\r\nX-Evil: b"), ("", "a"), ("X-Key", "")])
def test_python_can_not_smuggle_a_line(make_request, pair):
    with pytest.raises(UsageError, match="headers"):
        make_request(headers=(pair,))
