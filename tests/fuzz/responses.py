"""The HTTP layer by coverage-guided fuzzing. Run: python tests/fuzz/responses.py -max_total_time=600.

A server on loopback gives the fuzzer's bytes as responses: status lines, headers, chunks, redirects. The
client of files gives as many bytes as were asked for, or one of its errors; the client of APIs a text, or one
of its errors.
"""

import socket
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from typing import Any

import atheris

with atheris.instrument_imports(include=["cloudless_mosaic"]):
    from cloudless_mosaic.catalog.settings import ApiSettings
    from cloudless_mosaic.catalog.transport import ApiTransport
    from cloudless_mosaic.errors import CloudlessMosaicError, SourceError
    from cloudless_mosaic.net.retry import RetryPolicy
    from cloudless_mosaic.reading.plain_web import DoubtfulResponseError, PlainWeb
    from cloudless_mosaic.reading.settings import ReadSettings

_ONCE = RetryPolicy(attempts=1, first_delay=0.0, total=2.0)
_READ = ReadSettings(connect_timeout=1.0, request_timeout=1.0, retry=_ONCE, store_retry=_ONCE)
_API = replace(ApiSettings(), timeout=(1.0, 1.0), retry=_ONCE, connection_attempts=1)
_BODY = bytes(range(64))
_GOOD = b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-63/64\r\nContent-Length: 64\r\n\r\n" + _BODY
_STARTS = (
    b"",
    b"HTTP/1.1 ",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-63/64\r\n",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: ",
    b"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-63/64\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: ",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ",
)
"""What the bytes of the fuzzer follow; the first one chooses."""


class Server:
    """Gives one response to every connection."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.response = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self._socket.accept()
            with suppress(OSError), connection:
                connection.settimeout(1.0)
                connection.recv(65536)
                connection.sendall(self.response)


SERVER = Server()


def _on_loopback(host: str, *rest: Any, **more: Any) -> list[Any]:
    """Finds no other hosts: redirects of the fuzzer lead to names that would take seconds to look up."""
    if host != "127.0.0.1":
        raise socket.gaierror(socket.EAI_NONAME, "no such host")
    return _FOUND(host, *rest, **more)


_FOUND = socket.getaddrinfo
socket.getaddrinfo = _on_loopback


def _response(data: bytes) -> bytes:
    """A response that begins as responses do, or a correct one with bytes replaced."""
    kind = data[0] % (len(_STARTS) + 1) if data else 0
    if kind < len(_STARTS):
        return _STARTS[kind] + data[1:]
    whole = bytearray(_GOOD)
    for place, value in zip(data[1::2], data[2::2], strict=False):
        whole[place % len(whole)] = value
    return bytes(whole)


def one(data: bytes) -> None:
    """Reads a response as that of a file server, and as that of an API."""
    SERVER.response = _response(data)
    with suppress(SourceError, FileNotFoundError, DoubtfulResponseError):
        found, size, _ = PlainWeb(SERVER.address, _READ).get("a.jp2", 0, 64)
        assert len(found) == min(64, size)
    with suppress(CloudlessMosaicError):
        assert isinstance(ApiTransport(SERVER.address, _API).request(SERVER.address), str)


if __name__ == "__main__":
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()
