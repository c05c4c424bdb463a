"""Headers of tiled GeoTIFFs, as far as Sentinel-2 products need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from async_tiff import TIFF
from async_tiff.enums import PlanarConfiguration, SampleFormat

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.protocol import RasterHeader
from cloudless_mosaic.scenes import SourceGrid

if TYPE_CHECKING:
    from async_tiff import ImageFileDirectory
    from obstore.store import ObjectStore

_PREFETCH = 64 * 1024
"""Bytes read at once from the head of a file: whole headers of full-size products fit."""

_COMPRESSIONS = {1: "none", 8: "deflate", 32946: "deflate", 50000: "zstd"}
_DTYPES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}
_USER_DEFINED = 32767
_LARGEST_TILE = 4096


class UnsupportedTiffError(SourceError):
    """A file that this reader leaves to GDAL."""


@dataclass(frozen=True, slots=True)
class TiledLevel:
    """One resolution of a tiled raster."""

    grid: SourceGrid
    """Pixel grid."""
    tile_shape: tuple[int, int]
    """Rows and columns of a tile."""
    offsets: npt.NDArray[np.int64]
    """First byte of each tile, shape (tile rows, tile columns)."""
    sizes: npt.NDArray[np.int64]
    """Bytes of each tile, likewise; 0 for a tile that isn't stored and holds nodata."""
    compression: str
    """``none``, ``deflate`` or ``zstd``."""
    differenced: bool
    """True where rows are stored as differences of neighbours (predictor 2)."""


@dataclass(frozen=True, slots=True)
class TiledRaster:
    """A tiled raster: where the bytes of its tiles are."""

    levels: tuple[TiledLevel, ...]
    """Native level first, then the overviews."""
    dtype: np.dtype[Any]
    """Type of a pixel: uint8 or uint16."""

    @property
    def header(self) -> RasterHeader:
        """The header as ``RasterReader`` gives it."""
        return RasterHeader(tuple(level.grid for level in self.levels), self.dtype, self.levels[0].tile_shape)


async def open_tiff(store: ObjectStore, path: str) -> TiledRaster:
    """Reads the header of a file.

    Raises:
        UnsupportedTiffError: if it is a file that has to be read in another way.
    """
    tiff = await TIFF.open(path, store=store, prefetch=_PREFETCH)
    if tiff.endianness != 0:
        raise UnsupportedTiffError("big-endian")
    directories = [ifd for ifd in tiff.ifds if _is_image(ifd)]
    native = directories[0]
    crs, (left, top), (width, height) = _georeference(native)
    extent = native.image_width * width, native.image_height * height
    dtype = _DTYPES.get(next(iter(native.bits_per_sample)))
    if dtype is None:
        raise UnsupportedTiffError("neither 8 nor 16 bits a pixel")
    levels = []
    for ifd in directories:
        _require_plain(ifd)
        # GDAL, which wrote nearly all such files, spreads overview pixels evenly over the extent
        pixel = extent[0] / ifd.image_width, extent[1] / ifd.image_height
        transform = (pixel[0], 0.0, left, 0.0, -pixel[1], top)
        levels.append(_level(ifd, SourceGrid(crs, transform, (ifd.image_height, ifd.image_width))))
    return TiledRaster(tuple(levels), dtype)


def _is_image(ifd: ImageFileDirectory) -> bool:
    """True for the image and its overviews, False for masks."""
    return not (ifd.new_subfile_type or 0) & 4


def _georeference(ifd: ImageFileDirectory) -> tuple[str, tuple[float, float], tuple[float, float]]:
    """CRS, upper left corner and pixel size."""
    keys, scale, tie = ifd.geo_key_directory, ifd.model_pixel_scale, ifd.model_tiepoint
    code = (keys.projected_type or keys.geographic_type) if keys else None
    if code is None or code == _USER_DEFINED or ifd.model_transformation or not scale or not tie:
        raise UnsupportedTiffError("no plain georeference")
    if tie[:2] != [0.0, 0.0]:
        raise UnsupportedTiffError("tied to another pixel than the first")
    return f"EPSG:{code}", (tie[3], tie[4]), (scale[0], scale[1])


def _require_plain(ifd: ImageFileDirectory) -> None:
    plain = (
        ifd.tile_width
        and ifd.tile_height
        and max(ifd.tile_width, ifd.tile_height) <= _LARGEST_TILE
        and ifd.samples_per_pixel == 1
        and int(ifd.compression) in _COMPRESSIONS
        and int(ifd.predictor or 1) in {1, 2}
        and set(ifd.sample_format) <= {SampleFormat.Uint}
        and ifd.planar_configuration == PlanarConfiguration.Chunky
        and ifd.tile_offsets
        and ifd.tile_byte_counts
    )
    if not plain:
        raise UnsupportedTiffError("not a plain tiled raster of one band of unsigned integers")


def _level(ifd: ImageFileDirectory, grid: SourceGrid) -> TiledLevel:
    height, width = ifd.tile_height or 1, ifd.tile_width or 1
    tiles = -(-ifd.image_height // height), -(-ifd.image_width // width)
    offsets = np.array(ifd.tile_offsets, np.int64)
    if len(offsets) != tiles[0] * tiles[1]:
        raise UnsupportedTiffError("an odd number of tiles")
    return TiledLevel(
        grid=grid,
        tile_shape=(height, width),
        offsets=offsets.reshape(tiles),
        sizes=np.array(ifd.tile_byte_counts, np.int64).reshape(tiles),
        compression=_COMPRESSIONS[int(ifd.compression)],
        differenced=int(ifd.predictor or 1) == 2,
    )
