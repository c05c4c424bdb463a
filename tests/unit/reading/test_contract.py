"""What every ``RasterReader`` has to do. Another reader joins by a line in ``READERS``."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import RasterReader, RawRows, Target, TileReader, WindowRead
from cloudless_mosaic.reading.conversion import Conversion
from cloudless_mosaic.reading.gdal import GdalReader
from memory_reader import MemoryRaster, MemoryReader

SHAPE = 200, 264
GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), SHAPE)


@dataclass
class Source:
    """A reader and what it can read."""

    reader: RasterReader
    band: str
    scl: str
    broken: str
    missing: str


def in_memory(_folder, _tiff, band, scl):
    rasters = {"band.tif": band, "scl.tif": scl, "broken.tif": scl}
    return Source(MemoryReader(rasters, {"broken.tif"}), "band.tif", "scl.tif", "broken.tif", "missing.tif")


def on_disk(make_reader):
    def build(folder, tiff, band, scl):
        tiff(folder / "band.tif", band.pixels, overviews=(2, 4), predictor=2)
        tiff(folder / "scl.tif", scl.pixels)
        broken = tiff(folder / "broken.tif", scl.pixels)
        broken.write_bytes(break_tiles(broken.read_bytes()))
        names = ("band.tif", "scl.tif", "broken.tif", "missing.tif")
        return Source(make_reader(), *(str(folder / name) for name in names))

    return build


def break_tiles(content):
    """Wipes the last half of a file, where the last tiles are."""
    half = len(content) // 2
    return content[:half] + b"\xff" * (len(content) - half)


READERS = {
    "memory": in_memory,
    "gdal": on_disk(GdalReader),
    "tiles": on_disk(TileReader),
}


@pytest.fixture(scope="module")
def band():
    """Pixels whose averages are whole numbers, so that every way to average agrees."""
    rng = np.random.default_rng(4)
    coarse = rng.integers(1, 4000, (SHAPE[0] // 4, SHAPE[1] // 4)) * 16
    middle = coarse.repeat(2, axis=0).repeat(2, axis=1)
    middle[::2, ::2] += 4
    middle[1::2, 1::2] -= 4
    native = middle.repeat(2, axis=0).repeat(2, axis=1)
    native[::2, ::2] += 1
    native[1::2, 1::2] -= 1
    return MemoryRaster(GRID, native.astype(np.uint16), (middle.astype(np.uint16), coarse.astype(np.uint16)))


@pytest.fixture(scope="module")
def scl():
    return MemoryRaster(GRID, np.random.default_rng(5).integers(0, 12, SHAPE).astype(np.uint8))


@pytest.fixture(scope="module", params=READERS)
def source(request, tmp_path_factory, tiff, band, scl):
    return READERS[request.param](tmp_path_factory.mktemp("rasters"), tiff, band, scl)


def answers(reader, *reads):
    found = dict(reader.read_many(reads))
    assert sorted(found) == list(range(len(reads)))
    return [found[position] for position in range(len(reads))]


def test_header_tells_grids_and_type(source, band):
    header = source.reader.header(source.band)
    assert [level.shape for level in header.levels] == [(200, 264), (100, 132), (50, 66)]
    assert [level.resolution for level in header.levels] == [10, 20, 40]
    assert header.levels == band.header.levels
    assert header.levels[0] == GRID
    assert header.dtype == np.uint16
    assert min(header.tile_shape) >= 1
    assert source.reader.header(source.scl).dtype == np.uint8


@given(data=st.data())
def test_any_window_of_any_level(source, band, data):
    level = data.draw(st.integers(0, 2))
    rows, columns = band.levels[level].shape
    row, column = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, columns - 1))
    shape = data.draw(st.integers(1, rows - row)), data.draw(st.integers(1, columns - column))
    (pixels,) = answers(source.reader, WindowRead(source.band, level, row, column, shape))
    assert pixels.dtype == np.uint16
    expected = band.levels[level][row : row + shape[0], column : column + shape[1]]
    np.testing.assert_array_equal(pixels, expected)


def test_many_windows_of_several_rasters(source, band, scl):
    reads = [WindowRead(source.band, 0, row, 17, (20, 90)) for row in range(0, 180, 9)]
    reads += [WindowRead(source.scl, 0, row, 3, (11, 250)) for row in range(0, 180, 13)]
    for read, pixels in zip(reads, answers(source.reader, *reads), strict=True):
        raster = band if read.href == source.band else scl
        rows, columns = (
            slice(read.row, read.row + read.shape[0]),
            slice(read.column, read.column + read.shape[1]),
        )
        np.testing.assert_array_equal(pixels, raster.pixels[rows, columns])


def test_no_read_is_no_answer(source):
    assert list(source.reader.read_many([])) == []


def test_reads_may_come_one_by_one(source):
    reads = (WindowRead(source.scl, 0, row, 0, (5, 5)) for row in range(3))
    assert sorted(position for position, _ in source.reader.read_many(reads)) == [0, 1, 2]


@given(data=st.data())
def test_a_target_gets_harmonised_clear_pixels_of_any_window(source, band, data):
    row, column = data.draw(st.integers(0, SHAPE[0] - 1)), data.draw(st.integers(0, SHAPE[1] - 1))
    shape = data.draw(st.integers(1, SHAPE[0] - row)), data.draw(st.integers(1, SHAPE[1] - column))
    clear = np.random.default_rng(row).random(shape) < data.draw(st.sampled_from([0, 0.01, 0.9, 1]))
    out = np.full((shape[0], shape[1] + 5), 7, np.uint16)[:, 3:-2]  # what it held doesn't matter
    every = data.draw(st.sampled_from([1, 7, 60]))
    raw_rows = RawRows.of(shape, slice(every // 2, None, every))
    read = WindowRead(source.band, 0, row, column, shape, Target(out, clear, -5, raw_rows))
    (answer,) = answers(source.reader, read)
    assert answer is out
    pixels = band.pixels[row : row + shape[0], column : column + shape[1]].astype(int)
    np.testing.assert_array_equal(out, np.where(clear & (pixels > 0), np.maximum(pixels - 5, 1), 0))
    seen = raw_rows.values
    np.testing.assert_array_equal(seen[clear[raw_rows.rows]], pixels[raw_rows.rows][clear[raw_rows.rows]])
    assert ((seen == 0) | (seen == pixels[raw_rows.rows])).all()


def test_pixels_belong_to_the_caller(source, scl):
    read = WindowRead(source.scl, 0, 0, 0, (9, 9))
    for _ in range(2):
        (pixels,) = answers(source.reader, read)
        np.testing.assert_array_equal(pixels, scl.pixels[:9, :9])
        if pixels.flags.writeable:
            pixels[:] = 99


def test_broken_pixels_are_an_error_of_that_read_alone(source, scl):
    whole = (SHAPE[0], SHAPE[1])
    good, lost, other = answers(
        source.reader,
        WindowRead(source.scl, 0, 0, 0, whole),
        WindowRead(source.broken, 0, 0, 0, whole),
        WindowRead(source.scl, 0, 0, 0, whole),
    )
    assert isinstance(lost, SourceError)
    assert "broken.tif" in str(lost)
    assert "\n" not in str(lost)
    np.testing.assert_array_equal(good, scl.pixels)
    np.testing.assert_array_equal(other, scl.pixels)


def test_missing_raster_is_an_error(source):
    with pytest.raises(SourceError, match=r"missing\.tif"):
        source.reader.header(source.missing)
    lost, good = answers(
        source.reader,
        WindowRead(source.missing, 0, 0, 0, (4, 4)),
        WindowRead(source.scl, 0, 0, 0, (4, 4)),
    )
    assert isinstance(lost, SourceError)
    assert isinstance(good, np.ndarray)


def test_prepared_rasters_read_like_others(source, scl):
    source.reader.prepare([source.band, source.scl, source.missing])
    assert source.reader.header(source.scl).levels[0] == GRID
    with pytest.raises(SourceError):
        source.reader.header(source.missing)
    (pixels,) = answers(source.reader, WindowRead(source.scl, 0, 10, 20, (30, 40)))
    np.testing.assert_array_equal(pixels, scl.pixels[10:40, 20:60])


def test_many_threads_share_a_reader(source, band):
    def read(seed):
        rng = np.random.default_rng(seed)
        reads = [
            WindowRead(source.band, 0, int(row), int(column), (32, 32))
            for row, column in zip(rng.integers(0, 168, 5), rng.integers(0, 232, 5), strict=True)
        ]
        for one, pixels in zip(reads, answers(source.reader, *reads), strict=True):
            rows, columns = slice(one.row, one.row + 32), slice(one.column, one.column + 32)
            np.testing.assert_array_equal(pixels, band.pixels[rows, columns])
        return source.reader.header(source.band)

    with ThreadPoolExecutor(8) as threads:
        headers = list(threads.map(read, range(40)))
    assert all(header == headers[0] for header in headers)


def test_pixels_are_converted_before_they_are_delivered(source, band):
    conversion = Conversion(nodata=(float(band.pixels[7, 7]),), scale=2e-5, offset=-0.01)
    window = WindowRead(source.band, 0, 3, 5, (90, 110), conversion=conversion)
    out = np.empty(window.shape, np.uint16)
    clear = np.random.default_rng(3).random(window.shape) < 0.7
    target = Target(out, clear, 0, RawRows.of(window.shape, slice(0, None, 9)))
    plain, targeted, unconverted = answers(
        source.reader,
        window,
        replace(window, target=target),
        WindowRead(source.band, 0, 3, 5, (90, 110)),
    )
    pixels = band.pixels[3:93, 5:115]
    expected = np.clip(np.rint((pixels * 2e-5 - 0.01) * 10_000), 1, 65535)
    expected[pixels == band.pixels[7, 7]] = 0
    np.testing.assert_array_equal(plain, expected)
    assert targeted is out
    np.testing.assert_array_equal(out, np.where(clear, expected, 0))
    np.testing.assert_array_equal(target.raw_rows.values, expected[::9])
    np.testing.assert_array_equal(unconverted, pixels)


@pytest.mark.parametrize("reader", [GdalReader, TileReader])
@pytest.mark.parametrize("nodata", [None, 4242])
def test_what_a_file_calls_nodata_changes_no_pixel_as_it_is_read(tmp_path, tiff, reader, nodata):
    pixels = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) + 200
    pixels[:8] = 0
    href = str(tiff(tmp_path / "band.tif", pixels, nodata=nodata))
    ((_, found),) = reader().read_many([WindowRead(href, 0, 0, 0, (64, 64))])
    np.testing.assert_array_equal(found, pixels)
