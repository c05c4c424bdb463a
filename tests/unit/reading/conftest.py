import pytest
import rasterio
from affine import Affine
from rasterio.shutil import copy


def write_tiff(path, pixels, *, resolution=10.0, origin=(499980.0, 5300040.0), overviews=(), **options):
    """A tiled GeoTIFF with averaged overviews, as the archives have them."""
    profile = {
        "driver": "GTiff",
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "count": 1,
        "dtype": pixels.dtype,
        "crs": "EPSG:32633",
        "transform": Affine(resolution, 0, origin[0], 0, -resolution, origin[1]),
        "nodata": 0,
        "tiled": True,
        "blockxsize": 64,
        "blockysize": 64,
        "compress": "deflate",
    }
    with rasterio.open(path, "w", **(profile | options)) as dataset:
        dataset.write(pixels, 1)
        if overviews:
            dataset.build_overviews(overviews, rasterio.enums.Resampling.average)
    return path


@pytest.fixture(scope="session")
def tiff():
    return write_tiff


@pytest.fixture(scope="session")
def tiff_and_jp2(tiff):
    """Makes a raster in both formats, without loss; gives the bytes of each by suffix."""

    def make(folder, pixels):
        path = tiff(folder / "a.tif", pixels)
        copy(path, folder / "a.jp2", driver="JP2OpenJPEG", quality=100, reversible="YES")
        return {suffix: (folder / f"a{suffix}").read_bytes() for suffix in (".tif", ".jp2")}

    return make
