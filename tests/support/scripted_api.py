"""A scripted STAC API on loopback."""

import json
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from shapely.geometry import box

QUERY = "https://api.stacspec.org/v1.0.0/item-search#query"
FILTER = "https://api.stacspec.org/v1.0.0/item-search#filter"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json"
CORE = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
]


@dataclass
class Asked:
    """A request that the server got."""

    method: str
    path: str
    query: dict
    body: object
    headers: dict

    @property
    def parameters(self):
        return self.body if self.method == "POST" else self.query


@dataclass
class Reply:
    """What the server says; bytes go out as they are, anything else as JSON."""

    body: object = None
    status: int = 200
    headers: dict = field(default_factory=dict)
    fault: str = ""
    """``stall``: nothing comes; ``stall-body``: half the body comes; ``drop``: the line is cut half-way."""


class ScriptedApi:
    """A STAC API whose every behaviour a test may replace."""

    def __init__(self):
        self.items = []
        self.collections = ["landsat-c2-l2", "sentinel-2-l1c", "sentinel-2-l2a", "sentinel-1-grd"]
        self.conforms = [*CORE, QUERY]
        self.methods = ("GET", "POST")
        self.largest_page = 1000
        self.too_large = 413
        self.faults = []
        self.replies = {}
        self.search = self.honest_search
        self.asked = []
        self.closing = threading.Event()
        self.url = ""

    @property
    def searches(self):
        return [asked for asked in self.asked if asked.path == "/search"]

    def answer(self, asked):
        self.asked.append(asked)
        if asked.path in self.replies:
            return self.replies[asked.path]
        if asked.path in {"", "/"}:
            return Reply(self.landing_page())
        if asked.path == "/collections":
            links = [{"rel": "self", "href": f"{self.url}/collections"}]
            collections = [self.collection(name) for name in self.collections]
            return Reply({"collections": collections, "links": links})
        if asked.path.startswith("/collections/"):
            name = asked.path.rpartition("/")[2]
            return Reply(self.collection(name)) if name in self.collections else Reply({}, 404)
        if asked.path == "/search" and asked.method in self.methods:
            return self.faults.pop(0) if self.faults else self.search(asked)
        return Reply({"code": "NotFound"}, 404)

    def landing_page(self):
        search = [
            {"rel": "search", "type": "application/geo+json", "href": f"{self.url}/search", "method": method}
            for method in self.methods
        ]
        return {
            "type": "Catalog",
            "stac_version": "1.0.0",
            "id": "scripted",
            "description": "A STAC API for tests",
            "conformsTo": self.conforms,
            "links": [
                {"rel": "self", "type": "application/json", "href": self.url},
                {"rel": "root", "type": "application/json", "href": self.url},
                {"rel": "data", "type": "application/json", "href": f"{self.url}/collections"},
                *search,
            ],
        }

    def collection(self, name):
        return {
            "type": "Collection",
            "stac_version": "1.0.0",
            "id": name,
            "description": name,
            "license": "proprietary",
            "extent": {
                "spatial": {"bbox": [[-180, -90, 180, 90]]},
                "temporal": {"interval": [["2015-06-27T00:00:00Z", None]]},
            },
            "links": [],
        }

    def honest_search(self, asked):
        """Filters by box, collection and, where a query asks for it, cloud cover; pages by a token."""
        said = asked.parameters
        limit = int(said.get("limit", 10))
        if limit > self.largest_page:
            return Reply({"code": "TooLarge"}, self.too_large)
        bounds, names = said["bbox"], said["collections"]
        if asked.method == "GET":
            bounds, names = bounds.split(","), names.split(",")
        area = box(*map(float, bounds))
        query = json.loads(said["query"]) if isinstance(said.get("query"), str) else said.get("query", {})
        most = query.get("eo:cloud_cover", {}).get("lte")

        def matches(item):
            clouds = item["properties"].get("eo:cloud_cover")
            clear = most is None or (clouds is not None and clouds <= most)
            return clear and item["collection"] in names and box(*item["bbox"]).intersects(area)

        found = [item for item in self.items if matches(item)]
        start = int(said.get("token", 0))
        page = found[start : start + limit]
        links = [self.next_link(asked, {"token": str(start + limit)})] if start + limit < len(found) else []
        return Reply(self.page(page, *links))

    def page(self, items, *links):
        return {"type": "FeatureCollection", "features": list(items), "links": list(links)}

    def next_link(self, asked, more):
        if asked.method == "POST":
            body = {**asked.body, **more}
            return {"rel": "next", "href": f"{self.url}/search", "method": "POST", "body": body}
        query = "&".join(f"{key}={value}" for key, value in {**asked.query, **more}.items())
        return {"rel": "next", "href": f"{self.url}/search?{query}", "method": "GET"}


def handler_of(api):
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self):
            parts = urlsplit(self.path)
            query = {key: values[0] for key, values in parse_qs(parts.query).items()}
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            path = parts.path.rstrip("/")
            self.send(api.answer(Asked(self.command, path, query, body, dict(self.headers))))

        do_GET = do_POST = answer  # noqa: N815 - names of the base class

        def send(self, reply):
            body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
            if reply.fault == "stall":
                api.closing.wait(30)
                return
            self.send_response(reply.status)
            for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if reply.fault:
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                if reply.fault == "stall-body":
                    api.closing.wait(30)
                self.close_connection = True
                return
            self.wfile.write(body)

    return Handler


class QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A client that gave up is part of the script, a mistake in the script is not."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.mistakes.append(error)


@contextmanager
def serve(api):
    server = QuietServer(("127.0.0.1", 0), handler_of(api))
    server.mistakes = []
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield api
    finally:
        api.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
    assert server.mistakes == []
