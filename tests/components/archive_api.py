"""A STAC API over an archive, with its files and tokens, on loopback; it may want headers and a query."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qsl, quote, urlsplit

from authority import QuietServer, serving_https
from cloudless_mosaic.synthetic.archive import Archive

_MODIFIED = "Thu, 01 Oct 2020 00:00:00 GMT"
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")


@contextmanager
def serving_archive(
    archive: Archive,
    context: ssl.SSLContext | None = None,
    *,
    files: str = "",
    headers: Mapping[str, str] | None = None,
    query: Mapping[str, str] | None = None,
    ranges: bool = True,
) -> Iterator[QuietServer]:
    """An API at work: its address is ``server.address``, requests are in ``server.asked``.

    Args:
        archive: Its items and files.
        context: For TLS.
        files: Address that hrefs of assets begin with; by default the server's own files.
        headers: Headers that every request but those for files has to have.
        query: Parameters that every such request has to have.
        ranges: False for whole files, whatever range is asked for.
    """
    with serving_https(_Handler, context) as server:
        server.archive, server.asked, server.ranges = archive, [], ranges
        server.files = files or f"{server.address}/files"
        server.headers, server.query = dict(headers or {}), dict(query or {})
        yield server


def items_of(archive: Archive, files: str) -> list[dict]:
    """The items of an archive, with hrefs below an address."""
    items = []
    for path in map(archive.item_path, archive.acquisitions):
        item = json.loads(path.read_text("utf-8"))
        for asset in item["assets"].values():
            file = (path.parent / asset["href"]).resolve()
            if "://" not in asset["href"]:
                asset["href"] = f"{files}/{quote(str(file.relative_to(archive.folder.resolve())))}"
        item["links"] = []
        items.append(item)
    return items


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def answer(self) -> None:
        server, parts = self.server, urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        server.asked.append((self.command, self.path, dict(self.headers)))
        kind, _, rest = parts.path.strip("/").partition("/")
        if kind == "files":
            return self.file(server.archive.folder / rest)
        if kind == "token":
            end = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
            return self.json(200, {"token": f"se={quote(end)}&sig=SECRET", "msft:expiry": end})
        if any(self.headers.get(name) != value for name, value in server.headers.items()):
            return self.json(401, {"code": "Unauthorized"})
        if not server.query.items() <= dict(parse_qsl(parts.query)).items():
            return self.json(400, {"code": "MissingParameter"})
        return self.api(kind)

    do_GET = do_POST = answer  # noqa: N815 - names of the base class

    def api(self, kind: str) -> None:
        base, collection = self.server.address, self.server.archive.spec.style.collection
        if kind == "search":
            found = items_of(self.server.archive, self.server.files)
            return self.json(200, {"type": "FeatureCollection", "features": found, "links": []})
        if kind == "collections":
            return self.json(200, {"type": "Collection", "id": collection, "links": []})
        search = {"rel": "search", "href": f"{base}/search", "method": "POST"}
        landing = {"type": "Catalog", "id": "archive", "stac_version": "1.0.0", "description": "An archive"}
        return self.json(200, {**landing, "conformsTo": [], "links": [search]})

    def file(self, path: Path) -> None:
        if not path.is_file():
            return self.json(404, {})
        content = path.read_bytes()
        wanted = _RANGE.fullmatch(self.headers.get("Range", ""))
        if not wanted or not self.server.ranges:
            return self.send(200, content, {})
        first, last = int(wanted[1]), min(int(wanted[2]), len(content) - 1)
        return self.send(
            206,
            content[first : last + 1],
            {"Content-Range": f"bytes {first}-{last}/{len(content)}", "ETag": f'"{len(content)}"'},
        )

    def json(self, status: int, document: object) -> None:
        self.send(status, json.dumps(document).encode(), {"Content-Type": "application/json"})

    def send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        # as Azure's storage has it
        headers = {"Last-Modified": _MODIFIED, "ETag": f'"{len(body)}"', **headers}
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
