"""GeoTIFF tags of a grid, in GDAL's own words, so that every CRS it can write can be written here."""

from __future__ import annotations

import rasterio
from rasterio.io import MemoryFile

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geobox import GeoBox
from cloudless_mosaic.writing.geotiff import Tag, read_geo_tags


def geo_tags(geobox: GeoBox) -> tuple[Tag, ...]:
    """The tags that say where the grid lies and in which CRS, with the upper left corner as tie point.

    Raises:
        UsageError: if GeoTIFF can't hold the CRS.
    """
    crs = rasterio.CRS.from_user_input(geobox.crs)
    # without its sidecar files GDAL can keep the CRS in the tags alone
    with rasterio.Env(GDAL_PAM_ENABLED="NO"), MemoryFile() as memory:
        with memory.open(
            driver="GTiff", width=1, height=1, count=1, dtype="uint8", crs=crs, transform=geobox.affine
        ):
            pass
        with memory.open() as written:
            held = written.crs == crs
        tags = read_geo_tags(bytes(memory.getbuffer()))
    if not held:
        raise UsageError(
            f"--crs {str(geobox.crs)[:60]!r} can't be held by a GeoTIFF; choose one with a code, for example "
            "EPSG:32633"
        )
    return tags
