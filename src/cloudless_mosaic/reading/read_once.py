"""A reader that keeps what it has read, for work that needs the same windows several times."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.kernels import harmonise
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader, RawRows, Target, WindowRead

Pixels = npt.NDArray[Any]


class ReadOnce:
    """A ``RasterReader`` over another one, for one thread. Windows are kept until they are dropped."""

    def __init__(self, reader: RasterReader) -> None:
        self._reader = reader
        self._kept: dict[WindowRead, _Window] = {}

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``."""
        self._reader.prepare(hrefs)

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        return self._reader.header(href)

    def drop_others(self, hrefs: Collection[str]) -> None:
        """Drops what is kept of other rasters than these."""
        self._kept = {read: window for read, window in self._kept.items() if read.href in hrefs}

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, Pixels | SourceError]]:
        """See ``RasterReader.read_many``; a window that failed is read again."""
        missing: list[tuple[int, WindowRead]] = []
        for position, read in enumerate(reads):
            kept = self._kept.get(read)
            if kept is not None and kept.serves(read):
                yield position, kept.deliver(read)
            else:
                missing.append((position, read))
        raw = [_raw(read) for _, read in missing]
        for index, answer in self._reader.read_many(raw):
            position, read = missing[index]
            if isinstance(answer, SourceError):
                yield position, answer
                continue
            window = _Window(answer, raw[index].target)
            self._kept[replace(read, target=None)] = window
            yield position, window.deliver(read)


class _Window:
    """Pixels of a window as they are in the file, as far as they were asked for."""

    def __init__(self, pixels: Pixels, target: Target | None) -> None:
        self._pixels = pixels
        self._raw_rows = target.raw_rows if target else None
        self._clear = PackedMask.of(target.clear) if target else None

    def serves(self, read: WindowRead) -> bool:
        """True where all pixels that a read needs are there."""
        if read.target is None or self._clear is None or self._raw_rows is None:
            return read.target is None and self._clear is None
        known = self._clear.unpacked()
        return self._raw_rows.rows == read.target.raw_rows.rows and not (read.target.clear & ~known).any()

    def deliver(self, read: WindowRead) -> Pixels:
        """The answer to a read."""
        target = read.target
        if target is None or self._raw_rows is None:
            return self._pixels
        target.raw_rows.values[...] = self._raw_rows.values
        harmonise(self._pixels, target.clear, target.offset, target.out)
        return target.out


def _raw(read: WindowRead) -> WindowRead:
    """The read of the same pixels as they are in the file."""
    target = read.target
    if target is None:
        return read
    out = np.empty(read.shape, np.uint16)
    rows = RawRows.of(read.shape, target.raw_rows.rows)
    return replace(read, target=Target(out, target.clear, 0, rows, target.masked))
