"""The reader over GDAL: slower than the reader of tiles, for every other GeoTIFF and for JPEG 2000."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from cloudless_mosaic.domain.access import BucketAccess, access_to
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.reading.credentials import refuse, sign
from cloudless_mosaic.reading.protocol import RasterHeader, WindowRead
from cloudless_mosaic.reading.settings import GDAL_RETRY

Answer = TypeVar("Answer")

_DRIVERS = {".jp2": "JP2OpenJPEG"}
"""Driver by file extension; GeoTIFF otherwise. Other drivers would let a file refer to further files."""

_LARGEST_BLOCK = 10980
"""Longest edge of an internal tile, pixels; no raster of the product is larger."""

_OPEN_DATASETS = 32
"""Datasets that one thread keeps open."""

_FAULTS = (RasterioError, OSError, ValueError)
"""Errors that a file may cause; ``ValueError`` comes from a malformed href."""

_ENVIRONMENT: dict[str, str | int] = {
    # no sidecar files: they could change the meaning of the pixels
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    # options with which a file could run code, or have local files sent to a server
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    "CPL_VSIL_CURL_HEADER_FILE_KVP_ENABLED": "NO",
    # by default GDAL waits without limit
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_LOW_SPEED_TIME": "30",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_MAX_RETRY": str(GDAL_RETRY.retries),
    "GDAL_HTTP_RETRY_DELAY": str(GDAL_RETRY.first_delay),
    # with threads GDAL returns zeros, and no error, for parts that it could not fetch
    "GDAL_NUM_THREADS": "1",
    # multi-range requests are not retried
    "GDAL_HTTP_MULTIRANGE": "SERIAL",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
    "GDAL_CACHEMAX": 64,
    "CPL_VSIL_CURL_CHUNK_SIZE": "262144",
}


class GdalReader:
    """A ``RasterReader`` over GDAL and rasterio."""

    def __init__(self, sign: Callable[[str], str] = sign, access: tuple[BucketAccess, ...] = ()) -> None:
        """Opens no file yet.

        Args:
            sign: Signs an href; called whenever a file is opened.
            access: Buckets that the profile of the provider describes.
        """
        self._sign = sign
        self._access = access
        self._local = threading.local()
        self._headers: dict[str, RasterHeader] = {}

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``; GDAL opens files one by one."""

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        known = self._headers.get(href)
        if known is None:
            try:
                known = self._twice(href, lambda: self._read_header(href))
            except _FAULTS as error:
                raise _lost(href, error) from None
            self._headers[href] = known
        return known

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """See ``RasterReader.read_many``; one after the other."""
        for position, read in enumerate(reads):
            try:
                pixels = self._twice(read.href, partial(self._read_window, read))
                answer: npt.NDArray[Any] | SourceError = read.deliver(pixels)
            except SourceError as error:
                answer = error
            except _FAULTS as error:
                answer = _lost(read.href, error)
            yield position, answer

    def _twice(self, href: str, get: Callable[[], Answer]) -> Answer:
        """Calls a function on a file; after a failure once more, with a new token and without caches."""
        environment = {**_ENVIRONMENT, **_s3_options(access_to(href, self._access))}
        try:
            with rasterio.Env(**environment):
                return get()
        except _FAULTS as error:
            if "403" in str(_root(error)):
                refuse(self._sign(href))
        for key in [key for key in self._datasets if key[0] == href]:
            self._datasets.pop(key).close()
        # GDAL caches failed lookups
        path = self._path(href)
        afresh = {"CPL_VSIL_CURL_NON_CACHED": path if path.startswith("/vsis3/") else f"/vsicurl/{path};"}
        with rasterio.Env(**environment, **afresh):
            return get()

    def _path(self, href: str) -> str:
        """An href as rasterio opens it: signed, and with access of its own under ``/vsis3/``.

        For ``s3://``, rasterio would put the credentials and the region of an AWS configuration first.
        """
        signed = self._sign(href)
        return f"/vsis3/{signed.removeprefix('s3://')}" if access_to(href, self._access) else signed

    def _read_header(self, href: str) -> RasterHeader:
        native = self._dataset(href, 0)
        a, b, _, d, e = native.transform[:5]
        if native.crs is None or native.count != 1 or b or d or a <= 0 or e >= 0:
            raise SourceError(
                f"{redact(href)} is not a single north-up band with a CRS; the scene can't be used"
            )
        if max(native.block_shapes[0]) > _LARGEST_BLOCK:
            raise SourceError(f"{redact(href)} declares tiles of {native.block_shapes[0]} pixels")
        levels = [native, *(self._dataset(href, i + 1) for i in range(len(native.overviews(1))))]
        authority = native.crs.to_authority()
        crs = f"{authority[0]}:{authority[1]}" if authority else native.crs.to_wkt()
        return RasterHeader(
            levels=tuple(SourceGrid(crs, tuple(level.transform)[:6], level.shape) for level in levels),
            dtype=np.dtype(native.dtypes[0]),
            tile_shape=native.block_shapes[0],
        )

    def _read_window(self, read: WindowRead) -> npt.NDArray[Any]:
        window = Window(read.column, read.row, read.shape[1], read.shape[0])
        pixels: npt.NDArray[Any] = self._dataset(read.href, read.level).read(1, window=window)
        if pixels.shape != read.shape:
            raise SourceError(
                f"{redact(read.href)} gave {pixels.shape} pixels of {read.shape}; it is cut short"
            )
        return pixels

    @property
    def _datasets(self) -> OrderedDict[tuple[str, int], DatasetReader]:
        """Open datasets of this thread by href and level, the last used one last; GDAL forbids sharing."""
        if not hasattr(self._local, "datasets"):
            self._local.datasets = OrderedDict()
        datasets: OrderedDict[tuple[str, int], DatasetReader] = self._local.datasets
        return datasets

    def _dataset(self, href: str, level: int) -> DatasetReader:
        """An open dataset of this thread."""
        datasets = self._datasets
        key = href, level
        if key in datasets:
            datasets.move_to_end(key)
            return datasets[key]
        options = {"OVERVIEW_LEVEL": level - 1} if level else {}
        suffix = urlsplit(href).path[-4:].lower()
        dataset = rasterio.open(self._path(href), driver=_DRIVERS.get(suffix, "GTiff"), **options)
        datasets[key] = dataset
        if len(datasets) > _OPEN_DATASETS:
            datasets.popitem(last=False)[1].close()
        return dataset


def _s3_options(access: BucketAccess | None) -> dict[str, str]:
    """Configuration options of GDAL's ``/vsis3/`` for a bucket."""
    options: dict[str, str] = {}
    if access is None:
        return options
    if access.region:
        options["AWS_REGION"] = access.region
    if access.endpoint:
        parts = urlsplit(access.endpoint)
        options["AWS_S3_ENDPOINT"] = parts.netloc
        options["AWS_HTTPS"] = "YES" if parts.scheme == "https" else "NO"
        options["AWS_VIRTUAL_HOSTING"] = "FALSE"
    if access.anonymous:
        options["AWS_NO_SIGN_REQUEST"] = "YES"
    if access.requester_pays:
        options["AWS_REQUEST_PAYER"] = "requester"
    return options


def _root(error: BaseException) -> BaseException:
    """The first error in a chain of causes, with GDAL's own message."""
    while error.__cause__:
        error = error.__cause__
    return error


def _lost(href: str, error: BaseException) -> SourceError:
    root = _root(error)
    reason = redact(str(root)) or type(root).__name__
    return SourceError(f"{redact(href)} can't be read: {reason}")
