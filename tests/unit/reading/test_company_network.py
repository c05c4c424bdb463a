"""TLS with the certificate of a company's own authority, and what it costs not to trust it."""

import re
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest

from authority import Authority, serving_https
from cloudless_mosaic.errors import AccessError, SourceError
from cloudless_mosaic.net.environment.certificates import CA_VARIABLES
from cloudless_mosaic.reading import TileReader, WindowRead

pytestmark = pytest.mark.slow

PIXELS = np.random.default_rng(7).integers(1, 10000, (301, 233), np.uint16)


class Files(BaseHTTPRequestHandler):
    """Ranges of ``server.contents``; ``/odd/KIND/`` gives correct responses in unusual forms."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        odd = re.match(r"/odd/([a-z]+)/", self.path)
        kind = odd[1] if odd else ""
        content = self.server.contents[self.path[-4:]]
        first, last = map(int, re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers["Range"]).groups())
        last = min(last, len(content) - 1)
        body = content[first : last + 1]
        headers = {
            "Content-Range": f"bytes {first}-{last}/{len(content)}",
            "Content-Length": str(len(body)),
            "ETag": '"one"',
        }
        if kind in {"chunked", "negative"}:
            del headers["Content-Length"]
            headers["Transfer-Encoding"] = "chunked"
            size = b"-5" if kind == "negative" else f"{len(body):x}".encode()
            body = size + b"\r\n" + body + b"\r\n0\r\n\r\n"
        if kind == "endless":
            del headers["Content-Length"]
            headers["Connection"] = "close"
            self.close_connection = True
        if kind == "modified":
            headers["Last-Modified"] = "yesterday"
        if kind == "tagged":
            headers["ETag"] = '"\xe9\xff"'
        self.send_response(206)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def contents(tmp_path_factory, tiff_and_jp2):
    return tiff_and_jp2(tmp_path_factory.mktemp("rasters"), PIXELS)


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def files(contents, authority):
    with serving_https(Files, authority.server_context()) as server:
        server.contents, server.asked = contents, []
        yield server


@pytest.fixture
def plain_files(contents):
    with serving_https(Files) as server:
        server.contents, server.asked = contents, []
        yield server


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in CA_VARIABLES:
        monkeypatch.delenv(name, raising=False)


def read(href):
    return dict(TileReader().read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("variable", CA_VARIABLES)
def test_any_variable_serves_both_readers(files, authority, monkeypatch, suffix, variable):
    value = authority.file.parent if variable == "SSL_CERT_DIR" else authority.file
    monkeypatch.setenv(variable, str(value))
    np.testing.assert_array_equal(read(f"{files.address}/a{suffix}"), PIXELS[100:164, 40:120])


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_certificate_that_is_not_trusted_is_named_with_the_variable_to_set(files, suffix):
    answer = read(f"{files.address}/a{suffix}")
    assert isinstance(answer, AccessError)
    assert "certificate" in str(answer)
    assert "SSL_CERT_FILE" in str(answer)
    assert not files.asked


@pytest.mark.parametrize("content", ["", "no certificate", None])
def test_a_variable_without_certificates_is_named(files, monkeypatch, tmp_path, content):
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("CURL_CA_BUNDLE", str(path))
    answer = read(f"{files.address}/a.tif")
    assert isinstance(answer, AccessError)
    assert "CURL_CA_BUNDLE" in str(answer)


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_proxy_without_a_scheme_is_named(files, authority, monkeypatch, variable, suffix):
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.file))
    monkeypatch.setenv(variable, "me:SECRET@proxy.company:3128")
    answer = read(f"{files.address}/a{suffix}")
    assert isinstance(answer, AccessError)
    assert variable in str(answer)
    assert "http://proxy.company:3128" in str(answer)
    assert "SECRET" not in str(answer)


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
@pytest.mark.parametrize("kind", ["chunked", "endless", "modified", "tagged"])
def test_correct_responses_of_unusual_form_are_read(plain_files, kind, suffix):
    answer = read(f"{plain_files.address}/odd/{kind}/a{suffix}")
    np.testing.assert_array_equal(answer, PIXELS[100:164, 40:120])


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_chunk_of_negative_size_is_a_lost_read(plain_files, suffix):
    answer = read(f"{plain_files.address}/odd/negative/a{suffix}")
    assert isinstance(answer, SourceError)


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_query_is_sent_with_every_request(plain_files, suffix):
    answer = read(f"{plain_files.address}/a.x?name=a%2Fb&file={suffix}")
    assert isinstance(answer, np.ndarray) or suffix == ".jp2"
    assert plain_files.asked
    assert all(path == f"/a.x?name=a%2Fb&file={suffix}" for path in plain_files.asked)
