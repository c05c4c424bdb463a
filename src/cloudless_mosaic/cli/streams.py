"""The standard streams of a process: a log that can't be written must not end the work that it is about."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Errors of a disk under a redirected stream; a closed pipe is the reader's wish to read no more."""


class StandardOutput:
    """What became of the standard output of this process."""

    def __init__(self) -> None:
        self.is_log = False
        """True where results are files, and the output only reports on them."""
        self._raw: _LenientRaw | None = None

    def install(self) -> None:
        """Opens streams that are closed onto nothing, and lets writes to the others fail in silence."""
        _fill_descriptors()
        sys.stdin = sys.stdin or Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - as long as the process
        sys.stderr, _ = _lenient(sys.stderr)
        sys.stdout, self._raw = _lenient(sys.stdout)

    @property
    def lost(self) -> str:
        """Why results on the standard output were lost; empty where they were not."""
        with suppress(OSError, ValueError):
            sys.stdout.flush()
        fault = self._raw.fault if self._raw else None
        if self.is_log or fault is None or fault.errno not in _NO_SPACE:
            return ""
        return (fault.strerror or "it failed").lower()


class _LenientRaw(io.RawIOBase):
    """A raw stream whose writes never fail: after the first error everything is thrown away."""

    def __init__(self, raw: Any) -> None:  # noqa: ANN401 - a FileIO, or the console of Windows
        self._raw = raw
        self.fault: OSError | None = None
        """The error that ended it."""

    def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        """Writes, or pretends to."""
        size = len(memoryview(data).cast("B"))
        if self.fault is None:
            try:
                return self._write(data)
            except OSError as error:
                self.fault = error
        return size

    def _write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
        while (written := self._raw.write(data)) is None:
            select.select([], [self._raw], [])  # a pipe that doesn't block is full
        return int(written)

    def writable(self) -> bool:
        return True

    def isatty(self) -> bool:
        return bool(self._raw.isatty())

    def fileno(self) -> int:
        return int(self._raw.fileno())


def _lenient(stream: Any) -> tuple[Any, _LenientRaw | None]:  # noqa: ANN401 - as sys has them
    """A stream that takes everything, and its raw stream; others than files are left as they are."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8"), None
    buffer = getattr(stream, "buffer", None)
    # there is no buffer with PYTHONUNBUFFERED
    raw = getattr(buffer, "raw", buffer)
    is_file = isinstance(stream, io.TextIOWrapper) and isinstance(raw, io.RawIOBase)
    if not is_file or isinstance(raw, _LenientRaw):
        return stream, None
    lenient = _LenientRaw(raw)
    return (
        io.TextIOWrapper(
            io.BufferedWriter(lenient),
            encoding=stream.encoding,
            # a table that is cut ends in an ellipsis, which not every terminal or log can take
            errors="replace" if stream is sys.stdout else stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        ),
        lenient,
    )


def _fill_descriptors() -> None:
    """Puts the null device in the place of closed streams.

    Otherwise the next files to be opened get their numbers, and messages of libraries end up in results.
    """
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            # the lowest free number is the closed one; files opened by Python are not inherited, these are
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - as os has it
