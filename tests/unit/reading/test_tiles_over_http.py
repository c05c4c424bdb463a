"""The reader of tiles against a real server that misbehaves: the right pixels or an error, never others."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import numpy as np
import pytest

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import Target, TileReader, WindowRead, Witness
from cloudless_mosaic.reading.patience import Patience

HEAD = 64 * 1024
"""Bytes that the reader asks for first."""
QUICK = Patience(connect=5, request=1.5, read=8, pause=0.01, store_retries=2, store_pause=0.001)


class RangeServer(ThreadingHTTPServer):
    """Serves files by ranges; ``faults`` are used up one per request of pixels, ``always`` holds for all."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files = {}
        self.faults = []
        self.always = None
        self.requests = []
        self.lock = threading.Lock()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}"

    def next_fault(self):
        with self.lock:
            return self.always or (self.faults.pop(0) if self.faults else None)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        content = self.server.files.get(self.path)
        start, end = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
        with self.server.lock:
            self.server.requests.append((self.path, start, end + 1))
        fault = self.server.next_fault() if start else None
        if content is None or fault == 404:
            return self.answer(404, b"gone")
        if isinstance(fault, int):
            return self.answer(fault, b"not now", {"Retry-After": "0"})
        if fault == "html":
            return self.answer(200, b"<html>please log in</html>")
        if fault == "drop":
            return self.hang_up()
        body = content[start : end + 1]
        headers = {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{len(content)}"}
        if fault == "zeros":
            body = bytes(len(body))
        return self.answer(206, body, headers, short=fault == "short")

    def answer(self, status, body, headers=None, *, short=False):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if short else body)
        if short:
            self.hang_up()

    def hang_up(self):
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    server = RangeServer()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
def pixels():
    """Noise, so that the tiles lie behind the head that is read first."""
    return np.random.default_rng(6).integers(1, 60000, (512, 640)).astype(np.uint16)


@pytest.fixture
def href(server, tiff, tmp_path, pixels):
    path = tiff(tmp_path / "band.tif", pixels, predictor=2, blockxsize=128, blockysize=128)
    server.files["/scenes/band.tif"] = path.read_bytes()
    return f"{server.address}/scenes/band.tif"


def target(clear):
    return Target(np.zeros(clear.shape, np.uint16), clear, 0, Witness.of(clear.shape, slice(0, None, 100)))


def read(reader, href, shape=(512, 640), row=0, column=0, **options):
    ((position, answer),) = reader.read_many([WindowRead(href, 0, row, column, shape, **options)])
    assert position == 0
    return answer


@pytest.mark.parametrize("fault", [503, 429, 500, "drop", "short"])
def test_a_fault_that_passes_costs_nothing(server, href, pixels, fault):
    server.faults = [fault]
    np.testing.assert_array_equal(read(TileReader(QUICK), href), pixels)
    assert server.faults == []


@pytest.mark.parametrize("fault", [503, 403, 404, "drop", "short", "html", "zeros"])
def test_a_fault_that_stays_is_an_error_that_names_the_file(server, href, fault):
    reader = TileReader(QUICK)
    reader.header(href)
    server.always = fault
    answer = read(reader, href)
    assert isinstance(answer, SourceError)
    assert "band.tif" in str(answer)
    assert "\n" not in str(answer)


def test_a_lost_file_does_not_hurt_the_others(href, pixels):
    good, lost = WindowRead(href, 0, 0, 0, (512, 640)), WindowRead(href + "x", 0, 0, 0, (5, 5))
    answers = dict(TileReader(QUICK).read_many([lost, good]))
    assert isinstance(answers[0], SourceError)
    np.testing.assert_array_equal(answers[1], pixels)


def test_a_header_that_failed_is_tried_again(server, href, pixels):
    content = server.files.pop("/scenes/band.tif")
    reader = TileReader(QUICK)
    with pytest.raises(SourceError):
        reader.header(href)
    server.files["/scenes/band.tif"] = content
    np.testing.assert_array_equal(read(reader, href), pixels)


def test_every_byte_of_a_tile_is_asked_for_once(server, href, pixels):
    """Windows that share tiles, one after the other, as the margins of masks do."""
    reader = TileReader(QUICK)
    for row in range(0, 512, 100):
        shape = min(112, 512 - row), 640
        np.testing.assert_array_equal(read(reader, href, shape, row), pixels[row : row + shape[0]])
    asked = sorted((start, end) for _, start, end in server.requests if start)
    assert asked
    assert all(end <= start for (_, end), (start, _) in pairwise(asked))


def test_tiles_that_nobody_wants_are_not_asked_for(server, href, pixels):
    wanted = np.zeros((512, 640), bool)
    wanted[300:310, 200:210] = True
    reader = TileReader(QUICK)
    reader.header(href)
    before = len(server.requests)
    answer = read(reader, href, target=target(wanted))
    np.testing.assert_array_equal(answer, np.where(wanted, pixels, 0))
    ((_, start, end),) = server.requests[before:]
    assert end - start < 2 * 128 * 128 * 2
    assert not read(reader, href, target=target(np.zeros((512, 640), bool))).any()
    assert len(server.requests) == before + 1


def test_one_request_opens_a_file(server, href):
    reader = TileReader(QUICK)
    reader.prepare([href, href])
    reader.header(href)
    reader.header(href)
    assert server.requests == [("/scenes/band.tif", 0, HEAD)]


def test_signed_addresses_are_left_to_gdal_and_never_told(server, href):
    server.files.clear()
    with pytest.raises(SourceError) as caught:
        TileReader(QUICK).header(f"{href}?sig=secret")
    assert "secret" not in str(caught.value)
