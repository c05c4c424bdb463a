"""JPEG 2000 behind S3 keys, as the Copernicus Data Space serves it: read by the variables of its manual."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from rasterio.shutil import copy

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import TileReader, WindowRead

PIXELS = np.random.default_rng(7).integers(0, 10000, (301, 233), np.uint16)
HREF = "s3://eodata/Sentinel-2/MSI/L2A/T33TWL_20230815T095031_B04_10m.jp2"
PATH = HREF.removeprefix("s3:/")


class Bucket(BaseHTTPRequestHandler):
    """Gives ranges of one object to who signs with a key of ours; the signature itself isn't checked."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.answer(with_body=False)

    def do_GET(self):
        self.answer(with_body=True)

    def answer(self, *, with_body):
        server = self.server
        signed = self.headers.get("Authorization", "")
        server.asked.append(self.path)
        content = server.content
        if not signed.startswith("AWS4-HMAC-SHA256 Credential=our-key/"):
            return self.reply(403, b"<Error><Code>AccessDenied</Code></Error>", with_body=with_body)
        if self.path != PATH:
            return self.reply(404, b"<Error><Code>NoSuchKey</Code></Error>", with_body=with_body)
        match = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        if not match:
            return self.reply(200, content, with_body=with_body)
        first, last = int(match[1]), min(int(match[2]), len(content) - 1)
        where = f"bytes {first}-{last}/{len(content)}"
        return self.reply(206, content[first : last + 1], with_body=with_body, where=where)

    def reply(self, status, body, *, with_body, where=""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        if where:
            self.send_header("Content-Range", where)
        self.end_headers()
        if with_body:
            self.wfile.write(body)


@pytest.fixture
def bucket(tmp_path, tiff, monkeypatch):
    copy(
        tiff(tmp_path / "a.tif", PIXELS),
        tmp_path / "a.jp2",
        driver="JP2OpenJPEG",
        quality=100,
        reversible="YES",
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.content, server.asked = (tmp_path / "a.jp2").read_bytes(), []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    monkeypatch.setenv("AWS_S3_ENDPOINT", f"127.0.0.1:{server.server_port}")
    monkeypatch.setenv("AWS_HTTPS", "NO")
    monkeypatch.setenv("AWS_VIRTUAL_HOSTING", "FALSE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "our-secret")
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def read(href):
    return dict(TileReader().read_many([WindowRead(href, 0, 100, 40, (64, 80))]))[0]


def test_a_window_is_read_by_the_keys_of_the_environment(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "our-key")
    assert TileReader().header(HREF).levels[0].shape == PIXELS.shape
    np.testing.assert_array_equal(read(HREF), PIXELS[100:164, 40:120])
    assert set(bucket.asked) == {PATH}


def test_a_key_that_is_refused_is_a_lost_observation(bucket, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "another-key")
    answer = read(HREF.replace("B04", "B03"))
    assert isinstance(answer, SourceError)
    assert "B03_10m.jp2" in str(answer)
    assert "secret" not in str(answer)
    assert bucket.asked
