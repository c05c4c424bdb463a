"""Serves one folder to the browser of this computer, with the range requests that COGs need."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.preview import REPORT, is_report
from cloudless_mosaic.report.page import report_page

LOOPBACK: Final = "127.0.0.1"

_HOST = re.compile(r"(?:127\.0\.0\.1|localhost)(?::\d{1,5})?", re.IGNORECASE)
"""Host headers of browsers of this computer, whatever port is forwarded; others come from pages that try to
read from it."""
_TYPES = {
    ".geojson": "application/geo+json",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".png": "image/png",
    ".tif": "image/tiff; application=geotiff; profile=cloud-optimized",
}
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_CHUNK = 1 << 18


class FolderServer(ThreadingHTTPServer):
    """Serves the files of a folder, read only, to this computer."""

    daemon_threads = True

    def __init__(self, folder: Path, port: int = 0) -> None:
        """Binds the port; ``serve_forever`` answers requests.

        Args:
            folder: Root of the mosaics. Its page is made in memory where it has none.
            port: 0 takes a free one.

        Raises:
            UsageError: if there are no mosaics in the folder, or the port is taken.
        """
        self.folder = folder.resolve()
        """The folder that is served."""
        self.page = None if is_report(folder / REPORT) else report_page(folder)
        """The page, if the folder has none."""
        try:
            super().__init__((LOOPBACK, port), _Handler)
        except OSError as error:
            reason = (error.strerror or "unknown reason").lower()
            raise UsageError(f"`port` {port} can't be used: {reason}; give another, or 0 for any") from None

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as socketserver has it
        """Ignores browsers that close a connection before the end of a response."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    @property
    def address(self) -> str:
        """Address of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/{REPORT}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "cloudless-mosaic"
    sys_version = ""
    timeout = 60
    server: FolderServer

    def log_message(self, *_: object) -> None:
        """Logs nothing."""

    def do_HEAD(self) -> None:
        self._respond(with_body=False)

    def do_GET(self) -> None:
        self._respond(with_body=True)

    def _respond(self, *, with_body: bool) -> None:
        path = unquote(urlsplit(self.path).path)
        if not _HOST.fullmatch(self.headers.get("Host", "")):
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        elif path == "/":
            self._refuse(HTTPStatus.FOUND, {"Location": f"/{REPORT}"})
        else:
            content = self._open(path)
            if content is None:
                self._refuse(HTTPStatus.NOT_FOUND)
            else:
                with content:
                    self._give(content, PurePosixPath(path).suffix, with_body=with_body)

    def _open(self, path: str) -> BinaryIO | None:
        """The file of a path; ``None`` if it doesn't exist, is hidden, or is outside of the folder."""
        if path == f"/{REPORT}" and self.server.page is not None:
            return BytesIO(self.server.page)
        parts = [part for part in path.split("/") if part]
        if any(
            part.startswith(".") or not part.isprintable() or "\\" in part or ":" in part for part in parts
        ):
            return None
        try:
            file = self.server.folder.joinpath(*parts).resolve()
            inside = file.is_relative_to(self.server.folder) and file.is_file()
            return file.open("rb") if inside else None
        except OSError:
            return None

    def _give(self, content: BinaryIO, suffix: str, *, with_body: bool) -> None:
        """A file, or the requested range of it."""
        size = content.seek(0, os.SEEK_END)
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        start, stop = _part(wanted[1], wanted[2], size) if wanted else (0, size)
        if wanted and start >= stop:
            self._refuse(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, {"Content-Range": f"bytes */{size}"})
            return
        self.send_response(HTTPStatus.PARTIAL_CONTENT if wanted else HTTPStatus.OK)
        self.send_header("Content-Type", _TYPES.get(suffix, "application/octet-stream"))
        self.send_header("Accept-Ranges", "bytes")
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{stop - 1}/{size}")
        self._end_headers(stop - start)
        if with_body:
            self._copy(content, start, stop)

    def _copy(self, content: BinaryIO, start: int, stop: int) -> None:
        try:
            content.seek(start)
            while start < stop and (chunk := content.read(min(_CHUNK, stop - start))):
                self.wfile.write(chunk)
                start += len(chunk)
        except OSError:
            pass  # the browser has closed the connection
        if start < stop:
            self.close_connection = True  # or the file has become shorter than the announced length

    def _refuse(self, status: HTTPStatus, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        """An answer without a body."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self._end_headers(0)

    def _end_headers(self, length: int) -> None:
        self.send_header("Content-Length", str(length))
        # mosaics may change while the page is open
        self.send_header("Cache-Control", "no-store")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()


def _part(first: str, last: str, size: int) -> tuple[int, int]:
    """First byte of a range and the byte after its last; equal if the range is outside of the file."""
    if not first:
        return (max(0, size - int(last)), size) if last else (size, size)
    return int(first), min(int(last) + 1, size) if last else size
