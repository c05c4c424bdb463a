"""The reader of tiles against a real server that misbehaves: the right pixels or an error, never others."""

import gc
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import numpy as np
import pytest
import rasterio

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.net.retry import RetryPolicy
from cloudless_mosaic.reading import RawRows, Target, TileReader, WindowRead
from cloudless_mosaic.reading.settings import ReadSettings

HEAD = 64 * 1024
"""Bytes that the reader asks for first."""
QUICK = ReadSettings(
    connect_timeout=5,
    request_timeout=1.5,
    retry=RetryPolicy(attempts=3, first_delay=0.01, factor=4, total=8),
    store_retry=RetryPolicy(attempts=3, first_delay=0.001, longest_delay=0.05, total=3),
)


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
        self.closing = threading.Event()
        self.tag = None
        self.first = []

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
        if not start and self.server.first:
            fault = self.server.first.pop()
        if content is None or fault == 404:
            self.answer(404, b"gone")
        elif isinstance(fault, int):
            self.answer(fault, b"not now", {"Retry-After": "0"})
        elif fault == "html":
            self.answer(200, b"<html>please log in</html>")
        elif fault == "drop":
            self.hang_up()
        else:
            self.serve(content, start, content[start : end + 1], fault)

    def serve(self, content, start, body, fault):
        headers = {"Content-Range": f"bytes {start}-{start + len(body) - 1}/{len(content)}"}
        if self.server.tag:
            headers["ETag"] = self.server.tag
        if fault == "elsewhere":
            headers["Content-Range"] = f"bytes {start + 8}-{start + len(body) + 7}/{len(content)}"
        if fault in {"drip", "stall"}:
            return self.drip(body, headers, stall=fault == "stall")
        # a stump keeps to its own word, which isn't what was asked for
        sent = {"zeros": bytes(len(body)), "stump": body[:1]}.get(fault, body)
        return self.answer(206, sent, headers, short=fault == "short")

    def answer(self, status, body, headers=None, *, short=False):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if short else body)
        if short:
            self.hang_up()

    def drip(self, body, headers, *, stall):
        self.send_response(206)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        for i in range(len(body)):
            self.wfile.write(body[i : i + 1])
            self.wfile.flush()
            if self.server.closing.wait(60 if stall else 0.1):
                break
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
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.closing.set()
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


def target(clear, *, masked=False):
    raw_rows = RawRows.of(clear.shape, slice(0, None, 100))
    # what the plane held before doesn't matter
    return Target(np.full(clear.shape, 7, np.uint16), clear, 0, raw_rows, masked)


def read(reader, href, shape=(512, 640), row=0, column=0, **options):
    ((position, answer),) = reader.read_many([WindowRead(href, 0, row, column, shape, **options)])
    assert position == 0
    return answer


@pytest.mark.slow
@pytest.mark.parametrize(
    "fault", [503, 429, 500, "drop", "short", "html", "zeros", "stump", "elsewhere", "drip", "stall"]
)
def test_a_fault_that_passes_costs_nothing(server, href, pixels, fault):
    server.faults = [fault]
    np.testing.assert_array_equal(read(TileReader(QUICK), href), pixels)
    assert server.faults == []


@pytest.mark.parametrize("fault", [503, 403, 404, "drop", "short", "html", "zeros", "stump", "elsewhere"])
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


def test_tiles_that_are_not_stored_have_no_data(server, tiff, tmp_path, pixels):
    pixels = pixels.copy()
    pixels[128:256, 256:512] = 0
    path = tiff(tmp_path / "holes.tif", pixels, predictor=2, blockxsize=128, blockysize=128, sparse_ok=True)
    with rasterio.open(path) as raster:
        assert raster.get_tag_item("BLOCK_OFFSET_2_1", "TIFF", bidx=1) is None
    server.files["/scenes/holes.tif"] = path.read_bytes()
    answer = read(
        TileReader(QUICK), f"{server.address}/scenes/holes.tif", target=target(np.ones((512, 640), bool))
    )
    np.testing.assert_array_equal(answer, pixels)


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


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["drip", "stall"])
def test_a_server_that_never_ends_is_given_up_in_time(server, href, fault):
    """A byte now and then keeps the time-outs of sockets quiet for ever."""
    reader = TileReader(
        ReadSettings(
            request_timeout=0.5,
            retry=RetryPolicy(attempts=10, first_delay=0.01, factor=4, total=1.2),
            store_retry=RetryPolicy(attempts=1, first_delay=0.2, longest_delay=10, total=1),
        )
    )
    reader.header(href)
    server.always = fault
    began = time.monotonic()
    answer = read(reader, href)
    assert time.monotonic() - began < 6
    assert isinstance(answer, SourceError)
    assert "band.tif" in str(answer)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["html", "zeros", "short", "drip"])
def test_a_header_that_comes_wrong_once_is_read_again(server, href, pixels, fault):
    server.first = [fault]
    np.testing.assert_array_equal(read(TileReader(QUICK), href), pixels)
    assert server.first == []


def replace_file(server, tiff, folder, other, **options):
    path = tiff(folder / "other.tif", other, blockxsize=128, blockysize=128, **options)
    server.files["/scenes/band.tif"] = path.read_bytes()


@pytest.mark.parametrize("compress", ["deflate", "none"])
def test_a_file_that_is_replaced_while_it_is_read_gives_no_pixel(
    server, href, tiff, tmp_path, pixels, compress
):
    """Uncompressed, the tiles of the other file lie at the very same bytes."""
    replace_file(server, tiff, tmp_path, pixels, compress=compress)
    server.tag = '"first"'
    reader = TileReader(QUICK)
    reader.header(href)
    other = pixels[::-1].copy()
    replace_file(server, tiff, tmp_path, other, compress=compress)
    server.tag = '"second"'
    answer = read(reader, href)
    assert isinstance(answer, SourceError)
    assert "has changed" in str(answer) or "bytes came of" in str(answer)
    # whoever comes next meets the new file
    np.testing.assert_array_equal(read(reader, href), other)


def test_mirrors_that_tag_one_content_in_two_ways_do_no_harm(server, href, pixels):
    server.tag = '"first"'
    reader = TileReader(QUICK)
    reader.header(href)
    server.tag = '"second"'
    np.testing.assert_array_equal(read(reader, href), pixels)


@pytest.fixture
def plain(server, tiff, tmp_path, pixels):
    """A file without compression, so without any checksum."""
    replace_file(server, tiff, tmp_path, pixels, compress="none")
    return f"{server.address}/scenes/band.tif"


def test_zeros_of_a_proxy_in_an_uncompressed_file_are_fetched_again(server, plain, pixels):
    server.faults = ["zeros"]
    answer = read(TileReader(QUICK), plain, target=target(np.ones(pixels.shape, bool), masked=True))
    np.testing.assert_array_equal(answer, pixels)
    assert server.faults == []


def test_zeros_of_a_proxy_that_stay_are_an_error_where_the_mask_sees_land(server, plain, pixels):
    reader = TileReader(QUICK)
    reader.header(plain)
    server.always = "zeros"
    answer = read(reader, plain, target=target(np.ones(pixels.shape, bool), masked=True))
    assert isinstance(answer, SourceError)
    assert "classification" in str(answer)
    # without a mask nobody knows better
    assert not read(reader, plain, target=target(np.ones(pixels.shape, bool))).all()


def test_one_byte_is_not_spread_over_a_tile(server, plain):
    reader = TileReader(QUICK)
    reader.header(plain)
    server.always = "stump"
    assert isinstance(read(reader, plain), SourceError)


@pytest.mark.slow
def test_a_reader_that_nobody_holds_leaves_no_thread():
    before = set(threading.enumerate())
    readers = [TileReader(QUICK) for _ in range(5)]
    own = {thread for thread in threading.enumerate() if thread.name == "mosaic-fetch"} - before
    assert len(own) == len(readers)
    readers.clear()
    gc.collect()
    for thread in own:
        thread.join(5)
        assert not thread.is_alive()
