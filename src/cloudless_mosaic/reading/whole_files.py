"""Whole files, for web servers that know no ranges."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloudless_mosaic.errors import AccessError

if TYPE_CHECKING:
    from requests import Response

LARGEST_WHOLE = 64 * 2**20
"""Bytes of the largest file that is fetched whole."""

_KEPT = 192 * 2**20
"""Bytes of the files that a process keeps for each server."""

_SIGNATURES = (b"II*\x00", b"II+\x00", b"MM\x00*", b"MM\x00+", b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51")
"""First bytes of TIFF, BigTIFF, JPEG 2000 and its codestream."""

_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class WholeFile:
    """A file that was fetched whole."""

    content: bytes = field(repr=False)
    """Its bytes."""
    tag: str | None
    """The server's ETag; ``None`` where it gives none."""

    def part(self, start: int, end: int) -> tuple[bytes, int, str | None]:
        """A range, the size of the whole file, and its ETag."""
        return self.content[start:end], len(self.content), self.tag


class WholeFiles:
    """The files of one server that were fetched whole last. Thread-safe."""

    def __init__(self) -> None:
        """Keeps nothing yet."""
        self._files: OrderedDict[str, WholeFile] = OrderedDict()
        self._locks: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()
        self.found = False
        """True once the server has sent a whole file where a range was asked for."""

    def get(self, path: str, fetch: Callable[[], WholeFile | None]) -> WholeFile | None:
        """A file that is kept, or that is fetched now: by one thread, for all that wait for it.

        Args:
            path: Path of the file.
            fetch: Fetches it; ``None`` where the server sends a range after all.
        """
        with self._lock:
            own = self._locks.setdefault(path, threading.Lock())
        with own:
            with self._lock:
                if path in self._files:
                    self._files.move_to_end(path)
                    return self._files[path]
            fetched = fetch()
            if fetched is not None:
                with self._lock:
                    self.found = True
                    self._files[path] = fetched
                    while (
                        len(self._files) > 1 and sum(len(one.content) for one in self._files.values()) > _KEPT
                    ):
                        self._files.popitem(last=False)
            return fetched


def read_whole(response: Response) -> WholeFile | None:
    """The file of a response with status 200; ``None`` where it is no raster, but for example a page.

    Raises:
        AccessError: if it is larger than what is fetched whole.
        ConnectionError: if it breaks off.
    """
    declared = response.headers.get("Content-Length", "")
    size = int(declared) if declared.isascii() and declared.isdigit() else None
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) >= 16 and not body.startswith(_SIGNATURES):
            return None
        if len(body) > LARGEST_WHOLE or (size or 0) > LARGEST_WHOLE:
            raise AccessError(
                f"its server sends whole files only, and this one has {_megabytes(size or len(body))}; "
                f"files up to {_megabytes(LARGEST_WHOLE)} are fetched whole: use a server that knows ranges"
            )
    if not body.startswith(_SIGNATURES):
        return None
    if size is not None and len(body) != size and "Content-Encoding" not in response.headers:
        raise ConnectionError(f"{len(body)} bytes came of {size}")
    return WholeFile(bytes(body), response.headers.get("ETag"))


def _megabytes(count: int) -> str:
    return f"{count / 2**20:.0f} MiB"
