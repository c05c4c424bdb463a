"""Writes a Cloud-Optimized GeoTIFF from blocks in any order, from many threads."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Literal, Protocol

import numpy as np

from cloudless_mosaic.cog.encoding import TIFF_COMPRESSION, Pixels, Reduction, encode_tile
from cloudless_mosaic.cog.part import TileFormat
from cloudless_mosaic.cog.pyramid import Piece, Pyramid, TileIndex
from cloudless_mosaic.cog.tiff_layout import (
    LEADER,
    TRAILER,
    Header,
    Level,
    Tag,
    ascii_tag,
    build_header,
    long_tag,
    short_tag,
    wrap_tile,
)
from cloudless_mosaic.domain.request import Compression
from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.storage.files import storage_faults
from cloudless_mosaic.storage.spool import Span, Spool, checked, write_all

_MIN_IS_BLACK, _RGB, _PALETTE = 1, 2, 3
_REDUCED = 1
_SAMPLE_FORMAT = {"u": 1, "i": 2, "f": 3}
_PREDICTOR = {"u": 2, "i": 2, "f": 3}
"""Values of the TIFF tags SampleFormat and Predictor by the kind of a sample."""

_PORTION = 2 * 2**20
"""Bytes of tiles that are written and hashed together."""

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CogSpec:
    """Content and format of a file."""

    geobox: GeoBox
    """Grid of full resolution."""
    bands: tuple[str, ...]
    """Descriptions of the bands."""
    dtype: Literal["uint8", "uint16", "int16", "float32"]
    """Type of a sample."""
    reduction: Reduction
    """How overviews are made."""
    codec: Compression = "deflate"
    """How tiles are compressed."""
    nodata: float | None = None
    """Value of pixels without data; NaN for floats."""
    scale: float | None = None
    """Factor from a sample to its physical value; an offset of 0 is written with it."""
    rgb: bool = False
    """True where the three bands are red, green and blue of a picture."""
    palette: tuple[Colour, ...] = ()
    """Colours of the values from 0 on, for a band of uint8; the rest is black."""
    tile_size: int = 512
    """Edge of a tile, pixels; a multiple of 16."""

    @property
    def form(self) -> TileFormat:
        """What decides the bytes of tiles."""
        return TileFormat(
            (len(self.bands), *self.geobox.shape), self.dtype, self.reduction, self.codec, self.tile_size
        )


@dataclass(frozen=True, slots=True)
class CogFile:
    """A finished file."""

    path: Path
    """Its path."""
    size: int
    """Bytes."""
    sha256: str
    """Checksum of the bytes on disk, hexadecimal."""


class TileSource(Protocol):
    """Encoded tiles with leader and trailer, on disk."""

    def read(self, span: Span) -> bytes:
        """The bytes of a span.

        Raises:
            TemporaryError: if the disk fails, or gives other bytes than were written.
        """
        ...


class CogWriter:
    """One unfinished file.

    Tiles are encoded by the thread that completes them and stored in a spool beside the file; ``close``
    assembles them in order. The same pixels give the same bytes, whatever the order of the blocks.
    """

    def __init__(self, path: Path, spec: CogSpec) -> None:
        """Writes nothing yet.

        Raises:
            UsageError: if GeoTIFF can't hold the CRS.
        """
        from cloudless_mosaic.cog.georeferencing import geo_tags  # noqa: PLC0415 - GDAL loads slowly

        self._path = path
        self._spec = spec
        self._geo_tags = geo_tags(spec.geobox)
        self._spool = Spool(path.with_name(path.name + ".spool"))
        self._pyramid = Pyramid(
            (len(spec.bands), *spec.geobox.shape),
            spec.dtype,
            spec.reduction,
            self._store,
            self._spool,
            spec.tile_size,
        )
        self._tiles: dict[TileIndex, tuple[TileSource, Span]] = {}
        self._top: Pixels | None = None

    def write(self, row: int, column: int, data: Pixels) -> None:
        """Takes a block; safe to call from many threads.

        Args:
            row: First row of the block in the grid.
            column: First column of the block in the grid.
            data: Shape (band, y, x).

        Raises:
            TemporaryError: if the disk is full or fails.
            ValueError: if a pixel lies outside the grid, or was written before.
        """
        self._pyramid.write(row, column, data)

    def add_part(
        self, source: TileSource, tiles: Mapping[TileIndex, Span], pieces: Iterable[tuple[TileIndex, Piece]]
    ) -> None:
        """Takes what a ``PartEncoder`` made of some blocks, in their place; safe to call from many threads.

        Args:
            source: Where its tiles are; read by ``close``.
            tiles: Their places.
            pieces: Pixels of incomplete tiles; kept.

        Raises:
            TemporaryError: if the disk is full or fails.
            ValueError: if a pixel was written before.
        """
        last = len(self._pyramid.levels) - 1
        if TileIndex(last, 0, 0) in tiles:
            raise ValueError(f"the smallest overview of {self._path.name} has to come in pieces")
        self._tiles.update({index: (source, span) for index, span in tiles.items()})
        self._pyramid.add(tiles, pieces)

    def close(self) -> CogFile:
        """Writes the file after the last block, and checks it.

        Raises:
            TemporaryError: if the disk is full or fails.
            ValueError: if pixels are missing.
        """
        if not self._pyramid.complete:
            raise ValueError(f"{self._path.name} was closed before all of its blocks were written")
        header = build_header(self._levels())
        sha256 = self._assemble(header)
        self._check_bytes(header)
        self._check_reading()
        self._spool.close()
        return CogFile(self._path, header.size, sha256)

    def abort(self) -> None:
        """Removes what was written; safe to call twice."""
        self._spool.close()
        self._path.unlink(missing_ok=True)

    @property
    def smallest(self) -> Pixels:
        """The smallest overview, shape (band, y, x), after the last block."""
        if self._top is None:
            raise ValueError(f"{self._path.name} still lacks blocks")
        return self._top

    @property
    def smallest_factor(self) -> int:
        """Pixels of full resolution along the edge of a pixel of the smallest overview."""
        return int(2 ** (len(self._pyramid.levels) - 1))

    def _store(self, index: TileIndex, tile: Pixels) -> None:
        span = self._spool.append(*wrap_tile(encode_tile(tile, self._spec.codec)))
        self._tiles[index] = self._spool, span
        if index.level == len(self._pyramid.levels) - 1:
            rows, columns = self._pyramid.levels[index.level]
            self._top = tile[:, :rows, :columns]

    def _levels(self) -> list[Level]:
        levels = []
        for index, shape in enumerate(self._pyramid.levels):
            sizes = [self._tiles[tile][1].size - LEADER - TRAILER for tile in self._pyramid.tiles(index)]
            tags = (*_image_tags(self._spec, shape), *(() if index else self._geo_tags))
            tags += (long_tag(254, _REDUCED),) if index else _metadata_tags(self._spec)
            levels.append(Level(tags, sizes))
        return levels

    def _file_order(self) -> list[tuple[TileSource, Span]]:
        """Tiles in the order of the file: the smallest overview first."""
        levels = reversed(range(len(self._pyramid.levels)))
        return [self._tiles[tile] for level in levels for tile in self._pyramid.tiles(level)]

    def _assemble(self, header: Header) -> str:
        """Writes the file and returns its SHA-256."""
        digest = hashlib.sha256(header.data)
        with storage_faults(self._path), self._path.open("wb", buffering=0) as file:
            write_all(file, header.data)
            # the next tiles are read while these are written and hashed, which takes longest
            with ThreadPoolExecutor(2) as pool:
                under_way: list[Future[None]] = []
                for portion in _portions(self._file_order()):
                    tiles = b"".join([source.read(span) for source, span in portion])
                    _wait(under_way)
                    under_way = [pool.submit(write_all, file, tiles), pool.submit(digest.update, tiles)]
                _wait(under_way)
            os.fsync(file.fileno())
        return digest.hexdigest()

    def _check_bytes(self, header: Header) -> None:
        """Compares the file with what was encoded, tile by tile."""
        with storage_faults(self._path), self._path.open("rb") as file:
            same = file.read(len(header.data)) == header.data
            for _, span in self._file_order():
                checked(file.read(span.size), span, self._path)
            if not same or file.read(1):
                raise self._fault("other bytes than were written")

    def _check_reading(self) -> None:
        """Opens the file with GDAL, and compares its grid and its smallest overview."""
        from cloudless_mosaic.cog.georeferencing import grid_of, read_back  # noqa: PLC0415 - GDAL loads slowly

        spec = self._spec
        found, smallest = read_back(self._path, len(self._pyramid.levels) - 1)
        if found != grid_of(len(spec.bands), spec.geobox, spec.dtype):
            raise self._fault(f"another grid than was written: {found}")
        if not np.array_equal(smallest, self.smallest, equal_nan=spec.dtype == "float32"):
            raise self._fault("other pixels than were written")

    def _fault(self, what: str) -> TemporaryError:
        path = self._path
        return TemporaryError(f"{path.name} in {path.parent} has {what}; check the disk and run again")


def _portions(tiles: Iterable[tuple[TileSource, Span]]) -> Iterator[list[tuple[TileSource, Span]]]:
    """Groups of neighbouring tiles, large enough to be worth passing to another thread."""
    portion: list[tuple[TileSource, Span]] = []
    for tile in tiles:
        portion.append(tile)
        if sum(span.size for _, span in portion) >= _PORTION:
            yield portion
            portion = []
    if portion:
        yield portion


def _wait(steps: Iterable[Future[None]]) -> None:
    for step in steps:
        step.result()


def _image_tags(spec: CogSpec, shape: tuple[int, int]) -> tuple[Tag, ...]:
    """The tags of every level."""
    rows, columns = shape
    bands, kind = len(spec.bands), np.dtype(spec.dtype).kind
    extra = bands - (3 if spec.rgb else 1)
    return (
        long_tag(256, columns),
        long_tag(257, rows),
        short_tag(258, *[8 * np.dtype(spec.dtype).itemsize] * bands),
        short_tag(259, TIFF_COMPRESSION[spec.codec]),
        short_tag(262, _RGB if spec.rgb else _PALETTE if spec.palette else _MIN_IS_BLACK),
        short_tag(277, bands),
        short_tag(284, 1),  # the samples of a pixel are stored together
        short_tag(317, _PREDICTOR[kind]),
        *((short_tag(320, *_colour_map(spec.palette)),) if spec.palette else ()),
        short_tag(322, spec.tile_size),
        short_tag(323, spec.tile_size),
        *((short_tag(338, *[0] * extra),) if extra else ()),
        short_tag(339, *[_SAMPLE_FORMAT[kind]] * bands),
        *(() if spec.nodata is None else (ascii_tag(42113, str(spec.nodata)),)),
    )


def _colour_map(palette: tuple[Colour, ...]) -> Iterator[int]:
    """All reds, then all greens, then all blues of 256 values, in 16 bits (TIFF 6.0, ColorMap)."""
    colours = palette + ((0, 0, 0),) * (256 - len(palette))
    return (257 * level for levels in zip(*colours, strict=True) for level in levels)


def _metadata_tags(spec: CogSpec) -> tuple[Tag, ...]:
    """GDAL's own description of the bands."""
    items = []
    for sample, name in enumerate(spec.bands):
        values = {"description": name}
        if spec.scale is not None:
            values |= {"offset": "0", "scale": f"{spec.scale:g}"}
        # escaped twice, since GDAL undoes it twice
        items += [
            f'  <Item name="{role.upper()}" sample="{sample}" role="{role}">{escape(escape(value))}</Item>\n'
            for role, value in values.items()
        ]
    return (ascii_tag(42112, f"<GDALMetadata>\n{''.join(items)}</GDALMetadata>\n"),)
