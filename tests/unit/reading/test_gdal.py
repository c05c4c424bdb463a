import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import rasterio
from affine import Affine
from rasterio._env import get_gdal_config
from rasterio.shutil import copy
from rasterio.windows import Window

from cloudless_mosaic.errors import AccessError, SourceError
from cloudless_mosaic.reading import WindowRead, gdal
from cloudless_mosaic.reading.gdal import GdalReader

PIXELS = np.random.default_rng(7).integers(0, 10000, (301, 233), np.uint16)


def read_all(reader, path):
    """All pixels of a file, or the error."""
    return dict(reader.read_many([WindowRead(str(path), 0, 0, 0, PIXELS.shape)]))[0]


@pytest.mark.parametrize("driver", ["GTiff", "COG"])
def test_every_level_is_that_of_rasterio(tmp_path, tiff, driver):
    """Odd sizes: overviews are not exactly twice as coarse."""
    path = tiff(tmp_path / "a.tif", PIXELS, overviews=(2, 4, 8))
    if driver == "COG":
        copy(path, tmp_path / "cog.tif", driver="COG", blocksize=64, predictor=2)
        path = tmp_path / "cog.tif"
    reader = GdalReader()
    header = reader.header(str(path))
    assert len(header.levels) == 1 + len(rasterio.open(path).overviews(1))
    for level, grid in enumerate(header.levels):
        options = {"overview_level": level - 1} if level else {}
        with rasterio.open(path, **options) as dataset:
            assert grid.shape == dataset.shape
            assert grid.transform == tuple(dataset.transform)[:6]
            assert grid.bounds == pytest.approx(tuple(dataset.bounds))
            for row, column, shape in ((0, 0, grid.shape), (3, 5, (20, 11))):
                read = WindowRead(str(path), level, row, column, shape)
                expected = dataset.read(1, window=Window(column, row, shape[1], shape[0]))
                np.testing.assert_array_equal(dict(reader.read_many([read]))[0], expected)


def test_header_tells_internal_tiles(tmp_path, tiff):
    header = GdalReader().header(str(tiff(tmp_path / "a.tif", PIXELS)))
    assert header.tile_shape == (64, 64)
    assert header.levels[0].crs == "EPSG:32633"


def test_crs_without_a_code_is_wkt(tmp_path, tiff):
    crs = "+proj=laea +lat_0=47 +lon_0=15 +datum=WGS84"
    header = GdalReader().header(str(tiff(tmp_path / "a.tif", PIXELS, crs=crs)))
    assert "Lambert_Azimuthal_Equal_Area" in header.levels[0].crs


def test_jpeg_2000(tmp_path, tiff):
    path = tmp_path / "a.jp2"
    tiff_path = tiff(tmp_path / "a.tif", PIXELS)
    copy(tiff_path, path, driver="JP2OpenJPEG", quality=100, reversible="YES")
    reader = GdalReader()
    assert reader.header(str(path)).levels[0].shape == PIXELS.shape
    np.testing.assert_array_equal(read_all(reader, path), PIXELS)


@pytest.mark.parametrize("compress", ["deflate", "none"])
def test_file_that_is_cut_short_is_an_error_and_never_zeros(tmp_path, tiff, compress):
    path = tiff(tmp_path / "a.tif", PIXELS, compress=compress)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    reader = GdalReader()
    for _ in range(2):
        answer = read_all(reader, path)
        assert isinstance(answer, SourceError)
        assert re.search(r"a\.tif can't be read: .*(got|expected|Read error)", str(answer))
    (first,) = dict(reader.read_many([WindowRead(str(path), 0, 0, 0, (8, 8))])).values()
    np.testing.assert_array_equal(first, PIXELS[:8, :8])


@pytest.mark.parametrize("content", [b"", b"II*\0", b"<html>sign in</html>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_raster_is_an_error(tmp_path, content):
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.tif can't be read: "):
        GdalReader().header(str(path))


@pytest.mark.parametrize("suffix", [".tif", ".jp2", ".vrt"])
def test_vrt_under_any_name_is_refused(tmp_path, tiff, suffix):
    """A virtual raster may name any file of this machine."""
    secret = tiff(tmp_path / "secret.tif", PIXELS)
    path = tmp_path / f"a{suffix}"
    path.write_text(
        f"""<VRTDataset rasterXSize="233" rasterYSize="301"><SRS>EPSG:32633</SRS>
        <GeoTransform>499980, 10, 0, 5300040, 0, -10</GeoTransform>
        <VRTRasterBand dataType="UInt16" band="1"><SimpleSource>
        <SourceFilename>{secret}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand>
        </VRTDataset>"""
    )
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), PIXELS)
    with pytest.raises(SourceError):
        GdalReader().header(str(path))
    assert isinstance(read_all(GdalReader(), path), SourceError)


@pytest.mark.parametrize("form", ["vrt://{}", "<VRTDataset>{}</VRTDataset>", "{}:1"])
def test_vrt_in_an_href_is_refused(tmp_path, tiff, form):
    href = form.replace("{}", str(tiff(tmp_path / "secret.tif", PIXELS)))
    with pytest.raises(SourceError):
        GdalReader().header(href)


@pytest.mark.parametrize("href", ["http://[::1/a.tif", "https://host:port/a.tif", "", "nowhere\0.tif"])
def test_href_that_is_no_address_is_an_error(href):
    with pytest.raises(SourceError):
        GdalReader().header(href)
    assert isinstance(read_all(GdalReader(), href), SourceError)


@pytest.mark.parametrize(
    "options",
    [
        {"count": 2},
        {"crs": None},
        {"transform": Affine(9, 3, 499980, 3, -9, 5300040)},
        {"transform": Affine(10, 0, 499980, 0, 10, 5300040)},
        {"transform": Affine(-10, 0, 499980, 0, -10, 5300040)},
    ],
    ids=["bands", "no crs", "rotated", "south up", "east left"],
)
def test_raster_that_is_not_a_north_up_band_is_refused(tmp_path, tiff, options):
    path = tiff(tmp_path / "a.tif", PIXELS, **options)
    with pytest.raises(SourceError, match=r"a\.tif is not a single north-up band with a CRS"):
        GdalReader().header(str(path))


def test_sidecars_are_not_looked_at(tmp_path, tiff):
    path = tiff(tmp_path / "a.tif", PIXELS)
    (tmp_path / "a.tif.aux.xml").write_text(
        """<PAMDataset><SRS>EPSG:32601</SRS><GeoTransform>0, 1, 0, 0, 0, -1</GeoTransform>
        <PAMRasterBand band="1"><NoDataValue>4242</NoDataValue></PAMRasterBand></PAMDataset>"""
    )
    tiff(tmp_path / "a.tif.ovr", PIXELS[:150, :116])
    with rasterio.open(path) as dataset:
        assert dataset.nodata == 4242
        assert dataset.overviews(1) == [2]
    header = GdalReader().header(str(path))
    assert [level.shape for level in header.levels] == [PIXELS.shape]
    assert header.levels[0].crs == "EPSG:32633"
    assert header.levels[0].origin == (499980, 5300040)


def test_level_that_is_not_there_is_an_error(tmp_path, tiff):
    path = tiff(tmp_path / "a.tif", PIXELS, overviews=(2,))
    (answer,) = dict(GdalReader().read_many([WindowRead(str(path), 4, 0, 0, (4, 4))])).values()
    assert isinstance(answer, SourceError)


def test_window_over_the_edge_is_an_error(tmp_path, tiff):
    path = tiff(tmp_path / "a.tif", PIXELS)
    (answer,) = dict(GdalReader().read_many([WindowRead(str(path), 0, 290, 0, (20, 8))])).values()
    assert isinstance(answer, SourceError)
    assert "(11, 8) pixels of (20, 8)" in str(answer)


def test_gdal_runs_without_threads_of_its_own_and_without_sidecars(tmp_path, tiff, monkeypatch):
    """With threads, GDAL gives zeros for parts that it could not fetch, without an error."""
    monkeypatch.setitem(os.environ, "GDAL_NUM_THREADS", "ALL_CPUS")
    path = tiff(tmp_path / "a.tif", PIXELS)
    seen = []

    def spy(*arguments, **options):
        names = ("GDAL_NUM_THREADS", "GDAL_PAM_ENABLED", "GDAL_DISABLE_READDIR_ON_OPEN")
        seen.append({name: get_gdal_config(name) for name in names})
        return open_dataset(*arguments, **options)

    open_dataset = rasterio.open
    monkeypatch.setattr(gdal.rasterio, "open", spy)
    threads = [threading.Thread(target=read_all, args=(GdalReader(), path)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    GdalReader().header(str(path))
    assert len(seen) == 3
    for config in seen:
        assert str(config["GDAL_NUM_THREADS"]) == "1"
        assert config["GDAL_PAM_ENABLED"] in {"NO", False}
        assert config["GDAL_DISABLE_READDIR_ON_OPEN"] == "EMPTY_DIR"


def test_files_stay_open_between_reads_but_not_too_many(tmp_path, tiff, monkeypatch):
    opened = []

    def note(href, **options):
        opened.append(href)
        return open_dataset(href, **options)

    open_dataset = rasterio.open
    reader = GdalReader()
    paths = [str(tiff(tmp_path / f"{i}.tif", PIXELS[:8, :8], tiled=False)) for i in range(40)]
    monkeypatch.setattr(gdal.rasterio, "open", note)
    first = WindowRead(paths[0], 0, 0, 0, (4, 4))
    for _ in range(3):
        list(reader.read_many([first]))
    assert opened == paths[:1]
    for path in paths[1:]:
        list(reader.read_many([WindowRead(path, 0, 0, 0, (4, 4)), first]))
    assert opened == paths
    list(reader.read_many([WindowRead(paths[1], 0, 0, 0, (4, 4))]))
    assert opened == [*paths, paths[1]]


class TokenServer(BaseHTTPRequestHandler):
    """Serves one file, in ranges, to those with today's token."""

    protocol_version = "HTTP/1.1"

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        if query.get("sig") != [self.server.token]:
            self.answer(403, b"<Error>AuthenticationFailed</Error>")
            return
        content = self.server.content
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if wanted is None:
            self.answer(200, content, {"Accept-Ranges": "bytes"})
            return
        begin, end = int(wanted[1]), min(int(wanted[2] or len(content)), len(content) - 1)
        headers = {"Content-Range": f"bytes {begin}-{end}/{len(content)}", "Accept-Ranges": "bytes"}
        self.answer(206, content[begin : end + 1], headers)

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in ((headers or {}) | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def server(tmp_path, tiff):
    large = np.random.default_rng(1).integers(0, 65535, (1200, 1200), np.uint16)
    server = ThreadingHTTPServer(("127.0.0.1", 0), TokenServer)
    server.token, server.pixels = "SECRET-1", large
    server.content = tiff(tmp_path / "large.tif", large, compress="none").read_bytes()
    server.href = f"http://127.0.0.1:{server.server_port}/{tmp_path.name}/large.tif"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_that_appears_after_it_was_missing_is_read(server):
    reader = GdalReader()
    server.token, token = "NOBODY-HAS-THIS", "SECRET-1"
    for _ in range(2):
        with pytest.raises(SourceError):
            reader.header(f"{server.href}?sig={token}")
    server.token = token
    assert reader.header(f"{server.href}?sig={token}").levels[0].shape == (1200, 1200)


def test_a_tile_larger_than_any_raster_of_the_product_is_refused(tmp_path, tiff):
    """A few bytes of a header may ask for gigabytes of memory."""
    path = tiff(tmp_path / "a.tif", PIXELS, blockxsize=16384, blockysize=16, sparse_ok=True, big_endian=True)
    with pytest.raises(SourceError, match="declares tiles"):
        GdalReader().header(str(path))


def test_a_refusal_is_an_error_that_lasts_and_does_not_show_the_token(server):
    reader = GdalReader()
    href = f"{server.href}?sig=SECRET-OLD"
    with pytest.raises(AccessError, match="403") as caught:
        reader.header(href)
    assert "SECRET" not in str(caught.value)
    assert caught.value.__suppress_context__
    answer = read_all(reader, href)
    assert isinstance(answer, AccessError)
    assert "SECRET" not in str(answer)


def test_href_that_comes_with_a_token_shows_none_in_messages(server):
    with pytest.raises(SourceError) as caught:
        GdalReader().header(f"{server.href}?sig=SECRET-OLD")
    assert "SECRET" not in str(caught.value)
    assert server.href in str(caught.value)
