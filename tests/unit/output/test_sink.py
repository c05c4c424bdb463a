import errno
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import imagecodecs
import numpy as np
import pytest
import rasterio
from rio_cogeo.cogeo import cog_validate

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.output import BlockSink, checkpoints
from cloudless_mosaic.output import sink as period

pytestmark = pytest.mark.slow

NAME = "monthly-mosaic-2020-10"
FILES = [f"{NAME}{suffix}" for suffix in (".tif", "-count.tif", "-visual.tif", "-thumbnail.png", ".json")]


def tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_period_becomes_a_folder_of_files(tmp_path, month, write):
    result = write(month, tmp_path)
    assert result.files == tuple(tmp_path / NAME / name for name in FILES)
    assert sorted(tree(tmp_path / NAME)) == sorted(FILES)
    for path in result.files[:3]:
        assert cog_validate(path, strict=True) == (True, [], [])


def test_the_rasters_hold_what_was_written(tmp_path, month, write):
    mosaic, count, visual = write(month, tmp_path).files[:3]
    with rasterio.open(mosaic) as file:
        np.testing.assert_array_equal(file.read(), month.data)
        assert file.descriptions == ("red", "green", "blue", "nir")
        assert (file.nodata, file.scales, file.offsets) == (0, (1e-4,) * 4, (0,) * 4)
        assert file.transform == month.plan.geobox.affine
        assert file.crs.to_epsg() == 32610
    with rasterio.open(count) as file:
        np.testing.assert_array_equal(file.read(1), month.count)
        assert file.nodata is None
    with rasterio.open(count, OVERVIEW_LEVEL=0) as file:
        np.testing.assert_array_equal(file.read(1), month.count[::2, ::2])
    with rasterio.open(visual) as file:
        picture = file.read()
        np.testing.assert_array_equal(picture > 0, month.data[:3] > 0)
        assert file.descriptions == ("red", "green", "blue")
        assert file.nodata == 0


def test_the_thumbnail_is_small_and_transparent_without_data(tmp_path, month, write):
    result = write(month, tmp_path)
    pixels = imagecodecs.png_decode(result.files[3].read_bytes())
    with rasterio.open(result.files[2], OVERVIEW_LEVEL=0) as file:
        overview = file.read()
    assert max(pixels.shape[:2]) <= 512
    np.testing.assert_array_equal(pixels[..., :3], overview.transpose(1, 2, 0))
    np.testing.assert_array_equal(pixels[..., 3], np.where(overview.any(axis=0), 255, 0))


def test_the_result_adds_the_blocks_up(tmp_path, month, write):
    result = write(month, tmp_path)
    assert result.period is month.plan.periods[0].period
    assert result.found == 5
    assert result.used == ("S2A_1", "S2A_2", "S2A_3")
    assert result.clear_share == pytest.approx((month.count > 0).mean(), abs=1e-6)
    assert result.mean_count == pytest.approx(month.count.mean(), abs=1e-4)
    assert result.observations == 4 * len(month.plan.blocks)
    assert [(lost.scene_id, lost.block) for lost in result.lost] == [("S2A_4", (1, 0))]


@pytest.mark.parametrize("compression", ["deflate", "zstd"])
def test_the_compression_is_that_of_the_request(tmp_path, month, write, compression):
    result = write(month, tmp_path, compression=compression)
    for path in (path for path in result.files if path.suffix == ".tif"):
        with rasterio.open(path) as file:
            assert file.compression.value.lower() == compression
            whole = month.count[None] if "count" in path.name else month.data
            if "visual" not in path.name:
                np.testing.assert_array_equal(file.read(), whole)


def test_order_and_threads_change_no_byte(tmp_path, month, write):
    trees = []
    for seed, threads in ((None, 1), (1, 1), (2, 6)):
        folder = tmp_path / str(seed)
        folder.mkdir()
        write(month, folder, seed, threads)
        trees.append(tree(folder))
    for first, second in pairwise(trees):
        assert [name for name in first | second if first.get(name) != second.get(name)] == []


@pytest.mark.parametrize(
    ("bands", "shown"),
    [
        (("nir", "blue", "green", "red"), ("red", "green", "blue")),
        (("nir", "red", "green"), ("nir", "red", "green")),
        (("B08", "B04"), ("nir",)),
        (("swir16",), ("swir16",)),
    ],
)
def test_bands_have_common_names_and_the_picture_its_choice(tmp_path, plan_of, month_of, bands, shown, write):
    month = month_of(plan_of(bands, resolution=200.0))
    result = write(month, tmp_path)
    with rasterio.open(result.files[0]) as mosaic, rasterio.open(result.files[2]) as visual:
        known = {"B08": "nir", "B04": "red"}
        assert mosaic.descriptions == tuple(known.get(band, band) for band in bands)
        assert visual.descriptions == shown
    assert imagecodecs.png_decode(result.files[3].read_bytes()).shape[2] == len(shown) + 1


@pytest.fixture
def sink(tmp_path, month, output):
    """A sink of the first period, whose output folder belongs to the test."""
    with output(month.plan, tmp_path) as folder:
        opened = BlockSink(folder, folder.mosaics[0])
        yield opened
        opened.abort()


def visible(folder):
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def in_the_making(folder):
    return list(folder.rglob(".cloudless-mosaic/files-*/*"))


def test_nothing_shows_before_the_end(tmp_path, month, sink):
    for composite in month.composites():
        sink.write(composite)
        assert not visible(tmp_path)
    sink.close()
    assert visible(tmp_path) == [NAME]


def test_abort_keeps_blocks_alone_and_may_be_called_again(tmp_path, month, sink):
    sink.write(next(month.composites()))
    sink.abort()
    sink.abort()
    assert not visible(tmp_path)
    assert not in_the_making(tmp_path)
    assert [path.name for path in tmp_path.rglob("*.block")] == ["0-0.block"]


def test_abort_while_threads_write_leaves_no_file(tmp_path, month, sink):
    started = threading.Event()

    def write_one(composite):
        started.set()
        sink.write(composite)

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(write_one, composite) for composite in month.composites()]
        started.wait()
        sink.abort()
    assert all(isinstance(job.exception(), ValueError | None) for job in jobs)
    assert not visible(tmp_path)
    assert not in_the_making(tmp_path)


def test_abort_after_close_keeps_the_files(tmp_path, month, sink):
    for composite in month.composites():
        sink.write(composite)
    sink.close()
    sink.abort()
    assert len(tree(tmp_path / NAME)) == len(FILES)


def test_a_missing_block_is_an_error_and_leaves_no_file(tmp_path, month, sink):
    for composite in list(month.composites())[1:]:
        sink.write(composite)
    with pytest.raises(ValueError, match="closed before all of its blocks"):
        sink.close()
    assert not visible(tmp_path)
    assert not in_the_making(tmp_path)


def test_a_crs_that_does_not_fit_leaves_nothing(tmp_path, plan_of, month_of, output):
    month = month_of(
        plan_of(crs="+proj=ob_tran +o_proj=longlat +o_lon_p=0 +o_lat_p=40 +lon_0=10", resolution=0.01)
    )
    with pytest.raises(UsageError, match="crs"), output(month.plan, tmp_path) as folder:
        BlockSink(folder, folder.mosaics[0]).write(next(month.composites()))
    assert not list(tmp_path.iterdir())


def test_files_replace_damaged_ones_and_leave_others_alone(tmp_path, month, write):
    first = write(month, tmp_path)
    before = tree(tmp_path)
    first.files[0].write_bytes(b"damaged")
    stale = first.files[0].with_name(first.files[0].name + ".aux.xml")
    stale.write_text("<PAMDataset/>")
    kept = tmp_path / NAME / "notes.txt"
    kept.write_text("mine")
    second = write(month, tmp_path)
    assert second == first
    assert kept.exists()
    kept.unlink()
    assert tree(tmp_path) == before


def test_a_disk_that_fills_at_the_end_leaves_no_file(tmp_path, month, monkeypatch, sink):
    for composite in month.composites():
        sink.write(composite)

    def full(_path, _data):
        raise TemporaryError("no space to write")

    monkeypatch.setattr(period, "write_whole", full)
    with pytest.raises(TemporaryError, match="no space"):
        sink.close()
    assert not visible(tmp_path)
    assert not in_the_making(tmp_path)


def test_a_disk_that_fills_under_a_block_is_told_by_the_write_of_the_block(month, monkeypatch, sink):
    def full(_path, _parts):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoints, "write_direct", full)
    with pytest.raises(TemporaryError, match=r"no space to write 0-0\.block"):
        sink.write(next(month.composites()))


def test_files_may_be_read_by_others(tmp_path, month, write):
    old = os.umask(0o022)
    try:
        result = write(month, tmp_path)
    finally:
        os.umask(old)
    assert {path.stat().st_mode & 0o777 for path in result.files} == {0o644}
