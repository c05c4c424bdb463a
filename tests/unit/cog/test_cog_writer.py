import random
import struct
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from odc.geo.geobox import GeoBox
from rio_cogeo.cogeo import cog_validate

from cloudless_mosaic.cog import tiff_layout as geotiff
from cloudless_mosaic.cog.writer import CogSpec, CogWriter
from cloudless_mosaic.errors import TemporaryError, UsageError

TRANSFORM = Affine(10, 0, 499980, 0, -10, 5300040)


def geobox(shape, crs="EPSG:32610", transform=TRANSFORM):
    return GeoBox(shape, transform, crs)


def spec(shape, bands=("red",), **changes):
    values = {"geobox": geobox(shape), "bands": bands, "dtype": "uint16", "reduction": "average", "nodata": 0}
    return CogSpec(**(values | changes))


def write(path, data, cog_spec, step=(300, 400), seed=0):
    """Writes ``data`` in blocks of ``step`` pixels, in random order, by two threads."""
    rows, columns = data.shape[1:]
    blocks = [(row, column) for row in range(0, rows, step[0]) for column in range(0, columns, step[1])]
    random.Random(seed).shuffle(blocks)
    writer = CogWriter(path, cog_spec)
    with ThreadPoolExecutor(2) as pool:
        jobs = [
            pool.submit(writer.write, row, column, data[:, row : row + step[0], column : column + step[1]])
            for row, column in blocks
        ]
        [job.result() for job in jobs]
    return writer, writer.close()


def noise(shape, seed=0, dtype=np.uint16):
    rng = np.random.default_rng(seed)
    return rng.integers(1, 200, shape, dtype) * (rng.random(shape[1:]) > 0.3).astype(dtype)


def half(data):
    bands, rows, columns = data.shape
    padded = np.pad(data, ((0, 0), (0, rows % 2), (0, columns % 2))).astype(np.float64)
    fours = padded.reshape(bands, (rows + 1) // 2, 2, (columns + 1) // 2, 2)
    return np.rint(fours.sum(axis=(2, 4)) / np.maximum((fours > 0).sum(axis=(2, 4)), 1)).astype(data.dtype)


def assert_reads_as(path, data, reduce=half):
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(), data)
        overviews = file.overviews(1)
    for level in range(len(overviews)):
        data = reduce(data)
        with rasterio.open(path, OVERVIEW_LEVEL=level) as file:
            np.testing.assert_array_equal(file.read(), data)
    return overviews


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 100, 30), (4, 511, 513), (3, 1300, 700), (1, 512, 1024)])
def test_rasterio_reads_every_level_and_the_layout_is_valid(tmp_path, shape):
    path = tmp_path / "mosaic.tif"
    data = noise(shape)
    write(path, data, spec(shape[1:], [f"band{i}" for i in range(shape[0])]))
    overviews = assert_reads_as(path, data)
    assert max(shape[1:]) / 2 ** len(overviews) <= 512
    assert cog_validate(path, strict=True) == (True, [], [])
    assert [entry.name for entry in tmp_path.iterdir()] == ["mosaic.tif"]


@pytest.mark.slow
@settings(deadline=None, max_examples=25)
@given(
    shape=st.tuples(st.integers(1, 4), st.integers(1, 150), st.integers(1, 150)),
    step=st.tuples(st.integers(20, 150), st.integers(20, 150)),
    dtype=st.sampled_from(["uint8", "uint16"]),
    codec=st.sampled_from(["deflate", "zstd"]),
    seed=st.integers(0, 999),
)
def test_any_size_and_cut_reads_back(tmp_path_factory, shape, step, dtype, codec, seed):
    path = tmp_path_factory.mktemp("cog") / "any.tif"
    data = noise(shape, seed, np.dtype(dtype))
    bands = [f"band{i}" for i in range(shape[0])]
    cog_spec = spec(shape[1:], bands, dtype=dtype, codec=codec, tile_size=32)
    write(path, data, cog_spec, step, seed)
    assert_reads_as(path, data)


def test_grid_and_band_metadata_reach_the_reader(tmp_path):
    path = tmp_path / "mosaic.tif"
    data = noise((4, 600, 520))
    _, written = write(path, data, spec((600, 520), ("nir", "red & <green>", "blue", "swir16"), scale=1e-4))
    with rasterio.open(path) as file:
        assert file.driver == "GTiff"
        assert file.crs == rasterio.CRS.from_epsg(32610)
        assert file.transform == TRANSFORM
        assert file.nodata == 0
        assert file.descriptions == ("nir", "red & <green>", "blue", "swir16")
        assert file.scales == (1e-4,) * 4
        assert file.offsets == (0,) * 4
        assert file.dtypes == ("uint16",) * 4
        assert file.block_shapes == [(512, 512)] * 4
        assert file.tags(ns="IMAGE_STRUCTURE") == {
            "COMPRESSION": "DEFLATE",
            "INTERLEAVE": "PIXEL",
            "LAYOUT": "COG",
            "PREDICTOR": "2",
        }
    assert written.size == path.stat().st_size


def test_counts_have_no_nodata_and_nearest_overviews(tmp_path):
    path = tmp_path / "count.tif"
    data = noise((1, 700, 900))
    write(path, data, spec((700, 900), ("count",), reduction="nearest", nodata=None))
    assert assert_reads_as(path, data, lambda level: level[:, ::2, ::2]) == [2]
    with rasterio.open(path) as file:
        assert file.nodata is None
        assert file.scales == (1.0,)
        assert file.descriptions == ("count",)


def test_pictures_are_red_green_blue(tmp_path):
    path = tmp_path / "visual.tif"
    data = noise((3, 100, 100), dtype=np.uint8)
    write(path, data, spec((100, 100), ("red", "green", "blue"), dtype="uint8", rgb=True))
    with rasterio.open(path) as file:
        assert [colour.name for colour in file.colorinterp] == ["red", "green", "blue"]
        assert file.nodata == 0


def test_a_raster_without_data_is_valid(tmp_path):
    path = tmp_path / "empty.tif"
    data = np.zeros((2, 1100, 600), np.uint16)
    write(path, data, spec((1100, 600), ("red", "nir")))
    assert_reads_as(path, data)
    assert cog_validate(path, strict=True) == (True, [], [])
    assert path.stat().st_size < 40_000


def test_zstd_is_valid_and_named(tmp_path):
    path = tmp_path / "zstd.tif"
    data = noise((2, 600, 600))
    write(path, data, spec((600, 600), ("red", "nir"), codec="zstd"))
    assert_reads_as(path, data)
    assert cog_validate(path, strict=True) == (True, [], [])
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["COMPRESSION"] == "ZSTD"


def test_order_and_size_of_blocks_do_not_change_a_byte(tmp_path):
    data = noise((2, 1300, 1100))
    cog_spec = spec((1300, 1100), ("red", "nir"))
    files = [
        write(tmp_path / f"{seed}.tif", data, cog_spec, step, seed)[1]
        for seed, step in enumerate([(300, 400), (300, 400), (1300, 1100), (77, 1100)])
    ]
    assert len({(tmp_path / f"{seed}.tif").read_bytes() for seed in range(4)}) == 1
    assert len({file.sha256 for file in files}) == 1


def test_big_tiff_where_a_classic_one_would_be_too_large(tmp_path, monkeypatch):
    data = noise((2, 1300, 700))
    classic, big = tmp_path / "classic.tif", tmp_path / "big.tif"
    write(classic, data, spec((1300, 700), ("red", "nir"), scale=1e-4))
    monkeypatch.setattr(geotiff, "CLASSIC_LIMIT", classic.stat().st_size - 1)
    write(big, data, spec((1300, 700), ("red", "nir"), scale=1e-4))
    assert struct.unpack("<2sH", classic.read_bytes()[:4]) == (b"II", 42)
    assert struct.unpack("<2sH", big.read_bytes()[:4]) == (b"II", 43)
    assert_reads_as(big, data)
    assert cog_validate(big, strict=True) == (True, [], [])
    with rasterio.open(big) as file:
        assert file.descriptions == ("red", "nir")
        assert file.transform == TRANSFORM


@pytest.mark.parametrize(
    "crs", ["EPSG:4326", "EPSG:3857", "EPSG:3035", "ESRI:54009", "+proj=laea +lat_0=10 +lon_0=20"]
)
def test_any_crs_that_geotiff_holds(tmp_path, crs):
    path = tmp_path / "crs.tif"
    transform = Affine(0.01, 0, 10, 0, -0.02, 50)
    grid = GeoBox((20, 30), transform, rasterio.CRS.from_user_input(crs).to_wkt())
    write(path, noise((1, 20, 30)), spec((20, 30), geobox=grid))
    with rasterio.open(path) as file:
        assert file.crs == rasterio.CRS.from_user_input(crs)
        assert file.transform == transform


def test_a_crs_that_geotiff_cannot_hold_is_a_usage_error(tmp_path):
    crs = "+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10"
    grid = GeoBox((2, 2), TRANSFORM, rasterio.CRS.from_user_input(crs).to_wkt())
    with pytest.raises(UsageError, match=r"crs .* can't be held by a GeoTIFF; choose"):
        CogWriter(tmp_path / "no.tif", spec((2, 2), geobox=grid))
    assert not list(tmp_path.iterdir())


def test_a_missing_block_is_an_error(tmp_path):
    writer = CogWriter(tmp_path / "a.tif", spec((40, 40)))
    writer.write(0, 0, noise((1, 39, 40)))
    with pytest.raises(ValueError, match=r"a\.tif was closed before all of its blocks were written"):
        writer.close()
    with pytest.raises(ValueError, match="lacks blocks"):
        _ = writer.smallest
    writer.abort()
    writer.abort()
    assert not list(tmp_path.iterdir())


def test_writing_after_abort_is_an_error(tmp_path):
    writer = CogWriter(tmp_path / "a.tif", spec((40, 40)))
    writer.abort()
    with pytest.raises(ValueError, match="is closed"):
        writer.write(0, 0, noise((1, 40, 40)))
    assert not list(tmp_path.iterdir())


def test_the_smallest_overview_is_at_hand(tmp_path):
    data = noise((2, 1025, 700))
    writer, _ = write(tmp_path / "a.tif", data, spec((1025, 700), ("red", "nir")))
    np.testing.assert_array_equal(writer.smallest, half(half(data)))
    assert writer.smallest_factor == 4


def damaged_spool(writer):
    file = writer._spool._file
    file.seek(100)
    file.write(b"\xff\xff")


def damaged_file(writer):
    assemble = writer._assemble

    def assemble_and_damage(header):
        assemble(header)
        with writer._path.open("r+b") as file:
            file.seek(-50, 2)
            file.write(b"\xff\xff")

    writer._assemble = assemble_and_damage


def longer_file(writer):
    assemble = writer._assemble

    def assemble_and_lengthen(header):
        assemble(header)
        with writer._path.open("ab") as file:
            file.write(b"!")

    writer._assemble = assemble_and_lengthen


def other_grid(writer):
    writer._check_bytes = lambda _header: ""
    writer._geo_tags = ()


def other_pixels(writer):
    writer._top = writer._top + 1


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damaged_spool, "does not hold what was written to it"),
        (damaged_file, "does not hold what was written to it"),
        (longer_file, "has other bytes than were written"),
        (other_grid, "has another grid than was written"),
        (other_pixels, "has other pixels than were written"),
    ],
)
@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_disk_that_changes_bytes_is_noticed(tmp_path, damage, message):
    writer = CogWriter(tmp_path / "a.tif", spec((40, 40)))
    writer.write(0, 0, noise((1, 40, 40)))
    damage(writer)
    with pytest.raises(TemporaryError, match=message):
        writer.close()
    writer.abort()
    assert not list(tmp_path.iterdir())
