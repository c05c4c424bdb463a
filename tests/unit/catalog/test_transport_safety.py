"""An API that leads its visitors astray, or never ends an answer."""

import gc
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import pytest

from authority import Authority, serving_https
from cloudless_mosaic.catalog import transport
from cloudless_mosaic.catalog.search import find_scenes
from cloudless_mosaic.catalog.transport import ApiTransport
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.net import deadline, hosts
from cloudless_mosaic.net.hosts import is_host, is_private
from scripted_api import Reply

PUBLIC = "https://stac.example.com/v1"


@pytest.fixture
def elsewhere(monkeypatch):
    """Names lead to public addresses, but for one."""
    hosts._resolves_to_private.cache_clear()
    places = {"inside.example.com": "10.0.0.1"}
    monkeypatch.setattr(
        hosts.socket,
        "getaddrinfo",
        lambda name, *_, **__: [(2, 1, 6, "", (places.get(name, "93.184.216.34"), 0))],
    )
    yield
    hosts._resolves_to_private.cache_clear()


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://169.254.169.254/latest/meta-data/",
        "https://localhost/",
        "https://127.1/",
        "https://[::1]/",
        "https://inside.example.com/",
        "http://stac.example.com/v1/search",
        "",
    ],
)
def test_a_public_api_leads_neither_inside_nor_into_the_open(quick, url):
    with pytest.raises(UsageError, match="not followed"):
        ApiTransport(PUBLIC, quick)._require_allowed(url)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("url", ["https://other.example.com/search", f"{PUBLIC}/search?token=1"])
def test_a_public_api_may_lead_to_another(quick, url):
    ApiTransport(PUBLIC, quick)._require_allowed(url)


def test_a_certificate_that_is_not_trusted_is_asked_for_once(tmp_path, monkeypatch, quick):
    monkeypatch.setattr(transport.time, "sleep", lambda _: pytest.fail("no attempt follows"))
    context = Authority(tmp_path).server_context()
    seen = []
    context.sni_callback = lambda *_: seen.append("handshake")
    with serving_https(BaseHTTPRequestHandler, context) as server:
        address = server.address.replace("127.0.0.1", "localhost")
        with pytest.raises(UsageError, match=r"certificate of .* is not trusted here"):
            ApiTransport(address, quick).request(address)
    assert seen == ["handshake"]


def test_a_port_without_tls_is_named_at_once(quick):
    with serving_https(BaseHTTPRequestHandler) as server:
        address = server.address.replace("http:", "https:")
        with pytest.raises(UsageError, match="speaks no TLS on this port"):
            ApiTransport(address, quick).request(address)


def test_redirects_are_looked_at_before_they_are_followed(api, make_request, quick, monkeypatch):
    # the scripted API stands for a public one
    monkeypatch.setattr(transport, "is_private", lambda host: host != "127.0.0.1" and is_private(host))
    honest = api.honest_search
    elsewhere = api.url.replace("127.0.0.1", "localhost") + "/secret"
    api.search = lambda asked: replace(honest(asked), status=307, headers={"Location": elsewhere})
    with pytest.raises(UsageError, match="not followed"):
        find_scenes(make_request(api.url), quick)
    assert len(api.searches) == 1
    assert not any(asked.path == "/secret" for asked in api.asked)


@pytest.mark.parametrize("path", ["", "/search"])
@pytest.mark.parametrize(
    "target", ["http://[::1", "http://host:port/", "//[", "ftp://127.0.0.1/", "mailto:a@b", "\xe9", ""]
)
def test_a_redirect_to_what_is_not_an_address_is_an_error_in_those_words(
    api, make_request, quick, path, target
):
    api.replies[path] = Reply(b"", 302, {"Location": target})
    with pytest.raises(UsageError, match="redirects to something that is not an address; check stac_url"):
        find_scenes(make_request(api.url), quick)


@pytest.mark.parametrize("path", ["", "/search"])
@pytest.mark.parametrize(
    ("chunks", "words"),
    [
        (b"-5\r\nabcde\r\n0\r\n\r\n", "not valid HTTP"),
        (b"size\r\nabcde\r\n0\r\n\r\n", "breaks the connection off"),
        (b"f" * 20 + b"\r\nabcde", "breaks the connection off"),
        (b"5\r\nab", "breaks the connection off"),
    ],
)
def test_chunks_of_odd_sizes_are_a_temporary_error(api, make_request, quick, path, chunks, words):
    api.replies[path] = Reply(chunks, headers={"Transfer-Encoding": "chunked"})
    with pytest.raises(TemporaryError, match=f"{words}; try again later"):
        find_scenes(make_request(api.url), quick)
    assert sum(asked.path.rstrip("/") == path for asked in api.asked) == quick.connection_attempts


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_an_answer_has_a_deadline(api, make_request, quick, make_item):
    """Even where time-outs are long, or begin anew with every byte."""
    api.items = [make_item()]
    page = api.honest_search
    api.search = lambda asked: replace(page(asked), fault="stall")
    began = time.monotonic()
    retry = replace(quick.retry, total=0.5)
    with pytest.raises(TemporaryError, match="in time"):
        find_scenes(make_request(api.url), replace(quick, timeout=(5.0, 60.0), retry=retry))
    assert time.monotonic() - began < 10
    api.closing.set()
    for thread in threading.enumerate():
        if thread.name == "mosaic-deadline":
            thread.join(5)
    # the socket of the thread that was left behind
    gc.collect()


@pytest.mark.parametrize("host", ["example.com", "1.2.3.4", "a_b.example", "::1", "xn--bcher-kva.example"])
def test_what_is_a_host(host):
    assert is_host(host)


@pytest.mark.parametrize(
    "host",
    ["", "127.1", "0x7f.1", "2130706433", "017700000001", "1.2.3", "①.example", "a b", "a%2eb", "-a"],
)
def test_what_programs_read_in_different_ways_is_none(host):
    assert not is_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1", "fe80::1%eth0", "fd00::1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::a00:1"),
        *("224.0.0.1", "localhost", "a.localhost", "printer.local", "x.internal", "intranet", "LOCALHOST."),
    ],
)
def test_what_is_private(host):
    assert is_private(host)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("host", ["93.184.216.34", "2606:4700::1111", "files.example.com"])
def test_what_is_public(host):
    assert not is_private(host)


def test_an_unknown_name_is_looked_up_once(monkeypatch):
    hosts._resolves_to_private.cache_clear()
    asked = []

    def fail(name, *_, **__):
        asked.append(name)
        raise OSError

    monkeypatch.setattr(hosts.socket, "getaddrinfo", fail)
    assert not is_private("nobody.example.com")
    assert not is_private("nobody.example.com")
    assert asked == ["nobody.example.com"]
    hosts._resolves_to_private.cache_clear()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_tries_of_a_page_share_its_time(api, make_request, quick, make_item):
    """A response that breaks off is requested again, within the time of the page."""
    api.items = [make_item()]
    page, asked = api.honest_search, []

    def cut_then_stall(request):
        asked.append(request)
        return replace(page(request), fault="short" if len(asked) == 1 else "stall")

    api.search = cut_then_stall
    given = []

    def within(seconds, function):
        given.append(seconds)
        return deadline.run_within(min(seconds, 2.0), function)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "run_within", within)
        with pytest.raises(TemporaryError, match="in time"):
            find_scenes(make_request(api.url), replace(quick, timeout=(5.0, 60.0)))
    assert len(asked) == 2
    assert given[-1] < given[-2] == pytest.approx(quick.retry.total, rel=0.01)
    api.closing.set()
    for thread in threading.enumerate():
        if thread.name == "mosaic-deadline":
            thread.join(5)
    gc.collect()
