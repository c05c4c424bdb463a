"""Hostile redirects of file servers: one policy for both readers, at every hop."""

import re
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest
from rasterio.shutil import copy

from authority import Authority, serving_https
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.net.hosts import is_private
from cloudless_mosaic.net.retry import RetryPolicy
from cloudless_mosaic.reading import TileReader, WindowRead, plain_web
from cloudless_mosaic.reading.settings import ReadSettings

pytestmark = pytest.mark.slow

PIXELS = np.random.default_rng(8).integers(1, 10000, (301, 233), np.uint16)
SETTINGS = ReadSettings(
    connect_timeout=5.0,
    request_timeout=10.0,
    retry=RetryPolicy(attempts=2, first_delay=0.01, total=20.0),
    store_retry=RetryPolicy(attempts=2, first_delay=0.01, longest_delay=0.02, total=5.0),
)
LEADS = {
    "plain http, same host": "http://127.0.0.1:{port}/a",
    "plain http, private": "http://localhost:{other}/a",
    "metadata service": "http://169.254.169.254/latest/a",
    "metadata service, https": "https://169.254.169.254/latest/a",
    "private name, https": "https://localhost:{other}/a",
    "private address, https": "https://10.0.0.1/a",
    "IPv6 loopback": "https://[::1]:{other}/a",
    "mapped IPv4": "https://[::ffff:127.0.0.1]:{other}/a",
    "short form of 127.0.0.1": "https://127.1:{other}/a",
    "decimal form": "https://2130706433:{other}/a",
    "after another hop": "/hop/a",
    "without a scheme": "//localhost:{other}/a",
    "not an address": "http://[::1",
    "another scheme": "ftp://127.0.0.1/a",
    "a local file": "file:///etc/passwd",
    "to itself": "/away/a",
    "control characters": "https://localhost:{other}/\x0b\x7fa",
    "no port": "https://localhost:port/a",
}
"""Where a public server leads, as ``docs/reliability.md`` lists it."""


class Files(BaseHTTPRequestHandler):
    """Ranges of ``server.contents``; ``/away/`` leads to ``server.lead``, ``/hop/`` to ``server.far``."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        suffix = self.path[-4:]
        lead = {"/away/": self.server.lead, "/hop/": self.server.far}.get(
            self.path[: self.path.rfind("/") + 1]
        )
        if lead or suffix not in self.server.contents:
            self.send_response(302 if lead else 404)
            self.send_header("Content-Length", "0")
            if lead:
                self.send_header("Location", f"{lead}{suffix}")
            self.end_headers()
            return
        content = self.server.contents[suffix]
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        body = content[first : last + 1]
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {first}-{first + len(body) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def contents(tmp_path_factory, tiff):
    folder = tmp_path_factory.mktemp("rasters")
    path = tiff(folder / "a.tif", PIXELS)
    copy(path, folder / "a.jp2", driver="JP2OpenJPEG", quality=100, reversible="YES")
    return {suffix: (folder / f"a{suffix}").read_bytes() for suffix in (".tif", ".jp2")}


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def public(contents, authority, monkeypatch):
    """A server that stands for a public one; all others on this computer stay private."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setattr(plain_web, "is_private", lambda host: host != "127.0.0.1" and is_private(host))
    with serving_https(Files, authority.server_context()) as server:
        server.contents, server.asked, server.lead, server.far = contents, [], "", ""
        yield server


@pytest.fixture
def private(contents, authority):
    with serving_https(Files, authority.server_context()) as server:
        server.contents, server.asked, server.lead, server.far = contents, [], "", ""
        yield server


def read(href):
    return dict(TileReader(SETTINGS).read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("kind", LEADS)
def test_a_hostile_redirect_is_not_followed(public, private, kind, suffix):
    ports = {"port": public.server_port, "other": private.server_port}
    public.lead = LEADS[kind].format(**ports)
    public.far = LEADS["private name, https"].format(**ports)
    answer = read(f"{public.address}/away/a{suffix}")
    assert isinstance(answer, SourceError), kind
    assert private.asked == []
    # a header that isn't one of HTTP ends the response
    assert "redirect" in str(answer) or kind == "control characters"


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("lead", ["/b/a", "//127.0.0.1:{port}/b/a", "/hop/a", "https://localhost:{other}/a"])
def test_other_redirects_are_followed(public, private, monkeypatch, lead, suffix):
    # the other server is public as well
    monkeypatch.setattr(plain_web, "is_private", lambda host: host not in {"127.0.0.1", "localhost"})
    ports = {"port": public.server_port, "other": private.server_port}
    public.lead, public.far = lead.format(**ports), "/b/a"
    answer = read(f"{public.address}/away/a{suffix}")
    np.testing.assert_array_equal(answer, PIXELS[100:164, 40:120])


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_server_that_changes_its_mind_leads_nowhere(public, private, suffix):
    """A redirect after the header was read is no other than one before."""
    reader, href = TileReader(SETTINGS), f"{public.address}/away/a{suffix}"
    reader.header(href)
    public.lead = f"https://localhost:{private.server_port}/a"
    answer = dict(reader.read_many([WindowRead(href, 0, 0, 0, (301, 233))]))[0]
    # GDAL has the whole of a small file already
    assert isinstance(answer, SourceError) or suffix == ".jp2"
    assert private.asked == []


def test_behind_a_proxy_redirects_are_checked_as_well(public, monkeypatch):
    """What goes through a proxy is read by the client that checks redirects."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    answer = read(f"{public.address}/a.tif")
    assert "proxy in HTTPS_PROXY" in str(answer)
    assert public.asked == []
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    np.testing.assert_array_equal(read(f"{public.address}/a.tif"), PIXELS[100:164, 40:120])
