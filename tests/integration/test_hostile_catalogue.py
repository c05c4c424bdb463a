"""Forty-odd items of strangers, each with one trick, on an API that seems public: all are refused.

An audit hook sees every file that the process opens, and every connection and look-up that it tries.
"""

import copy
import json
import sys
from pathlib import Path

import pytest

from cloudless_mosaic.catalog import search as search_module
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.catalog.search import find_scenes
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.net import hosts
from cloudless_mosaic.net.redaction import redact

PUBLIC = "stac.example.com"
INSIDE = {"inside.example.com": "10.1.2.3", "metadata.example.com": "169.254.169.254"}
ACTS = frozenset({"socket.connect", "os.listdir", "subprocess.Popen"})
OWN = (".py", ".pyc", ".db")
HREF = ("assets", "B04", "href")


def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value


HREFS = {
    "path": "/etc/passwd",
    "file address": "file:///etc/passwd",
    "file address of a host": "file://localhost/etc/passwd",
    "relative path": "../../../etc/passwd",
    "vsicurl": "/vsicurl/https://evil.example/B04.tif",
    "vsicurl with a header file": "/vsicurl?header_file=/etc/passwd&url=https://evil.example/B04.tif",
    "vsizip": "/vsizip//etc/secret.zip/B04.tif",
    "vsisubfile": "/vsisubfile/0_100,/etc/passwd",
    "vsistdin": "/vsistdin/",
    "vsigzip in capitals": "/VSIGZIP//etc/passwd",
    "vrt": "vrt:///etc/passwd?bands=1",
    "inline VRT": "<VRTDataset rasterXSize='1'><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>",
    "inline WMS": "<GDAL_WMS><Service name='TMS'/></GDAL_WMS>",
    "inline JSON": '{"type": "gdal_streamed_alg"}',
    "driver prefix": "GTIFF_DIR:1:/etc/passwd",
    "netCDF prefix": 'NETCDF:"/etc/passwd":x',
    "HDF5 prefix": "HDF5:/etc/passwd://x",
    "STACIT prefix": "STACIT:https://evil.example/items.json",
    "derived": "DERIVED_SUBDATASET:LOGAMPLITUDE:/etc/passwd",
    "zip scheme": "zip+https://evil.example/a.zip!B04.tif",
    "data": "data:image/tiff;base64,SUkqAA==",
    "ftp": "ftp://evil.example/B04.tif",
    "capital scheme": "HTTPS://evil.example/B04.tif",
    "open http": "http://evil.example/B04.tif",
    "user and password": "https://user:hush@evil.example/B04.tif",
    "user that looks like a host": f"https://{PUBLIC}@127.0.0.1/B04.tif",
    "backslash": "https://evil.example\\@127.0.0.1/B04.tif",
    "loopback": "https://127.0.0.1/B04.tif",
    "loopback by name": "https://localhost/B04.tif",
    "loopback with a dot": "https://localhost./B04.tif",
    "loopback of IPv6": "https://[::1]/B04.tif",
    "loopback in IPv6": "https://[::ffff:127.0.0.1]/B04.tif",
    "loopback in short": "https://127.1/B04.tif",
    "loopback as a number": "https://2130706433/B04.tif",
    "loopback in hexadecimal": "https://0x7f000001/B04.tif",
    "loopback in octal": "https://0177.0.0.1/B04.tif",
    "loopback in other digits": "https://①②⑦.⓪.⓪.①/B04.tif",
    "no address": "https://0.0.0.0/B04.tif",
    "metadata of a cloud": "https://169.254.169.254/latest/meta-data/B04.tif",
    "metadata by name": "https://metadata.google.internal/computeMetadata/v1/B04.tif",
    "metadata in IPv6": "https://[fd00:ec2::254]/B04.tif",
    "metadata by NAT64": "https://[64:ff9b::a9fe:a9fe]/B04.tif",
    "name that leads inside": "https://inside.example.com/B04.tif",
    "name that leads to metadata": "https://metadata.example.com/B04.tif",
    "private network": "https://192.168.1.1/B04.tif",
    "carrier network": "https://100.64.0.1/B04.tif",
    "plain name": "https://intranet/B04.tif",
    "escaped host": "https://127%2e0%2e0%2e1/B04.tif",
    "port that is none": "https://evil.example:99999/B04.tif",
    "bucket with a host in it": "s3://evil.example:80/B04.tif",
    "bucket with a key": "s3://key:hush@bucket/B04.tif",
    "line break": "https://evil.example/B04.tif\r\nHost: 127.0.0.1",
    "null": "https://evil.example/B04.tif\0.png",
    "endless": f"https://evil.example/{'a' * 100_000}.tif",
}
"""From an API; the file that they name must not be touched, nor the host asked."""
FIELDS = {
    "id that climbs": (("id",), "../../../evil"),
    "hidden id": (("id",), ".ssh"),
    "id of a terminal": (("id",), "\x1b[2J\x1b]0;evil\x07"),
    "endless id": (("id",), "a" * 1_000_000),
    "id that is a list": (("id",), ["evil"]),
    "gigapixels": (("assets", "B04", "proj:shape"), [300_000, 300_000]),
    "negative shape": (("assets", "B04", "proj:shape"), [-1, 10980]),
    "infinite transform": (("assets", "B04", "proj:transform"), [1e300, 0, 0, 0, -1e300, 0]),
    "the whole world": (("geometry", "coordinates"), [[[-180, -90], [180, -90], [180, 90], [-180, 90]]]),
    "endless footprint": (("geometry", "coordinates"), [[[i / 1e6, i / 1e6] for i in range(20_000)]]),
    "deep footprint": (("geometry", "coordinates"), nested(400)),
    "scale of another product": (("assets", "B04", "raster:bands"), [{"scale": 1e9, "offset": 0}]),
    "endless clouds": (("properties", "eo:cloud_cover"), float("inf")),
}


def put(item, path, value):
    changed = copy.deepcopy(item)
    place = changed
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    return changed


@pytest.fixture(scope="module")
def item(trial_archive):
    """A good item, as a public API would give it."""
    path = trial_archive.item_path(trial_archive.acquisitions[0])
    good = json.loads(path.read_text("utf-8"))
    for asset in good["assets"].values():
        asset["href"] = f"https://files.example.com/{Path(asset['href']).name}"
    return good


class Watch:
    """What the process opened, connected to and looked up while it was on."""

    def __init__(self):
        self.on = False
        self.seen = []

    def __call__(self, event, arguments):
        if self.on and event in {"open", *ACTS}:
            self.seen.append((event, str(arguments[0])))


@pytest.fixture(scope="module")
def watch():
    watch = Watch()
    # there is no way to take it off again
    sys.addaudithook(watch)
    return watch


@pytest.fixture
def names(monkeypatch):
    """Look-ups of names, answered here."""
    asked = []

    def lead(name, *_, **__):
        asked.append(name)
        return [(2, 1, 6, "", (INSIDE.get(name, "93.184.216.34"), 0))]

    hosts._resolves_to_private.cache_clear()
    monkeypatch.setattr(hosts.socket, "getaddrinfo", lead)
    yield asked
    hosts._resolves_to_private.cache_clear()


@pytest.fixture
def search(monkeypatch, trial_request, watch):
    """Searches among items that a public API gave."""

    def run(*items):
        found = tuple(RawItem.of(one, host=PUBLIC) for one in items)
        monkeypatch.setattr(search_module, "_search", lambda *_: SearchResult(found))
        watch.seen.clear()
        watch.on = True
        try:
            return find_scenes(trial_request)
        finally:
            watch.on = False

    return run


def assert_refused(found, item, watch):
    assert [scene.id for scene in found.scenes] == [item["id"]]
    (dropped,) = found.dropped
    for text in (dropped.id, dropped.reason):
        assert text.isprintable()
        assert len(text) < 300
        assert "hush" not in text
        assert redact(text) == text
    # modules and the tables of PROJ may load meanwhile
    assert not [name for event, name in watch.seen if event in ACTS or not name.endswith(OWN)]


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize("href", HREFS.values(), ids=HREFS)
def test_an_href_of_a_stranger(item, search, watch, href):
    bad = put({**item, "id": f"{item['id']}_x"}, HREF, href)
    assert_refused(search(item, bad), item, watch)


@pytest.mark.usefixtures("names")
@pytest.mark.parametrize(("path", "value"), FIELDS.values(), ids=FIELDS)
def test_a_field_of_a_stranger(item, search, watch, path, value):
    bad = put({**item, "id": f"{item['id']}_x"}, path, value)
    assert_refused(search(item, bad), item, watch)


def test_links_of_items_lead_nowhere(item, search, watch, names):
    links = [
        {"rel": rel, "href": href}
        for rel in ("self", "root", "parent", "collection", "derived_from", "next")
        for href in (
            "/etc/passwd",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/",
            "../../secret.json",
        )
    ]
    found = search({**item, "links": links})
    assert len(found.scenes) == 1
    assert not [name for event, name in watch.seen if event in ACTS or not name.endswith(OWN)]
    assert set(names) == {PUBLIC, "files.example.com"}


@pytest.mark.parametrize(
    ("host", "href"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000/B04.tif"),
        ("stac.intranet", "https://10.0.0.7/B04.tif"),
        ("inside.example.com", "http://other.example.com/B04.tif"),
        (PUBLIC, f"http://{PUBLIC}/B04.tif"),
        (PUBLIC, "https://files.example.com/B04.tif"),
        (PUBLIC, "https://sentinel2l2a01.blob.core.windows.net/a/B04.tif"),
        (PUBLIC, "s3://eodata/B04.jp2"),
    ],
)
@pytest.mark.usefixtures("names")
def test_neighbours_may_be_read(monkeypatch, trial_request, item, host, href):
    found = SearchResult((RawItem.of(put(item, HREF, href), host=host),))
    monkeypatch.setattr(search_module, "_search", lambda *_: found)
    (scene,) = find_scenes(trial_request).scenes
    assert scene.rasters["B04"].href == href


def test_the_corpus_is_large_enough():
    assert len(HREFS) + len(FIELDS) >= 40
