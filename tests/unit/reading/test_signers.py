"""What signs requests to web servers by the profile of a provider."""

import re
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest

from authority import serving_https
from cloudless_mosaic.domain.access import TOKEN_VARIABLE, StorageAccess, parse_access
from cloudless_mosaic.errors import AccessError, SourceError, UsageError
from cloudless_mosaic.reading import TileReader, WindowRead
from cloudless_mosaic.reading.credentials import authorization, planetary_computer_container

PIXELS = np.random.default_rng(9).integers(1, 10000, (301, 233), np.uint16)
SUFFIXES = (".tif", ".jp2")


class Guarded(BaseHTTPRequestHandler):
    """Ranges for those that send ``server.token``; ``/away/`` leads to ``server.other``."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server, sent = self.server, self.headers.get("Authorization")
        server.asked.append((self.path, sent))
        if sent != server.token:
            return self._end(401)
        if self.path.startswith("/away/"):
            return self._end(302, Location=f"{server.other}{self.path.removeprefix('/away')}")
        content = server.contents[self.path[-4:]]
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        body = content[first : last + 1]
        ranges = f"bytes {first}-{first + len(body) - 1}/{len(content)}"
        return self._end(206, body, **{"Content-Range": ranges})

    def _end(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def contents(tmp_path_factory, tiff_and_jp2):
    return tiff_and_jp2(tmp_path_factory.mktemp("rasters"), PIXELS)


@pytest.fixture
def servers(contents):
    """One that wants a token, and an open one that it leads to."""
    with serving_https(Guarded) as server, serving_https(Guarded) as other:
        for one, token in ((server, "Bearer hush"), (other, None)):
            one.contents, one.asked, one.token, one.other = contents, [], token, other.address
        yield server, other


def read(href, *access):
    return dict(TileReader(access=access).read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


def bearer(server):
    return StorageAccess(place=server.address.removeprefix("http://"), signer="bearer")


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("folder", ["", "/away"])
def test_a_token_goes_to_its_host_only(servers, suffix, folder, monkeypatch):
    server, other = servers
    monkeypatch.setenv(TOKEN_VARIABLE, "hush")
    pixels = read(f"{server.address}{folder}/a{suffix}", bearer(server))
    np.testing.assert_array_equal(pixels, PIXELS[100:164, 40:120])
    assert server.asked
    assert bool(other.asked) == bool(folder)
    assert {sent for _, sent in other.asked} <= {None}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_token_that_is_missing_or_refused_is_named(servers, suffix, monkeypatch):
    server, _ = servers
    href = f"{server.address}/a{suffix}"
    monkeypatch.delenv(TOKEN_VARIABLE, raising=False)
    missing = read(href, bearer(server))
    assert isinstance(missing, AccessError)
    assert f"set {TOKEN_VARIABLE}" in str(missing)
    assert not server.asked
    monkeypatch.setenv(TOKEN_VARIABLE, "expired-hush")
    refused = read(href, bearer(server))
    assert isinstance(refused, AccessError)
    assert "(401)" in str(refused)
    assert "hush" not in str(refused)
    # without a signer nothing is sent
    server.asked.clear()
    assert isinstance(read(href), SourceError)
    assert {sent for _, sent in server.asked} == {None}


@pytest.mark.parametrize("token", ["two words", "broken\nline", "t\u00f6ken"])
def test_what_is_no_token_is_not_sent(token, monkeypatch):
    monkeypatch.setenv(TOKEN_VARIABLE, token)
    access = (StorageAccess(place="files.example.com", signer="bearer"),)
    with pytest.raises(UsageError, match=TOKEN_VARIABLE) as caught:
        authorization("https://files.example.com/a.tif", access)
    assert token not in str(caught.value)
    monkeypatch.setenv(TOKEN_VARIABLE, "hush")
    assert authorization("https://files.example.com/a.tif", access) == "Bearer hush"
    assert not authorization("https://other.example.com/a.tif", access)
    with pytest.raises(UsageError, match="needs https"):
        authorization("http://files.example.com/a.tif", access)


def test_other_accounts_of_azure_get_tokens_where_a_profile_says_so():
    href = "https://mirror.blob.core.windows.net/sentinel2/B04.tif"
    access = parse_access({"mirror.blob.core.windows.net": {"signer": "planetary-computer"}})
    assert planetary_computer_container(href, access) == ("mirror", "sentinel2")
    assert planetary_computer_container(href) is None


@pytest.mark.parametrize(
    ("place", "fields", "said"),
    [
        ("files.example.com", {"signer": "kerberos"}, "one of planetary-computer, bearer, got 'kerberos'"),
        ("files.example.com", {"signer": 7}, "one of planetary-computer, bearer, got '7'"),
        ("files.example.com", {"signer": "planetary-computer"}, r"is for ACCOUNT\.blob\.core\.windows\.net"),
        ("files.example.com", {"signer": "bearer", "region": "x"}, "has region, which is of buckets"),
        ("https://files.example.com", {"signer": "bearer"}, "not the host of a web server"),
        ("me:hush@files.example.com", {"signer": "bearer"}, "not the host of a web server"),
    ],
)
def test_a_signer_that_can_not_be_is_refused(place, fields, said):
    with pytest.raises(UsageError, match=said):
        parse_access({place: fields})
