"""A scratch file for encoded tiles, and for pixels of incomplete tiles."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

import imagecodecs

from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.storage.files import storage_faults


@dataclass(frozen=True, slots=True)
class Span:
    """Bytes in a spool."""

    offset: int
    """Offset of the first byte."""
    size: int
    """Number of bytes."""
    crc: int
    """Their CRC-32."""


class Spool:
    """Keeps bytes on disk until they are needed. Safe to use from many threads.

    The file is opened for the first bytes: of many mosaics in progress, most have none yet, and the number of
    open files of a process is limited.
    """

    def __init__(self, path: Path) -> None:
        """Writes nothing yet.

        Args:
            path: The file; an old one is overwritten.
        """
        self._path = path
        self._lock = threading.Lock()
        self._size = 0
        self._file: FileIO | None = None
        self._closed = False

    def append(self, *parts: Any) -> Span:  # noqa: ANN401 - any buffers
        """Appends bytes, one part after the other.

        Raises:
            TemporaryError: if the disk is full or fails.
            ValueError: if the spool is closed.
        """
        crc = 0
        for part in parts:
            crc = imagecodecs.deflate_crc32(part, crc)
        # under the lock, so that a thread can't write to a descriptor that another thread has just closed
        with self._lock, storage_faults(self._path):
            file = self._opened()
            span = Span(self._size, sum(map(len, parts)), crc)
            file.seek(self._size)
            for part in parts:
                write_all(file, part)
            self._size += span.size
        return span

    def read(self, span: Span) -> bytes:
        """The bytes of a span.

        Raises:
            TemporaryError: if the disk fails, or returns other bytes than were written.
        """
        with self._lock, storage_faults(self._path):
            file = self._opened()
            file.seek(span.offset)
            data = file.read(span.size)
        return checked(data, span, self._path)

    def close(self) -> None:
        """Removes the file; safe to call twice."""
        with self._lock:
            self._closed = True
            if self._file:
                self._file.close()
            self._path.unlink(missing_ok=True)

    def _opened(self) -> FileIO:
        if self._closed:
            raise ValueError(f"{self._path.name} is closed")
        if self._file is None:
            self._file = self._path.open("w+b", buffering=0)
        return self._file


def write_all(file: FileIO, data: Any) -> None:  # noqa: ANN401 - any buffer
    """Writes bytes to an unbuffered file, which may accept them in parts."""
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def checked(data: bytes, span: Span, path: Path) -> bytes:
    """Bytes that were read, if they are those of the span.

    Raises:
        TemporaryError: if they aren't.
    """
    if len(data) != span.size or imagecodecs.deflate_crc32(data) != span.crc:
        raise TemporaryError(
            f"{path.name} in {path.parent} does not hold what was written to it; check the disk and run again"
        )
    return data
