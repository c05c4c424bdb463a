"""A forward proxy on loopback, for plain requests and for tunnels."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from urllib.parse import urlsplit, urlunsplit

from authority import QuietServer, serving_https


@contextmanager
def forward_proxy(domain: str = "") -> Iterator[QuietServer]:
    """A proxy at work: its address is ``server.address``, what it passed on is in ``server.asked``.

    Args:
        domain: Names below it are loopback.
    """
    with serving_https(_Handler) as server:
        server.asked, server.domain = [], domain
        yield server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def do_CONNECT(self) -> None:
        self.server.asked.append(self.path)
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as far:
            self.send_response(200)
            self.end_headers()
            near, self.close_connection = self.connection, True
            while ready := select.select([near, far], [], [], 30)[0]:
                for one in ready:
                    data = one.recv(1 << 16)
                    if not data:
                        return
                    (far if one is near else near).sendall(data)

    def pass_on(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        domain = self.server.domain
        inside = domain and (parts.hostname or "").endswith(f".{domain}")
        far = HTTPConnection("127.0.0.1" if inside else parts.hostname, parts.port or 80, timeout=30)
        kept = {name: value for name, value in self.headers.items() if not name.lower().startswith("proxy-")}
        far.request(self.command, urlunsplit(("", "", parts.path or "/", parts.query, "")), body, kept)
        answer = far.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        far.close()

    do_GET = do_POST = pass_on  # noqa: N815 - names of the base class
