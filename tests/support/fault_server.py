"""A server of files that misbehaves on purpose, with tokens that run out, on loopback."""

from __future__ import annotations

import hashlib
import json
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, quote, unquote, urlsplit

Fault = Literal["drop", "short", "stall", "429", "503", "403", "404", "html", "zeros", "corrupt"]
"""What may go wrong with a request: the line is cut, the body ends half-way or never, the server throttles
or fails, the token has run out, the file isn't there, a page of words comes instead, a proxy fills with zeros
what it couldn't get, bytes are changed."""

FAULTS: tuple[Fault, ...] = (
    *("drop", "short", "stall", "429", "503", "403", "404", "html", "zeros", "corrupt"),
)
_MODIFIED = "Thu, 01 Oct 2020 00:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@dataclass(slots=True)
class Faults:
    """Which requests go wrong: a share of them, the same ones every time, or one alone."""

    kind: Fault
    """What goes wrong."""
    share: float
    """Share of the requests, 0 to 1; a request that is repeated is another one. 0 is the first one only."""
    seed: int = 0
    """Chooses other requests."""
    most: int | None = None
    """Times that one file goes wrong before it stays right; ``None`` is no limit."""
    hits: list[tuple[str, int]] = field(default_factory=list)
    """Path and first byte of each request that went wrong."""
    _asked: dict[tuple[str, int], int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def strikes(self, path: str, start: int) -> bool:
        """True where a request goes wrong; safe to call from many threads."""
        with self._lock:
            if self.kind == "corrupt" and not start:
                return False
            visit = self._asked[path, start] = self._asked.get((path, start), 0) + 1
            text = f"{self.seed} {path} {start} {visit}"
            lot = int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big") / 2**48
            struck = lot < self.share if self.share else not self.hits
            if struck and (self.most is None or sum(path == one for one, _ in self.hits) < self.most):
                self.hits.append((path, start))
                return True
            return False


class FaultyServer(ThreadingHTTPServer):
    """Serves the files of a folder by ranges, and tokens.

    Files under ``/open/`` are for everybody, the same files under ``/closed/`` for those with a token of
    ``/token/ACCOUNT/CONTAINER``. It speaks as Azure's storage and the Planetary Computer's token service do.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path, token_life: float = 3600.0) -> None:
        """Listens on a free port of loopback.

        Args:
            folder: What to serve.
            token_life: Seconds that tokens live.
        """
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder = folder.resolve()
        self.token_life = token_life
        self.faults: Faults | None = None
        self.tokens: dict[str, float] = {}
        """End of each token, by the clock of this process."""
        self.requests = 0
        self.refused = 0
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        """Root of the server."""
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Says nothing: clients give up on purpose."""


@contextmanager
def serving(server: FaultyServer) -> Iterator[FaultyServer]:
    """A server at work; gone afterwards."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: FaultyServer

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        kind, _, path = unquote(parts.path).lstrip("/").partition("/")
        self.server.requests += 1
        if kind == "token":
            return self._give_token()
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        file = (self.server.folder / path).resolve()
        if not wanted or not file.is_relative_to(self.server.folder) or not file.is_file():
            return self._answer(404, b"no such file")
        start, end = int(wanted[1]), int(wanted[2]) + 1
        signature = parse_qs(parts.query).get("sig", [""])[0]
        fault = self._fault(path, start)
        valid = kind == "open" or self.server.tokens.get(signature, 0.0) >= time.monotonic()
        if not valid or fault == "403":
            self.server.refused += 1
            return self._answer(403, b"<Error><Code>AuthenticationFailed</Code></Error>")
        return self._serve(file, start, end, fault)

    def _fault(self, path: str, start: int) -> Fault | None:
        faults = self.server.faults
        return faults.kind if faults and faults.strikes(path, start) else None

    def _give_token(self) -> None:
        end = datetime.now(UTC) + timedelta(seconds=self.server.token_life)
        signature = f"SECRET{len(self.server.tokens)}{time.monotonic_ns()}"
        self.server.tokens[signature] = time.monotonic() + self.server.token_life
        query = f"st=2020-10-01&se={quote(end.isoformat())}&sp=r&sig={signature}"
        self._answer(200, json.dumps({"token": query, "msft:expiry": end.isoformat()}).encode())

    def _serve(self, file: Path, start: int, end: int, fault: Fault | None) -> None:
        with file.open("rb") as stream:
            stream.seek(start)
            body = stream.read(end - start)
        size = file.stat().st_size
        if fault == "drop":
            return self._hang_up()
        if fault in {"404", "429", "503"}:
            return self._answer(int(fault), b"not now")
        if fault == "html":
            return self._answer(200, b"<html>please log in</html>")
        if fault == "zeros":
            body = bytes(len(body))
        if fault == "corrupt":
            middle = len(body) // 2
            body = (
                body[:middle] + bytes(255 - byte for byte in body[middle : middle + 64]) + body[middle + 64 :]
            )
        headers = {
            "Content-Range": f"bytes {start}-{start + len(body) - 1}/{size}",
            "Last-Modified": _MODIFIED,
            "ETag": f'"{size}"',
        }
        return self._answer(206, body, headers, cut=fault in {"short", "stall"}, stall=fault == "stall")

    def _answer(
        self,
        status: int,
        body: bytes,
        headers: dict[str, str] | None = None,
        *,
        cut: bool = False,
        stall: bool = False,
    ) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if stall:
            self.server.closing.wait(60)
        if cut:
            self._hang_up()

    def _hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()
