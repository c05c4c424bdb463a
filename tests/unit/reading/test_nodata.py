"""What the header of a file says about nodata, scale and masks, and how a mask of its own is read."""

import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from cloudless_mosaic.errors import ContentError
from cloudless_mosaic.reading import TileReader, WindowRead
from cloudless_mosaic.reading.conversion import Conversion

PIXELS = np.random.default_rng(7).integers(1, 10000, (301, 233), np.uint16)


@pytest.mark.parametrize("nodata", [None, 0, 1, 500, 9999, 65535])
def test_the_nodata_of_a_file_is_known(tmp_path, tiff, nodata):
    path = tiff(tmp_path / "a.tif", PIXELS, nodata=nodata, overviews=(2,))
    header = TileReader().header(str(path))
    assert (header.nodata or 0) == (nodata or 0)
    assert len(header.levels) == 2
    assert not header.masked


@pytest.mark.parametrize(("scale", "offset"), [(2.75e-05, -0.2), (1.0, -0.1), (0.0002, 0.0)])
def test_a_scale_of_the_files_own_is_known(tmp_path, tiff, scale, offset):
    path = tiff(tmp_path / "a.tif", PIXELS)
    assert TileReader().header(str(path)).scaling is None
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (scale,), (offset,)
    assert TileReader().header(str(path)).scaling == (scale, offset)


def test_the_scale_of_the_product_needs_no_conversion(tmp_path, tiff):
    path = tiff(tmp_path / "a.tif", PIXELS)
    with rasterio.open(path, "r+") as dataset:
        dataset.scales, dataset.offsets = (0.0001,), (-0.1,)
    assert TileReader().header(str(path)).scaling is None


@pytest.mark.parametrize("overviews", [(), (2, 4)])
def test_a_mask_of_the_files_own_is_read_at_every_level(tmp_path, tiff, overviews):
    path, valid = tiff(tmp_path / "a.tif", PIXELS, nodata=None), PIXELS > 3000
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(valid)
        if overviews:
            dataset.build_overviews(overviews, rasterio.enums.Resampling.nearest)
    reader = TileReader()
    header = reader.header(str(path))
    assert header.masked
    for level, grid in enumerate(header.levels):
        read = WindowRead(str(path), level, 0, 0, grid.shape, conversion=Conversion(masked=True))
        ((_, found),) = reader.read_many([read])
        with rasterio.open(path, **({"OVERVIEW_LEVEL": level - 1} if level else {})) as dataset:
            pixels, own = dataset.read(1), dataset.read_masks(1)
        np.testing.assert_array_equal(found, np.where(own > 0, pixels, 0))
        assert 0.2 < (found == 0).mean() < 0.4


TYPES = st.sampled_from(["int8", "uint8", "int16", "uint16", "int32", "uint32", "float32", "float64"])


@given(
    pixels=TYPES.flatmap(
        lambda name: arrays.arrays(name, arrays.array_shapes(min_dims=2, max_dims=2, max_side=20))
    ),
    nodata=st.lists(st.sampled_from([-9999.0, -1.0, 0.0, 1.0, 65535.0, float("-inf")]), max_size=2),
    scaling=st.none() | st.tuples(st.sampled_from([1e-4, 2.75e-5, 1.0]), st.sampled_from([0.0, -0.2, -0.1])),
)
def test_conversion_is_that_of_numpy(pixels, nodata, scaling):
    scale, offset = scaling or (None, 0.0)
    valid = np.random.default_rng(1).random(pixels.shape) < 0.8
    found = Conversion(tuple(nodata), scale, offset).apply(pixels, valid)
    with np.errstate(over="ignore", invalid="ignore"):
        numbers = pixels.astype(np.float64)
        data = np.isfinite(numbers) & valid & ~np.isin(numbers, nodata)
        numbers = numbers if scale is None else (numbers * scale + offset) * 10_000
        expected = np.where(data, np.clip(np.rint(np.where(data, numbers, 0)), 1, 65535), 0)
    assert found.dtype == np.uint16
    np.testing.assert_array_equal(found, expected)


def test_classes_of_other_types_are_codes_or_unknown():
    codes = np.array([[0, 4, 11, 255, 300, -1, 4.5, np.nan]], np.float32)
    found = Conversion(nodata=(255.0,), classes=True).apply(codes)
    assert found.dtype == np.uint8
    assert found.tolist() == [[0, 4, 11, 0, 255, 255, 255, 0]]


@pytest.mark.parametrize("interleave", ["band", "pixel"])
def test_a_file_of_several_bands_is_refused_for_good(tmp_path, interleave):
    path, size = tmp_path / "a.tif", {"height": 600, "width": 600, "count": 2, "dtype": "uint16"}
    place = {"crs": "EPSG:32633", "transform": rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)}
    tiles = {"tiled": True, "blockxsize": 256, "blockysize": 256, "interleave": interleave}
    with rasterio.open(path, "w", driver="GTiff", **size, **place, **tiles) as file:
        file.write(np.ones((2, 600, 600), np.uint16))
    with pytest.raises(ContentError, match="not a single north-up band"):
        TileReader().header(str(path))
