"""Headers of tiled GeoTIFFs, as far as Sentinel-2 products need them.

Every value of a header is checked against what a file of the product can have, since a few bytes may declare
terabytes, or directories that form a cycle.

Tags and types: TIFF 6.0 (Adobe, 1992), BigTIFF (AWare Systems), GeoTIFF 1.1 (OGC 19-008r4).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.pixels import is_product_scale
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import ContentError, SourceError
from cloudless_mosaic.reading.protocol import RasterHeader

Values = npt.NDArray[Any]

_COMPRESSIONS = {1: "none", 8: "deflate", 32946: "deflate", 50000: "zstd"}
_DTYPES: dict[int, np.dtype[Any]] = {8: np.dtype(np.uint8), 16: np.dtype(np.uint16)}
_USER_DEFINED = 32767
_LARGEST_TILE = 4096
_MOST_DIRECTORIES = 32
_MOST_ENTRIES = 256
_MOST_SMALL_VALUES = 4096
"""Values of any tag but those that list tiles, and of metadata."""
_MOST_METADATA = 32 * 1024
"""Bytes of metadata that are looked at; more are left to GDAL."""
_SLACK = 64 * 1024
"""Bytes that a compressed tile may have beyond the size of its pixels."""

_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _PLANAR = 254, 256, 257, 258, 259, 277, 284
_PREDICTOR, _TILE_WIDTH, _TILE_HEIGHT, _OFFSETS, _SIZES, _FORMAT = 317, 322, 323, 324, 325, 339
_PIXEL_SCALE, _TIE_POINT, _TRANSFORMATION, _GEO_KEYS = 33550, 33922, 34264, 34735
_METADATA, _NODATA = 42112, 42113
"""Of GDAL: XML, and a number as text."""
_SCALING = re.compile(rb'role="(scale|offset)">([^<]*)<')
_EDGES = (_HEIGHT, _WIDTH), (_TILE_HEIGHT, _TILE_WIDTH)
_LISTS = frozenset({_OFFSETS, _SIZES})
_TAGS = _LISTS | {
    *(_SUBFILE, _WIDTH, _HEIGHT, _BITS, _COMPRESSION, _SAMPLES, _PLANAR, _PREDICTOR, _TILE_WIDTH),
    *(_TILE_HEIGHT, _FORMAT, _PIXEL_SCALE, _TIE_POINT, _TRANSFORMATION, _GEO_KEYS, _METADATA, _NODATA),
}
_DEFAULTS = {_SUBFILE: 0, _COMPRESSION: 1, _SAMPLES: 1, _PLANAR: 1, _PREDICTOR: 1, _FORMAT: 1}
_TYPES = {1: "<u1", 2: "<u1", 3: "<u2", 4: "<u4", 12: "<f8", 16: "<u8"}
"""Types of the values of these tags."""
_RASTER_TYPE, _GEOGRAPHIC, _PROJECTED = 1025, 2048, 3072
_PIXEL_IS_AREA = 1


class UnsupportedTiffError(SourceError):
    """A valid file that only GDAL can read."""


class ByteSource(Protocol):
    """Gives the bytes of a header."""

    async def span(self, start: int, size: int) -> bytes | memoryview:
        """Reads bytes.

        Raises:
            SourceError: if the file is shorter, or more is asked for than any header has.
        """
        ...


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

    def has_layout_of(self, other: TiledRaster) -> bool:
        """True where header and byte ranges of all tiles equal those of another raster."""
        return self.header == other.header and all(
            np.array_equal(one.offsets, two.offsets) and np.array_equal(one.sizes, two.sizes)
            for one, two in zip(self.levels, other.levels, strict=True)
        )


async def parse_tiff(source: ByteSource) -> TiledRaster:
    """Reads the header of a file.

    Raises:
        UnsupportedTiffError: if only GDAL can read the file.
        SourceError: if it is not a TIFF, or is truncated.
    """
    native, *others = await _directories(source)
    crs, (left, top), (width, height) = _georeference(native)
    dtype = _DTYPES.get(_one(native, _BITS))
    if dtype is None:
        raise UnsupportedTiffError("neither 8 nor 16 bits a pixel")
    _require_plain(native)
    if not _zero_is_nodata(native) or any(_one(one, _SUBFILE) & 4 for one in others):
        raise UnsupportedTiffError("nodata other than 0, or a mask of its own")
    if not _has_product_scale(native):
        raise UnsupportedTiffError("a scale of its own")
    extent = _one(native, _WIDTH) * width, _one(native, _HEIGHT) * height
    levels: list[TiledLevel] = []
    for directory in (native, *(one for one in others if not _one(one, _SUBFILE) & 4)):
        _require_plain(directory)
        columns, rows = _one(directory, _WIDTH), _one(directory, _HEIGHT)
        if levels and (not _one(directory, _SUBFILE) & 1 or columns >= levels[-1].grid.shape[1]):
            raise UnsupportedTiffError("pages that are no overviews")
        if _one(directory, _BITS) != dtype.itemsize * 8:
            raise UnsupportedTiffError("overviews of another type")
        # GDAL, which wrote nearly all such files, spreads overview pixels evenly over the extent
        pixel = extent[0] / columns, extent[1] / rows
        transform = (pixel[0], 0.0, left, 0.0, -pixel[1], top)
        levels.append(_level(directory, SourceGrid(crs, transform, (rows, columns)), dtype))
    return TiledRaster(tuple(levels), dtype)


Directory = Mapping[int, Values]
"""Values of the tags of an image that matter here."""


async def _directories(source: ByteSource) -> list[Directory]:
    mark = bytes(await source.span(0, 8))
    if mark[:2] == b"MM":
        raise UnsupportedTiffError("big-endian")
    if mark[:4] == b"II*\0":
        layout, place = _CLASSIC, int.from_bytes(mark[4:8], "little")
    elif mark[:4] == b"II+\0":
        layout, place = _BIG, int.from_bytes(await source.span(8, 8), "little")
    else:
        raise ContentError("it is no TIFF")
    found: list[Directory] = []
    seen: set[int] = set()
    while place:
        if place in seen or len(seen) >= _MOST_DIRECTORIES:
            raise SourceError("its directories have no end")
        seen.add(place)
        directory, place = await layout.read(source, place)
        found.append(directory)
    if not found:
        raise SourceError("it holds no image")
    return found


@dataclass(frozen=True, slots=True)
class _Layout:
    """How directories are written: classic TIFF, or BigTIFF with its wider numbers."""

    count: str
    entry: str
    inline: int
    """Largest value in bytes that is stored in the entry itself."""

    async def read(self, source: ByteSource, place: int) -> tuple[Directory, int]:
        """A directory, and the place of the next; 0 after the last."""
        head, width, link = struct.calcsize(self.count), struct.calcsize(self.entry), self.inline
        (number,) = struct.unpack(self.count, await source.span(place, head))
        if not 0 < number <= _MOST_ENTRIES:
            raise SourceError(f"it has a directory of {number} entries")
        block = bytes(await source.span(place + head, number * width + link))
        entries = [struct.unpack_from(self.entry, block, i * width) for i in range(number)]
        values: dict[int, Values] = {}
        # the size of the image limits the length of its lists of tiles
        for tags in (_TAGS - _LISTS, _LISTS):
            if tags is _LISTS and _one(values, _SAMPLES) > 1:
                raise UnsupportedTiffError("several bands")
            most = _tile_count(values) if tags is _LISTS else _MOST_SMALL_VALUES
            for tag, kind, count, raw in entries:
                if tag == _METADATA and count > _MOST_METADATA:
                    raise UnsupportedTiffError("much metadata")
                if tag in tags:
                    values[tag] = await self._values(
                        source, (tag, kind, count), raw, _MOST_METADATA if tag == _METADATA else most
                    )
        return values, int.from_bytes(block[number * width :], "little")

    async def _values(self, source: ByteSource, entry: tuple[int, int, int], raw: bytes, most: int) -> Values:
        tag, kind, count = entry
        if kind not in _TYPES:
            raise UnsupportedTiffError(f"tag {tag} of type {kind}")
        if not 0 < count <= most:
            raise SourceError(f"tag {tag} has {count} values")
        dtype = np.dtype(_TYPES[kind])
        size = count * dtype.itemsize
        data = raw if size <= self.inline else await source.span(int.from_bytes(raw, "little"), size)
        return np.frombuffer(data, dtype, count)


_CLASSIC = _Layout("<H", "<HHI4s", 4)
_BIG = _Layout("<Q", "<HHQ8s", 8)


def _one(directory: Directory, tag: int) -> int:
    """A tag of one whole number; its default, else 0, where it's missing."""
    values = directory.get(tag)
    return _DEFAULTS.get(tag, 0) if values is None else int(values[0])


def _zero_is_nodata(native: Directory) -> bool:
    """True where the file declares 0 as nodata, or nothing."""
    text = bytes(native.get(_NODATA, np.zeros(0, np.uint8))).partition(b"\0")[0].strip()
    try:
        return not text or float(text) == 0
    except ValueError:
        return False


def _has_product_scale(native: Directory) -> bool:
    """True where the file declares no scale, or that of the product; its offset is decided by the scene."""
    text = bytes(native.get(_METADATA, np.zeros(0, np.uint8)))
    declared = dict(_SCALING.findall(text))
    try:
        return not declared or is_product_scale(float(declared[b"scale"]))
    except (KeyError, ValueError):
        return False


def _tile_count(directory: Directory) -> int:
    """Number of tiles of an image; 0 where it is not tiled."""
    size, tile = ((_one(directory, one), _one(directory, two)) for one, two in _EDGES)
    return (-(-size[0] // tile[0]) * -(-size[1] // tile[1])) if all(tile) else 0


def _georeference(native: Directory) -> tuple[str, tuple[float, float], tuple[float, float]]:
    """CRS, upper left corner and pixel size."""
    keys = _geo_keys(native.get(_GEO_KEYS))
    code = keys.get(_PROJECTED) or keys.get(_GEOGRAPHIC)
    scale, tie = native.get(_PIXEL_SCALE), native.get(_TIE_POINT)
    if not code or code == _USER_DEFINED or _TRANSFORMATION in native or scale is None or tie is None:
        raise UnsupportedTiffError("no plain georeference")
    if keys.get(_RASTER_TYPE, _PIXEL_IS_AREA) != _PIXEL_IS_AREA:
        raise UnsupportedTiffError("tied to the centres of pixels")
    if len(scale) < 2 or len(tie) != 6 or tie[0] or tie[1]:
        raise UnsupportedTiffError("tied to another pixel than the first")
    corner, size = (float(tie[3]), float(tie[4])), (float(scale[0]), float(scale[1]))
    if not np.isfinite([*corner, *size]).all() or min(size) <= 0 or max(map(abs, (*corner, *size))) > 1e9:
        raise SourceError("its georeference is absurd")
    return f"EPSG:{code}", corner, size


def _geo_keys(values: Values | None) -> dict[int, int]:
    """Keys whose value is a short."""
    if values is None or values.dtype != np.uint16 or len(values) < 4:
        return {}
    entries = values[4 : 4 + len(values[4:]) // 4 * 4].reshape(-1, 4)
    return {int(key): int(value) for key, place, _, value in entries if place == 0}


def _require_plain(directory: Directory) -> None:
    size = [_one(directory, tag) for tag in (_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT)]
    plain = (
        all(size)
        and max(size[2:]) <= _LARGEST_TILE
        and _one(directory, _SAMPLES) == 1
        and _one(directory, _COMPRESSION) in _COMPRESSIONS
        and _one(directory, _PREDICTOR) in {1, 2}
        and _one(directory, _FORMAT) == 1
        and _one(directory, _PLANAR) == 1
        and directory.keys() >= _LISTS
    )
    if not plain:
        raise UnsupportedTiffError("not a plain tiled raster of one band of unsigned integers")


def _level(directory: Directory, grid: SourceGrid, dtype: np.dtype[Any]) -> TiledLevel:
    height, width = _one(directory, _TILE_HEIGHT), _one(directory, _TILE_WIDTH)
    tiles = -(-grid.shape[0] // height), -(-grid.shape[1] // width)
    lists = [directory[tag] for tag in (_OFFSETS, _SIZES)]
    if any(values.dtype.kind != "u" or len(values) != tiles[0] * tiles[1] for values in lists):
        raise SourceError(f"it lists {len(lists[0])} tiles of {tiles[0] * tiles[1]}")
    compression = _COMPRESSIONS[_one(directory, _COMPRESSION)]
    whole = height * width * dtype.itemsize
    offsets, sizes = lists
    limit = whole if compression == "none" else whole + _SLACK
    if int(sizes.max()) > limit or int(offsets.max()) > 1 << 62:
        raise SourceError(f"it declares a tile of {sizes.max()} bytes for {whole} bytes of pixels")
    return TiledLevel(
        grid=grid,
        tile_shape=(height, width),
        offsets=offsets.astype(np.int64).reshape(tiles),
        sizes=sizes.astype(np.int64).reshape(tiles),
        compression=compression,
        differenced=_one(directory, _PREDICTOR) == 2,
    )
