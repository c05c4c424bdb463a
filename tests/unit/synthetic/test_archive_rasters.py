import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import CloudlessMosaicError
from cloudless_mosaic.synthetic.rasters import coarsened, halved, write_cog, write_raster


def grid_of(shape):
    return SourceGrid("EPSG:32610", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), shape)


def oracle(pixels):
    rows, columns = ((length + 1) // 2 for length in pixels.shape)
    out = np.zeros((rows, columns), np.uint16)
    for row in range(rows):
        for column in range(columns):
            four = pixels[2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
            valid = four[four > 0]
            if valid.size:
                out[row, column] = int(np.floor(valid.mean() + 0.5))
    return out


@given(
    arrays(
        np.uint16, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.sampled_from([0, 1, 2, 65535])
    )
)
def test_halved_is_the_rounded_mean_of_valid_pixels(pixels):
    np.testing.assert_array_equal(halved(pixels), oracle(pixels))


@given(
    st.sampled_from([1, 2, 6]).flatmap(
        lambda factor: st.tuples(
            st.just(factor),
            arrays(
                np.uint16,
                st.tuples(st.integers(1, 3), st.integers(1, 3)).map(
                    lambda shape: tuple(factor * length for length in shape)
                ),
                elements=st.sampled_from([0, 1, 2, 7, 65535]),
            ),
        )
    )
)
def test_coarsened_is_the_rounded_mean_of_valid_pixels(given_pixels):
    factor, pixels = given_pixels
    out = coarsened(pixels, factor)
    assert out.dtype == np.uint16
    for row, column in np.ndindex(out.shape):
        cell = pixels[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
        valid = cell[cell > 0]
        assert out[row, column] == (int(np.floor(valid.mean() + 0.5)) if valid.size else 0)


@pytest.mark.parametrize("dtype", [np.uint16, np.uint8])
def test_jpeg_2000_is_lossless_and_alone(tmp_path, dtype):
    pixels = np.random.default_rng(0).integers(0, 255, (300, 500)).astype(dtype)
    grid = grid_of(pixels.shape)
    write_raster(tmp_path / "band.jp2", pixels, grid, "average")
    with rasterio.open(tmp_path / "band.jp2", driver="JP2OpenJPEG") as dataset:
        np.testing.assert_array_equal(dataset.read(1), pixels)
        assert (dataset.crs.to_epsg(), dataset.bounds) == (32610, grid.bounds)
    assert [entry.name for entry in tmp_path.iterdir()] == ["band.jp2"]


def test_every_overview_is_ours_whatever_gdal_is_told_about_sidecars(tmp_path, monkeypatch):
    monkeypatch.setenv("GDAL_DISABLE_READDIR_ON_OPEN", "EMPTY_DIR")
    pixels = np.random.default_rng(0).integers(0, 4000, (37, 2101)).astype(np.uint16)
    path = tmp_path / "odd.tif"
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR"):
        write_cog(path, pixels, grid_of(pixels.shape), "average")
    expected = pixels
    for level in range(3):
        expected = oracle(expected)
        with rasterio.open(path, overview_level=level) as dataset:
            np.testing.assert_array_equal(dataset.read(1), expected)
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), pixels)
        assert dataset.overviews(1) == [2, 4, 8]
    assert [entry.name for entry in tmp_path.iterdir()] == ["odd.tif"]


def test_small_raster_has_no_overview(tmp_path):
    pixels = np.full((100, 200), 7, np.uint8)
    write_cog(tmp_path / "small.tif", pixels, grid_of(pixels.shape), "nearest")
    with rasterio.open(tmp_path / "small.tif") as dataset:
        assert dataset.overviews(1) == []
        np.testing.assert_array_equal(dataset.read(1), pixels)


def test_unwritable_place_is_an_error_that_names_the_file(tmp_path):
    pixels = np.ones((10, 10), np.uint16)
    with pytest.raises(CloudlessMosaicError, match=r"can't write .*absent/band.tif"):
        write_cog(tmp_path / "absent" / "band.tif", pixels, grid_of(pixels.shape), "average")
    with pytest.raises(CloudlessMosaicError, match=r"can't write .*absent/band.jp2"):
        write_raster(tmp_path / "absent" / "band.jp2", pixels, grid_of(pixels.shape), "average")
