"""Byte ranges of a file, checked for their length and for the version of the file."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import obstore
from obstore.store import ObjectStore

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.plain_web import PlainWeb
from cloudless_mosaic.reading.traffic import TRAFFIC

Store = ObjectStore | PlainWeb
"""Where files are read from."""

_COALESCE = 128 * 1024
"""Largest gap in bytes between two ranges that are fetched in one request."""

_HEAD = 64 * 1024
"""Bytes of the first request for a header; those of full-size products fit."""

_MOST_HEAD = 16 * 2**20
"""Bytes of the largest header that is read."""

_MOST_HEAD_REQUESTS = 32


class DoubtfulBytesError(SourceError):
    """The response does not match the request; a retry may succeed."""

    def __init__(self, message: str, final: SourceError | None = None) -> None:
        self.final = final
        """The error where no retry succeeds; ``None`` for this one."""
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Version:
    """Identifies the content of a file at one address."""

    size: int
    """Bytes of the whole file."""
    tag: str | None
    """The server's ETag; ``None`` where it gives none."""

    def matches(self, other: Version) -> bool:
        """True unless the two are known to differ."""
        return self.size == other.size and (None in {self.tag, other.tag} or self.tag == other.tag)


async def read_ranges(
    store: Store, path: str, ranges: Sequence[tuple[int, int]]
) -> tuple[list[memoryview], list[Version]]:
    """Fetches byte ranges, neighbouring ones in one request.

    Args:
        store: Where the file is.
        path: Its key or path there.
        ranges: First byte, and the byte after the last.

    Returns:
        Bytes in the order of the ranges, and the version of the file in each response.

    Raises:
        DoubtfulBytesError: if the server sends fewer bytes than it announced, or the file ends early.
        BaseError: if the object store can't get them.
    """
    order = sorted(range(len(ranges)), key=lambda i: ranges[i])
    groups: list[list[int]] = []
    end = -1
    for i in order:
        if not groups or ranges[i][0] > end + _COALESCE:
            groups.append([])
        groups[-1].append(i)
        end = max(end, ranges[i][1])
    spans = [(ranges[group[0]][0], max(ranges[i][1] for i in group)) for group in groups]
    answers = await _read_all(store, path, spans)
    found: list[memoryview] = [memoryview(b"")] * len(ranges)
    for group, (first, _), (data, _) in zip(groups, spans, answers, strict=True):
        for i in group:
            found[i] = data[ranges[i][0] - first : ranges[i][1] - first]
    return found, [version for _, version in answers]


async def _read_all(
    store: Store, path: str, spans: Sequence[tuple[int, int]]
) -> list[tuple[memoryview, Version]]:
    """Fetches spans concurrently.

    Requests of an object store run in its own threads from the moment they are made, so none needs a task of
    its own: the event loop holds the interpreter's lock when it switches tasks, and decoding threads wait
    for it.
    """
    if isinstance(store, PlainWeb):
        found = await asyncio.gather(*(read_range(store, path, *span) for span in spans))
        _require_lengths(spans, [data for data, _ in found])
        return found
    under_way: list[asyncio.Future[Any]] = []
    try:
        under_way += [
            asyncio.ensure_future(obstore.get_async(store, path, options={"range": span})) for span in spans
        ]
        metas: list[Any] = []
        for i in range(len(spans)):
            answer: Any = await under_way[i]
            metas.append(answer.meta)
            under_way[i] = asyncio.ensure_future(answer.bytes_async())
        bodies = [memoryview(await body) for body in under_way]
    except BaseException:
        for request in under_way:
            if not request.cancel() and not request.cancelled():
                request.exception()  # otherwise asyncio reports an exception that was never retrieved
        raise
    TRAFFIC.add(bodies)
    _require_lengths(spans, bodies)
    return [(data, _version(meta)) for data, meta in zip(bodies, metas, strict=True)]


def _require_lengths(spans: Sequence[tuple[int, int]], bodies: Sequence[memoryview]) -> None:
    for (start, end), data in zip(spans, bodies, strict=True):
        if len(data) != end - start:
            raise DoubtfulBytesError(f"{len(data)} bytes came of {end - start} at {start}")


def _version(meta: Any) -> Version:  # noqa: ANN401 - whatever the store says
    return Version(meta["size"], meta["e_tag"])


async def read_range(store: Store, path: str, start: int, end: int) -> tuple[memoryview, Version]:
    """Fetches one range; fewer bytes at the end of the file, or where the response is short.

    Raises:
        SourceError: if a plain web server does not send it.
        BaseError: if the object store can't get it.
    """
    if isinstance(store, PlainWeb):
        data, size, tag = await asyncio.to_thread(store.get, path, start, end)
        TRAFFIC.add([data])
        return memoryview(data), Version(size, tag)
    answer = await obstore.get_async(store, path, options={"range": (start, end)})
    body = memoryview(await answer.bytes_async())
    TRAFFIC.add([body])
    return body, _version(answer.meta)


class Head:
    """The head of a file as a ``ByteSource``: one request, or several where the header is scattered."""

    def __init__(self, store: Store, path: str) -> None:
        self._store = store
        self._path = path
        self._pieces: list[tuple[int, memoryview]] = []
        self._bytes = 0
        self.version: Version | None = None
        """The file, once a byte of it has been read."""

    async def span(self, start: int, size: int) -> memoryview:
        """See ``ByteSource.span``."""
        for first, data in self._pieces:
            if first <= start and start + size <= first + len(data):
                return data[start - first : start - first + size]
        if self.version and start + size > self.version.size:
            raise SourceError(f"its header points behind its end at {self.version.size}")
        if self._bytes + size > _MOST_HEAD or len(self._pieces) >= _MOST_HEAD_REQUESTS:
            raise SourceError("its header is larger than that of any product")
        end = start + max(size, _HEAD)
        data, version = await read_range(self._store, self._path, start, end)
        if self.version and not self.version.matches(version):
            raise DoubtfulBytesError("it has changed while it was opened")
        self.version = version
        if len(data) != min(end, version.size) - start or len(data) < size:
            raise DoubtfulBytesError(f"{len(data)} bytes came of {size} at {start}")
        self._pieces.append((start, data))
        self._bytes += len(data)
        return data[:size]
