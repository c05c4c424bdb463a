"""A remote file as GDAL reads it: bytes come from this package's own client, never from GDAL's."""

from __future__ import annotations

import io
import threading
from collections import OrderedDict

from obstore.exceptions import BaseError

from cloudless_mosaic.errors import SourceError, TemporaryError
from cloudless_mosaic.reading.range_client import RangeClient
from cloudless_mosaic.reading.ranges import DoubtfulBytesError, Version

_CHUNK = 256 * 1024
"""Bytes of a piece; reads fetch whole pieces."""

_KEPT = 64
"""Pieces that a process keeps."""


class Pieces:
    """Pieces of remote files that were read last. Thread-safe."""

    def __init__(self) -> None:
        self._pieces: OrderedDict[tuple[str, Version, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, Version, int]) -> bytes | None:
        """A piece by href, version and number; ``None`` where it isn't kept."""
        with self._lock:
            if key in self._pieces:
                self._pieces.move_to_end(key)
            return self._pieces.get(key)

    def put(self, key: tuple[str, Version, int], piece: bytes) -> None:
        """Keeps a piece, and drops the one that was not used for longest."""
        with self._lock:
            self._pieces[key] = piece
            if len(self._pieces) > _KEPT:
                self._pieces.popitem(last=False)


class RemoteFile:
    """A file behind an href. Errors don't pass through GDAL, so they are kept in ``error``."""

    def __init__(self, href: str, client: RangeClient, pieces: Pieces) -> None:
        """Reads the first piece.

        Args:
            href: Unsigned address.
            client: Where bytes come from.
            pieces: Pieces that are kept for all files.

        Raises:
            SourceError: if it can't be read.
            BaseError: likewise, as the object store raises it.
            OSError: likewise.
        """
        self.error: Exception | None = None
        """Why a read failed."""
        self._href = href
        self._client = client
        self._pieces = pieces
        first, self._version = client.read(href, 0, _CHUNK)
        pieces.put((href, self._version, 0), bytes(first))

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._version.size

    def opened(self) -> io.RawIOBase:
        """The file as Python's own files are used; each of them has a place of its own."""
        return _Handle(self)

    def bytes_at(self, start: int, count: int) -> bytes:
        """Bytes of the file; nothing after an error, which GDAL takes for a file that is cut short."""
        end = min(start + count, self.size)
        if end <= start or self.error:
            return b""
        try:
            return self._bytes(start, end)
        except (SourceError, BaseError, OSError, TemporaryError) as error:
            self.error = error
            return b""

    def _bytes(self, start: int, end: int) -> bytes:
        numbers = range(start // _CHUNK, -(-end // _CHUNK))
        found = {number: self._pieces.get((self._href, self._version, number)) for number in numbers}
        missing = [number for number, piece in found.items() if piece is None]
        if missing:
            first, last = missing[0], missing[-1] + 1
            data = self._fetch(first * _CHUNK, min(last * _CHUNK, self._version.size))
            for number in range(first, last):
                piece = data[(number - first) * _CHUNK : (number + 1 - first) * _CHUNK]
                found[number] = piece
                self._pieces.put((self._href, self._version, number), piece)
        whole = b"".join(piece or b"" for piece in found.values())
        skipped = start - numbers[0] * _CHUNK
        return whole[skipped : skipped + end - start]

    def _fetch(self, start: int, end: int) -> bytes:
        data, version = self._client.read(self._href, start, end)
        if not self._version.matches(version):
            raise DoubtfulBytesError("it has changed since its header was read")
        return bytes(data)


class _Handle(io.RawIOBase):
    def __init__(self, file: RemoteFile) -> None:
        super().__init__()
        self._file = file
        self._place = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._file.size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def read(self, size: int = -1) -> bytes:
        data = self._file.bytes_at(self._place, self._file.size if size < 0 else size)
        self._place += len(data)
        return data
