"""Files whose nodata isn't 0 are refused with the reason: their fill value would become reflectance."""

import numpy as np
import pytest
import rasterio

from cloudless_mosaic.errors import ContentError
from cloudless_mosaic.reading import TileReader

PIXELS = np.random.default_rng(7).integers(1, 10000, (301, 233), np.uint16)


@pytest.mark.parametrize("nodata", [1, 500, 9999, 65535])
def test_a_declared_nodata_other_than_zero_is_refused_by_its_value(tmp_path, tiff, nodata):
    path = tiff(tmp_path / "a.tif", PIXELS, nodata=nodata, overviews=(2,))
    with pytest.raises(ContentError, match=f"declares nodata {nodata}"):
        TileReader().header(str(path))


def test_an_internal_mask_is_refused(tmp_path, tiff):
    path = tiff(tmp_path / "a.tif", PIXELS, nodata=None)
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as dataset:
        dataset.write_mask(PIXELS > 50)
    with pytest.raises(ContentError, match="mask of its own"):
        TileReader().header(str(path))


@pytest.mark.parametrize("nodata", [None, 0])
def test_no_nodata_and_zero_are_read(tmp_path, tiff, nodata):
    path = tiff(tmp_path / "a.tif", PIXELS, nodata=nodata)
    assert TileReader().header(str(path)).levels[0].shape == PIXELS.shape
