"""A server of a folder's files by ranges that counts the bytes it sends."""

from __future__ import annotations

import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.server.folder / self.path.lstrip("/")
        size = path.stat().st_size
        start, end = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
        with path.open("rb") as file:
            file.seek(start)
            body = file.read(end - start + 1)
        with self.server.lock:
            self.server.sent[self.path] += len(body)
        self.send_response(206)
        self.send_header("Content-Range", f"bytes {start}-{start + len(body) - 1}/{size}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def counting_server(folder):
    """The server; ``sent`` has the bytes of each path, ``root`` the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.folder, server.sent, server.lock = folder, Counter(), threading.Lock()
        server.root = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def served_items(archive, root, file):
    """Writes the items of an archive as one collection whose assets lie on a server."""
    items = []
    for acquisition in archive.acquisitions:
        path = archive.item_path(acquisition)
        item = json.loads(path.read_text())
        for asset in item["assets"].values():
            place = (path.parent / asset["href"]).resolve().relative_to(archive.folder.resolve())
            asset["href"] = f"{root}/{place}"
        items.append({**item, "links": []})
    file.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
    return str(file)
