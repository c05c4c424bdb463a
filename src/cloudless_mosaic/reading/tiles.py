"""The reader of tiled GeoTIFFs: concurrent range requests, decoded in the calling threads.

Requests run on one event loop, so that they can wait without a thread each. A tile that a read needs only in
part is cached, since the next block needs the rest of it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue
from typing import Any
from urllib.parse import urlsplit

import numpy.typing as npt

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.errors import AccessError, ContentError, SourceError, TemporaryError
from cloudless_mosaic.reading.faults import failure, lost
from cloudless_mosaic.reading.fetch import Fetch, OpenRaster
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, WindowRead
from cloudless_mosaic.reading.range_client import RangeClient
from cloudless_mosaic.reading.ranges import DoubtfulBytesError, Head, read_ranges
from cloudless_mosaic.reading.settings import DEFAULT_READ_SETTINGS, ReadSettings
from cloudless_mosaic.reading.stores import Place, Stores
from cloudless_mosaic.reading.tiff import UnsupportedTiffError, parse_tiff
from cloudless_mosaic.reading.tilecache import TileCache

Pixels = npt.NDArray[Any]
Arrivals = SimpleQueue[tuple[int, Fetch | SourceError | TemporaryError]]

_CACHE_BYTES = 96 * 2**20
"""Size of the cache of decoded tiles, bytes."""

_HEADERS = 4096
"""Headers that are cached; one of a full-size product takes about 10 kB."""


class TileReader:
    """A ``RasterReader`` for tiled GeoTIFFs; GDAL reads all other files.

    A read gives the right pixels or an error: responses have the requested length and come from the file
    whose header was read, and tiles decode to exactly their size. A corrupt tile is fetched once more.
    """

    def __init__(
        self,
        settings: ReadSettings = DEFAULT_READ_SETTINGS,
        stores: Stores | None = None,
        access: tuple[StorageAccess, ...] = (),
        *,
        keeps_edges: bool = False,
    ) -> None:
        """Starts the client.

        Args:
            settings: Time-outs and retries.
            stores: Object stores; by default those of the hrefs, with the credentials of this process.
            access: Storage that the profile of the provider describes.
            keeps_edges: Cache every tile that a read needs only in part, since other areas touch this one.
        """
        self._keeps_edges = keeps_edges
        self._client = RangeClient(settings, stores, access)
        self._rasters: OrderedDict[str, Future[OpenRaster]] = OrderedDict()
        self._lock = threading.Lock()
        self._cache = TileCache(_CACHE_BYTES)
        self._gdal: RasterReader | None = None

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``."""
        for href in hrefs:
            self._raster_future(href)

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        try:
            return self._raster_future(href).result().raster.header
        except UnsupportedTiffError:
            return self._other_reader().header(href)

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, Pixels | SourceError]]:
        """See ``RasterReader.read_many``; in the order in which bytes come."""
        arrived: Arrivals = SimpleQueue()
        fetches: list[tuple[int, Fetch]] = []
        unknown: list[tuple[int, WindowRead]] = []
        converted: dict[int, WindowRead] = {}
        for position, read in enumerate(reads):
            plain = replace(read, shared=True) if self._keeps_edges else read
            if read.conversion:
                plain, converted[position] = replace(plain, target=None, conversion=None), read
            try:
                fetch = Fetch.of(plain, self._raster_future(read.href).result(), self._cache)
            except UnsupportedTiffError:
                unknown.append((position, read))
            except SourceError as error:
                yield position, lost(read.href, error)
            else:
                fetches.append((position, fetch))
        self._client.start([self._fetch_into(arrived, *fetch) for fetch in fetches])
        for position, read in unknown:
            yield position, next(iter(self._other_reader().read_many([read])))[1]
        for position, answer in self._arriving(arrived, len(fetches)):
            if position in converted and not isinstance(answer, SourceError):
                yield position, converted[position].deliver(answer)
            else:
                yield position, answer

    def _arriving(self, arrived: Arrivals, waiting: int) -> Iterator[tuple[int, Pixels | SourceError]]:
        """Decodes what arrives.

        Raises:
            TemporaryError: if this process is at one of its limits.
        """
        while waiting:
            position, came = arrived.get()
            if isinstance(came, TemporaryError):
                raise came
            answer = self._decode(came, arrived, position) if isinstance(came, Fetch) else came
            if answer is not None:
                waiting -= 1
                yield position, answer

    def _decode(self, fetch: Fetch, arrived: Arrivals, position: int) -> Pixels | SourceError | None:
        """The pixels of a fetch; ``None`` where corrupt tiles are being fetched again."""
        errors = fetch.assemble(self._cache)
        if not errors:
            return fetch.out
        if fetch.repeated:
            self._forget(fetch.read.href)
            return lost(fetch.read.href, errors[0])
        fetch.repeated = True
        self._client.start([self._fetch_into(arrived, position, fetch)])
        return None

    def _other_reader(self) -> RasterReader:
        """The reader for all other files."""
        from cloudless_mosaic.reading.gdal import GdalReader  # noqa: PLC0415 - GDAL loads slowly

        with self._lock:
            if self._gdal is None:
                self._gdal = GdalReader(self._client)
            return self._gdal

    def _raster_future(self, href: str) -> Future[OpenRaster]:
        with self._lock:
            future = self._rasters.get(href)
            if future is None or (future.done() and _may_be_temporary(future)):
                future = self._rasters[href] = self._client.submit(self._open(href))
            self._rasters.move_to_end(href)
            if len(self._rasters) > _HEADERS:
                self._rasters.popitem(last=False)
        return future

    async def _open(self, href: str) -> OpenRaster:
        if urlsplit(href).path.lower().endswith(".jp2"):
            raise UnsupportedTiffError("JPEG 2000")
        try:
            return await self._client.with_retries(href, _open)
        except UnsupportedTiffError:
            raise
        except DoubtfulBytesError as error:
            raise lost(href, error.final or error) from None
        except BaseException as error:  # noqa: BLE001 - any failure loses this file only
            raise failure(href, error) from None

    async def _fetch_into(self, arrived: Arrivals, position: int, fetch: Fetch) -> None:
        try:
            await self._fetch(fetch)
        except BaseException as error:  # noqa: BLE001 - the waiting reader must get an answer
            # the header may be wrong, or of an earlier version of the file
            self._forget(fetch.read.href)
            arrived.put((position, failure(fetch.read.href, error)))
        else:
            arrived.put((position, fetch))

    async def _fetch(self, fetch: Fetch) -> None:
        """Fetches the bytes of all tiles that are neither cached nor empty."""
        if not fetch.needed:
            return
        href = fetch.read.href

        async def get(place: Place) -> None:
            fetch.data, versions = await read_ranges(place.store, place.path, fetch.ranges)
            if all(map(fetch.source.version.matches, versions)):
                return
            current = await _open(place)
            # mirrors give one content several ETags, but different contents have tiles of different sizes
            compressed = fetch.source.raster.levels[fetch.read.level].compression != "none"
            if not (compressed and current.raster.has_layout_of(fetch.source.raster)):
                raise SourceError("it has changed since its header was read")

        await self._client.with_retries(href, get)

    def _forget(self, href: str) -> None:
        """Drops a header, so that it is read again when it is needed next."""
        with self._lock:
            self._rasters.pop(href, None)


async def _open(place: Place) -> OpenRaster:
    head = Head(place.store, place.path)
    try:
        raster = await parse_tiff(head)
    except (UnsupportedTiffError, AccessError, DoubtfulBytesError):
        raise
    except SourceError as error:
        # the HTML page of a gateway, or zeros from a proxy
        raise DoubtfulBytesError(str(error), final=error) from None
    assert head.version is not None  # noqa: S101 - a byte of it has been read
    return OpenRaster(raster, head.version)


def _may_be_temporary(future: Future[OpenRaster]) -> bool:
    """True for a header that failed for a reason that may be temporary."""
    error = future.exception()
    lasting = isinstance(error, UnsupportedTiffError | AccessError | ContentError)
    return error is not None and not lasting
