"""The fast reader: ranged requests for tiles, many at once, decoded in the thread that asked.

Requests run on an event loop of their own, so that any number of them can wait without a thread each; pixels
are decoded by the calling threads. A tile that a read needs only in part is kept for a while, since the next
block needs the rest of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Coroutine, Iterable, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import obstore
from obstore.exceptions import BaseError

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.kernels import harmonise, sum_and_harmonise, sum_rows
from cloudless_mosaic.reading.decoding import decode_tile
from cloudless_mosaic.reading.gdal import GdalReader
from cloudless_mosaic.reading.protocol import RasterHeader, WindowRead
from cloudless_mosaic.reading.stores import Stores
from cloudless_mosaic.reading.tiff import TiledRaster, UnsupportedTiffError, open_tiff
from cloudless_mosaic.redaction import redact

Answer = TypeVar("Answer")
Pixels = npt.NDArray[Any]

_REQUESTS = 32
"""Requests under way at once, over all hosts."""

_COALESCE = 128 * 1024
"""Bytes between two tiles that are rather read along than asked for in two requests."""

_CACHE_BYTES = 96 * 2**20
"""Bytes of the pixels of tiles that are kept."""

_HEADERS = 4096
"""Headers that are kept; one of a full-size product takes about 10 kB."""

_ATTEMPTS = 3
"""Tries for a read that ended short or stalled; those that the server refused are repeated by the store."""


class TileReader:
    """A ``RasterReader`` for tiled GeoTIFFs; what it doesn't know it leaves to GDAL."""

    def __init__(self) -> None:
        self._stores = Stores()
        self._rasters: OrderedDict[str, Future[TiledRaster]] = OrderedDict()
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._slots = asyncio.Semaphore(_REQUESTS)
        self._cache = _TileCache(_CACHE_BYTES)
        self._gdal = GdalReader()
        threading.Thread(target=self._loop.run_forever, name="mosaic-fetch", daemon=True).start()

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``."""
        for href in hrefs:
            self._raster_future(href)

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        try:
            return self._raster(href).header
        except UnsupportedTiffError:
            return self._gdal.header(href)

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, Pixels | SourceError]]:
        """See ``RasterReader.read_many``; in the order in which bytes come."""
        arrived: SimpleQueue[tuple[int, _Fetch | SourceError]] = SimpleQueue()
        waiting = 0
        for position, read in enumerate(reads):
            try:
                raster = self._raster(read.href)
            except UnsupportedTiffError:
                yield position, next(iter(self._gdal.read_many([read])))[1]
                continue
            except SourceError as error:
                yield position, error
                continue
            self._submit(self._fetch_into(arrived, position, _Fetch.of(read, raster, self._cache)))
            waiting += 1
        for _ in range(waiting):
            position, fetch = arrived.get()
            yield position, fetch if isinstance(fetch, SourceError) else self._decode(fetch)

    def _submit(self, coroutine: Coroutine[Any, Any, Answer]) -> Future[Answer]:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def _raster_future(self, href: str) -> Future[TiledRaster]:
        with self._lock:
            future = self._rasters.get(href)
            if future is None or (future.done() and _may_pass(future)):
                future = self._rasters[href] = self._submit(self._open(href))
            self._rasters.move_to_end(href)
            if len(self._rasters) > _HEADERS:
                self._rasters.popitem(last=False)
        return future

    def _raster(self, href: str) -> TiledRaster:
        return self._raster_future(href).result()

    async def _open(self, href: str) -> TiledRaster:
        if "?" in href or href.lower().endswith(".jp2"):
            raise UnsupportedTiffError("signed by the catalogue, or JPEG 2000")
        store, path = self._stores.locate(href)
        async with self._slots:
            try:
                return await open_tiff(store, path)
            except SourceError:
                raise
            except Exception as error:  # noqa: BLE001 - the parser has no exception of its own
                raise _lost(href, error) from None

    async def _fetch_into(
        self, arrived: SimpleQueue[tuple[int, _Fetch | SourceError]], position: int, fetch: _Fetch
    ) -> None:
        try:
            await self._fetch(fetch)
        except SourceError as error:
            arrived.put((position, error))
        except Exception as error:  # noqa: BLE001 - a reader that waits must get its answer
            arrived.put((position, _lost(fetch.read.href, error)))
        else:
            arrived.put((position, fetch))

    async def _fetch(self, fetch: _Fetch) -> None:
        """Gets the bytes of all tiles that are neither kept nor empty."""
        starts, ends = fetch.ranges()
        if not starts:
            return
        store, path = self._stores.locate(fetch.read.href)
        for attempt in range(_ATTEMPTS):
            try:
                async with self._slots:
                    fetch.data = await obstore.get_ranges_async(
                        store, path, starts=starts, ends=ends, coalesce=_COALESCE
                    )
            except (BaseError, OSError) as error:
                if attempt + 1 == _ATTEMPTS or isinstance(error, FileNotFoundError | PermissionError):
                    raise _lost(fetch.read.href, error) from None
                await asyncio.sleep(0.2 * 2**attempt)
            else:
                return

    def _decode(self, fetch: _Fetch) -> Pixels | SourceError:
        try:
            return fetch.assemble(self._cache)
        except SourceError as error:
            return SourceError(f"{redact(fetch.read.href)} can't be read: {error}")


def _may_pass(future: Future[TiledRaster]) -> bool:
    """True for a header that failed for a reason that may have gone."""
    error = future.exception()
    return error is not None and not isinstance(error, UnsupportedTiffError)


def _lost(href: str, error: Exception) -> SourceError:
    reason = " ".join(redact(str(error)).split())[:200]
    return SourceError(f"{redact(href)} can't be read: {type(error).__name__} {reason}")


@dataclass(slots=True)
class _Fetch:
    """One window on its way: which tiles it needs and what has come of them."""

    read: WindowRead
    raster: TiledRaster
    needed: list[tuple[int, int]]
    """Tiles to fetch, by row and column."""
    kept: dict[tuple[int, int], Pixels]
    """Tiles that were kept from before, decoded and summed up."""
    data: Sequence[Any] = ()
    """Bytes of the needed tiles, in their order."""

    @classmethod
    def of(cls, read: WindowRead, raster: TiledRaster, cache: _TileCache) -> _Fetch:
        level = raster.levels[read.level]
        height, width = level.tile_shape
        needed: list[tuple[int, int]] = []
        kept: dict[tuple[int, int], Pixels] = {}
        for row in range(read.row // height, -(-(read.row + read.shape[0]) // height)):
            for column in range(read.column // width, -(-(read.column + read.shape[1]) // width)):
                tile = row, column
                if not level.sizes[tile] or not _wanted(read, tile, level.tile_shape):
                    continue
                pixels = cache.get((read.href, read.level, tile))
                if pixels is None:
                    needed.append(tile)
                else:
                    kept[tile] = pixels
        return cls(read, raster, needed, kept)

    def ranges(self) -> tuple[list[int], list[int]]:
        """First byte of each needed tile, and the byte after its last."""
        level = self.raster.levels[self.read.level]
        starts = [int(level.offsets[tile]) for tile in self.needed]
        sizes = [int(level.sizes[tile]) for tile in self.needed]
        return starts, [start + size for start, size in zip(starts, sizes, strict=True)]

    def assemble(self, cache: _TileCache) -> Pixels:
        """Decodes the tiles into the window; pixels that nobody asked for stay 0."""
        level, dtype = self.raster.levels[self.read.level], self.raster.dtype
        target = self.read.target
        out = np.zeros(self.read.shape, dtype) if target is None else target.out
        for tile, data in zip(self.needed, self.data, strict=True):
            pixels = decode_tile(data, level, dtype)
            differenced = level.differenced
            if self.read.shared and not self._inside(tile):
                pixels, differenced = _whole(pixels, differenced=differenced), False
                cache.put((self.read.href, self.read.level, tile), pixels)
            self._paste(tile, pixels, out, differenced=differenced)
        for tile, pixels in self.kept.items():
            self._paste(tile, pixels, out, differenced=False)
        return out

    def _inside(self, tile: tuple[int, int]) -> bool:
        """True where the window needs all pixels of a tile that lie in the raster."""
        level = self.raster.levels[self.read.level]
        (height, width), (rows, columns) = level.tile_shape, level.grid.shape
        top, left = tile[0] * height, tile[1] * width
        bottom, right = min(top + height, rows), min(left + width, columns)
        end_row, end_column = self.read.row + self.read.shape[0], self.read.column + self.read.shape[1]
        return self.read.row <= top and bottom <= end_row and self.read.column <= left and right <= end_column

    def _paste(self, tile: tuple[int, int], pixels: Pixels, out: Pixels, *, differenced: bool) -> None:
        height, width = pixels.shape
        top, left = tile[0] * height - self.read.row, tile[1] * width - self.read.column
        rows = slice(max(0, -top), min(height, self.read.shape[0] - top))
        columns = slice(max(0, -left), min(width, self.read.shape[1] - left))
        place = (
            slice(top + rows.start, top + rows.stop),
            slice(left + columns.start, left + columns.stop),
        )
        target = self.read.target
        if target is None:
            _take_part(pixels[rows], columns.start, out[place], differenced=differenced)
            return
        kept, below = target.witness.within(place[0].start, place[0].stop)
        if kept.start < kept.stop:
            some = pixels[rows][below :: target.witness.rows.step]
            _take_part(some, columns.start, target.witness.values[kept, place[1]], differenced=differenced)
        if differenced:
            sum_and_harmonise(
                pixels, rows.start, columns.start, target.clear[place], target.offset, out[place]
            )
        else:
            harmonise(pixels[rows, columns], target.clear[place], target.offset, out[place])


def _take_part(rows: Pixels, first_column: int, out: Pixels, *, differenced: bool) -> None:
    """Copies a part of some rows of a tile."""
    if differenced:
        sum_rows(rows, 0, first_column, out)
    else:
        out[...] = rows[: out.shape[0], first_column : first_column + out.shape[1]]


def _whole(pixels: Pixels, *, differenced: bool) -> Pixels:
    """A copy of the pixels of a tile, which its buffer will not keep."""
    if not differenced:
        return pixels.copy()
    whole = np.empty_like(pixels)
    sum_rows(pixels, 0, 0, whole)
    return whole


def _wanted(read: WindowRead, tile: tuple[int, int], shape: tuple[int, int]) -> bool:
    """True unless the read says that no pixel of the tile matters."""
    if read.target is None:
        return True
    top, left = tile[0] * shape[0] - read.row, tile[1] * shape[1] - read.column
    return bool(read.target.clear[max(0, top) : top + shape[0], max(0, left) : left + shape[1]].any())


class _TileCache:
    """Decoded tiles by raster, level and place; those unused for longest are given up first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._tiles: OrderedDict[tuple[str, int, tuple[int, int]], Pixels] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, int, tuple[int, int]]) -> Pixels | None:
        with self._lock:
            tile = self._tiles.get(key)
            if tile is not None:
                self._tiles.move_to_end(key)
            return tile

    def put(self, key: tuple[str, int, tuple[int, int]], tile: Pixels) -> None:
        with self._lock:
            if key in self._tiles:
                return
            self._tiles[key] = tile
            self._size += tile.nbytes
            while self._size > self._limit:
                self._size -= self._tiles.popitem(last=False)[1].nbytes
