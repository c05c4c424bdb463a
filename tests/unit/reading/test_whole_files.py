"""Web servers that know no ranges: small files are fetched whole, large ones refused by that reason."""

from collections import Counter
from dataclasses import replace
from http.server import BaseHTTPRequestHandler

import numpy as np
import pytest
from rasterio.shutil import copy

from authority import serving_https
from cloudless_mosaic.errors import AccessError, SourceError
from cloudless_mosaic.reading import TileReader, WindowRead, whole_files
from quick_reader import QUICK

# the time-out is not what is tested
PATIENT = replace(QUICK, request_timeout=30.0, retry=replace(QUICK.retry, total=60.0))

PIXELS = np.random.default_rng(7).integers(1, 10000, (301, 233), np.uint16)


class WholeFiles(BaseHTTPRequestHandler):
    """Sends the whole of ``server.contents``, whatever range is asked for."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        content = self.server.contents[self.path[-4:]]
        cut = self.server.cut and len(self.server.asked) <= self.server.cut
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2] if cut else content)
        self.close_connection = bool(cut)


@pytest.fixture(scope="module")
def contents(tmp_path_factory, tiff):
    folder = tmp_path_factory.mktemp("rasters")
    path = tiff(folder / "a.tif", PIXELS)
    copy(path, folder / "a.jp2", driver="JP2OpenJPEG", quality=100, reversible="YES")
    return {suffix: (folder / f"a{suffix}").read_bytes() for suffix in (".tif", ".jp2")}


@pytest.fixture
def files(contents):
    with serving_https(WholeFiles) as server:
        server.contents, server.asked, server.cut = dict(contents), [], 0
        yield server


def windows(href):
    return [WindowRead(href, 0, row, 40, (64, 80)) for row in (0, 100, 200)]


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_small_file_is_fetched_whole_and_kept(files, suffix):
    reader = TileReader(PATIENT)
    hrefs = [f"{files.address}/{name}{suffix}" for name in "ab"]
    for href in hrefs:
        for position, pixels in reader.read_many(windows(href)):
            row = (0, 100, 200)[position]
            np.testing.assert_array_equal(pixels, PIXELS[row : row + 64, 40:120])
    asked = Counter(files.asked)
    # the object store finds out with its first request
    assert asked[f"/a{suffix}"] <= 2
    assert asked[f"/b{suffix}"] == 1


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_large_file_is_refused_by_that_reason_at_once(files, suffix, monkeypatch):
    monkeypatch.setattr(whole_files, "LARGEST_WHOLE", 1000)
    with pytest.raises(AccessError, match="its server sends whole files only, and this one has") as caught:
        TileReader(PATIENT).header(f"{files.address}/a{suffix}")
    assert "knows ranges" in str(caught.value)
    assert len(files.asked) <= 2


@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_file_that_breaks_off_is_fetched_again(files, suffix):
    files.cut = 2
    href = f"{files.address}/a{suffix}"
    for position, pixels in TileReader(PATIENT).read_many(windows(href)):
        row = (0, 100, 200)[position]
        np.testing.assert_array_equal(pixels, PIXELS[row : row + 64, 40:120])


@pytest.mark.parametrize("content", [b"", b"<html>please log in</html>", b"{}" * 100])
@pytest.mark.parametrize("suffix", [".tif", ".jp2"])
def test_a_page_is_not_taken_for_the_file(files, suffix, content):
    files.contents[suffix] = content
    with pytest.raises(SourceError) as caught:
        TileReader(PATIENT).header(f"{files.address}/a{suffix}")
    assert not caught.value.lasting


def test_files_are_dropped_beyond_the_limit_in_the_order_of_their_use(files, contents, monkeypatch):
    monkeypatch.setattr(whole_files, "_KEPT", 2 * len(contents[".tif"]))
    reader = TileReader(PATIENT)
    for name in "abcba":
        reader.header(f"{files.address}/{name}.tif")
    for name in "abc":
        assert len(list(reader.read_many(windows(f"{files.address}/{name}.tif")))) == 3
    assert len(files.asked) <= 7
