"""The reader over GDAL: slower than the reader of tiles, for every other GeoTIFF and for JPEG 2000.

GDAL sends no request: it would follow redirects anywhere, and has certificates and credentials of its own.
"""

from __future__ import annotations

import io
import threading
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from itertools import count, takewhile
from traceback import clear_frames
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import rasterio
from obstore.exceptions import BaseError
from rasterio._err import CPLE_OpenFailedError
from rasterio.enums import MaskFlags
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from cloudless_mosaic.domain.scenes import GRANULE_PIXELS, SourceGrid
from cloudless_mosaic.errors import AccessError, ContentError, SourceError, TemporaryError
from cloudless_mosaic.net.own_limits import gdal_limit
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.reading.faults import failure
from cloudless_mosaic.reading.protocol import RasterHeader, WindowRead
from cloudless_mosaic.reading.range_client import RangeClient
from cloudless_mosaic.reading.remote_file import Pieces, RemoteFile

Answer = TypeVar("Answer")

# such a file is refused with that reason; catch_warnings() around a single call isn't safe among threads
warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)

_DRIVERS = {".jp2": "JP2OpenJPEG"}
"""Driver by file extension; GeoTIFF otherwise. Other drivers would let a file refer to further files."""

_OPEN_DATASETS = 32
"""Datasets that one thread keeps open."""

_REMOTE = ("http://", "https://", "s3://")

_FAULTS = (RasterioError, OSError, ValueError, SourceError, BaseError)
"""Errors that a file may cause; ``ValueError`` comes from a malformed href."""

_numbers = count()

_ENVIRONMENT: dict[str, str | int] = {
    # no sidecar files: they could change the meaning of the pixels
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_PAM_ENABLED": "NO",
    # options with which a file could run code, or have local files sent to a server
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GDAL_VRT_ENABLE_RAWRASTERBAND": "NO",
    "CPL_VSIL_CURL_HEADER_FILE_KVP_ENABLED": "NO",
    # with threads GDAL returns zeros, and no error, for parts that it could not fetch
    "GDAL_NUM_THREADS": "1",
    "GDAL_CACHEMAX": 64,
}


class GdalReader:
    """A ``RasterReader`` over GDAL and rasterio."""

    def __init__(self, client: RangeClient | None = None) -> None:
        """Opens no file yet.

        Args:
            client: Where the bytes of remote files come from; by default one of its own.
        """
        self._client = client or RangeClient()
        self._pieces = Pieces()
        self._local = threading.local()
        self._headers: dict[str, RasterHeader] = {}
        self._opened: set[_OpenDataset] = set()
        # never by the garbage collector alone, which closes in any order and any thread
        weakref.finalize(self, _close_all, self._opened)

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``; GDAL opens files one by one."""

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        known = self._headers.get(href)
        if known is None:
            try:
                known = self._twice(href, lambda: self._read_header(href))
            except _FAULTS as error:
                raise _failure(href, error) from None
            self._headers[href] = known
        return known

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """See ``RasterReader.read_many``; one after the other."""
        for position, read in enumerate(reads):
            try:
                pixels = self._twice(read.href, partial(self._read_window, read))
                answer: npt.NDArray[Any] | SourceError = read.deliver(*pixels)
            except _FAULTS as error:
                failed = _failure(read.href, error)
                if isinstance(failed, TemporaryError):
                    raise failed from None
                answer = failed
            yield position, answer

    def _twice(self, href: str, get: Callable[[], Answer]) -> Answer:
        """Calls a function on a file; after a failure once more, on the file as it is then.

        Raises:
            Exception: one of ``_FAULTS``; for a remote file that of its client, where it failed there.
        """
        with rasterio.Env(**_ENVIRONMENT):
            try:
                return self._checked(href, get)
            except ContentError:
                raise
            except _FAULTS as error:
                for key in [key for key in self._datasets if key[0] == href]:
                    self._close(self._datasets.pop(key))
                if isinstance(error, AccessError):
                    raise
            return self._checked(href, get)

    def _checked(self, href: str, get: Callable[[], Answer]) -> Answer:
        """Calls a function on a file, and raises the error of a request that GDAL did not get over."""
        try:
            answer = get()
        except _FAULTS:
            if failed := self._request_error(href):
                raise failed from None
            raise
        if failed := self._request_error(href):
            raise failed
        return answer

    def _request_error(self, href: str) -> Exception | None:
        errors = (one.request_error for key, one in self._datasets.items() if key[0] == href)
        return next((error for error in errors if error), None)

    def _read_header(self, href: str) -> RasterHeader:
        native = self._dataset(href, 0)
        a, b, _, d, e = native.transform[:5]
        if native.crs is None or native.count != 1 or b or d or a <= 0 or e >= 0:
            raise ContentError(f"{redact(href)} is not a single north-up band with a CRS; leave it out")
        if max(native.block_shapes[0]) > GRANULE_PIXELS:
            raise SourceError(f"{redact(href)} declares tiles of {native.block_shapes[0]} pixels")
        masked = _has_mask(native)
        levels = [native, *(self._dataset(href, i + 1) for i in range(len(native.overviews(1))))]
        # an overview without a mask shows pixels that aren't data
        levels = list(takewhile(lambda level: _has_mask(level) == masked, levels))
        scaling = native.scales[0], native.offsets[0]
        authority = native.crs.to_authority()
        crs = f"{authority[0]}:{authority[1]}" if authority else native.crs.to_wkt()
        return RasterHeader(
            levels=tuple(SourceGrid(crs, tuple(level.transform)[:6], level.shape) for level in levels),
            dtype=np.dtype(native.dtypes[0]),
            tile_shape=native.block_shapes[0],
            nodata=native.nodata,
            scaling=None if scaling == (1, 0) else scaling,
            masked=masked,
        )

    def _read_window(self, read: WindowRead) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
        """The pixels of a window, and where they are data by the file's own mask."""
        window = Window(read.column, read.row, read.shape[1], read.shape[0])
        dataset = self._dataset(read.href, read.level)
        pixels: npt.NDArray[Any] = dataset.read(1, window=window)
        if pixels.shape != read.shape:
            raise SourceError(
                f"{redact(read.href)} gave {pixels.shape} pixels of {read.shape}; it is cut short"
            )
        masked = read.conversion is not None and read.conversion.masked
        return pixels, dataset.read_masks(1, window=window) != 0 if masked else None

    @property
    def _datasets(self) -> OrderedDict[tuple[str, int], _OpenDataset]:
        """Open datasets of this thread by href and level, the last used one last; GDAL forbids sharing."""
        if not hasattr(self._local, "datasets"):
            self._local.datasets = OrderedDict()
        datasets: OrderedDict[tuple[str, int], _OpenDataset] = self._local.datasets
        return datasets

    def _dataset(self, href: str, level: int) -> DatasetReader:
        """An open dataset of this thread."""
        datasets = self._datasets
        key = href, level
        if key in datasets:
            datasets.move_to_end(key)
            return datasets[key].dataset
        opened = datasets[key] = _OpenDataset.of(href, level, self._client, self._pieces)
        self._opened.add(opened)
        if len(datasets) > _OPEN_DATASETS:
            self._close(datasets.popitem(last=False)[1])
        return opened.dataset

    def _close(self, opened: _OpenDataset) -> None:
        self._opened.discard(opened)
        opened.close()


@dataclass(frozen=True, slots=True, eq=False)
class _OpenDataset:
    """An open dataset, and the remote file behind it."""

    dataset: DatasetReader
    file: RemoteFile | None
    context: Context

    @classmethod
    def of(cls, href: str, level: int, client: RangeClient, pieces: Pieces) -> Self:
        """Opens a level of a file.

        Raises:
            Exception: one of ``_FAULTS``.
        """
        options: dict[str, Any] = {"OVERVIEW_LEVEL": level - 1} if level else {}
        path = urlsplit(href).path
        driver = _DRIVERS.get(path[-4:].lower(), "GTiff")
        if not href.startswith(_REMOTE):
            return cls(rasterio.open(href, driver=driver, **options), None, copy_context())
        file = RemoteFile(href, client, pieces)
        # a name of its own, since GDAL keeps what it knows by name
        name = f"{next(_numbers)}/{path.rpartition('/')[2][-80:]}"

        def opener(asked: str, mode: str = "rb") -> io.IOBase:  # noqa: ARG001 - as rasterio calls it
            if asked == name:
                return file.opened()
            if asked == "test":
                # rasterio looks at what it gets
                return io.BytesIO()
            raise FileNotFoundError(asked)

        try:
            opened = rasterio.open(name, driver=driver, opener=opener, **options)
        except _FAULTS as error:
            # rasterio's registration of the opener has to end in this thread
            clear_frames(error.__traceback__)
            if file.error:
                raise file.error from None
            raise
        return cls(opened, file, copy_context())

    @property
    def request_error(self) -> Exception | None:
        """Why a request failed; ``None`` where none did."""
        return self.file.error if self.file else None

    def close(self) -> None:
        """Closes the dataset."""
        # rasterio keeps openers by context, and another thread may close what an ended one left
        self.context.run(self.dataset.close)


def _has_mask(dataset: DatasetReader) -> bool:
    """True where a dataset has a mask of its own."""
    return MaskFlags.per_dataset in dataset.mask_flag_enums[0]


def _close_all(opened: set[_OpenDataset]) -> None:
    for one in opened:
        one.close()


def _root(error: BaseException) -> BaseException:
    """The first error in a chain of causes, with GDAL's own message."""
    while error.__cause__:
        error = error.__cause__
    return error


def _failure(href: str, error: BaseException) -> SourceError | TemporaryError:
    root = _root(error)
    if isinstance(root, SourceError | BaseError | OSError) and not isinstance(root, RasterioError):
        return failure(href, root)
    if not href.startswith(_REMOTE) and (limit := gdal_limit(str(root))):
        return limit
    reason = redact(str(root)) or type(root).__name__
    words = f"{redact(href)} can't be read: {reason}"
    return ContentError(words) if isinstance(root, CPLE_OpenFailedError) else SourceError(words)
