"""Whatever is wrong with two scenes is one clear line, and leaves nothing behind."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pytest
import rasterio

from authority import Authority, serving_https


@pytest.fixture
def variant(tmp_path):
    """Writes a changed copy of an item, whose assets stay where they are."""

    def write(item, name="variant.json", assets=None, properties=None, **changes):
        document = json.loads(Path(item).read_text())
        for asset in document["assets"].values():
            asset["href"] = str(Path(item).parent / asset["href"])
        document["assets"] = {
            key: asset | (assets or {}).get(key, {})
            for key, asset in document["assets"].items()
            if (assets or {}).get(key, {}) is not None
        }
        document["properties"] |= properties or {}
        path = tmp_path / name
        path.write_text(json.dumps(document | changes))
        return str(path)

    return write


@pytest.fixture
def refused(burned_command, fire_items, tmp_path):
    """Runs the program, and looks that it fails in one line."""

    def run(before=None, after=None, *options):
        folder = tmp_path / "work"
        folder.mkdir(exist_ok=True)
        here = sorted(folder.rglob("*"))
        outcome = burned_command(
            *("--pre-fire-url", before or fire_items[0], "--post-fire-url", after or fire_items[1], *options),
            *("--output-dir", "out"),
            cwd=folder,
        )
        assert outcome.err.startswith("error: "), outcome.err
        assert len(outcome.err.splitlines()) == 1, outcome.err
        assert sorted(folder.rglob("*")) == here
        return outcome.code, outcome.err

    return run


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ("[]", "not a STAC object"),
        ("{}", "not a STAC item"),
        ('{"type": "FeatureCollection", "features": []}', "'FeatureCollection', not a STAC item"),
        ('{"type": "Catalog", "links": []}', "'Catalog', not a STAC item"),
        ('{"type": "Feature"}', "footprint"),
    ],
)
def test_something_else_than_an_item(refused, tmp_path, text, words):
    path = tmp_path / "other.json"
    path.write_text(text)
    code, line = refused(after=str(path))
    assert (code, words in line, "--post-fire-url" in line) == (2, True, True), line


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("nowhere.json", "no such file"),
        ("/dev", "it is a folder"),
        ("s3://bucket/item.json", "not an address of http, https or file"),
        ("ftp://a/b", "not an address of http, https or file"),
        ("a\nb", "no such file"),
        (" ", "is empty"),
    ],
)
def test_no_such_file(refused, location, words):
    code, line = refused(before=location)
    assert (code, "--pre-fire-url" in line, words in line) == (2, True, True), line


def test_pixels_that_no_raster_can_have(refused):
    code, line = refused(None, None, "--resolution", "1e-6")
    assert (code, "pixels of the scenes; give a coarser one" in line) == (2, True), line


def test_lacks_a_band(refused, variant, fire_items):
    code, line = refused(after=variant(fire_items[1], assets={"B12": None}))
    assert (code, "it has no band swir22" in line) == (2, True), line


def test_lacks_the_classification(refused, variant, fire_items):
    code, line = refused(after=variant(fire_items[1], assets={"SCL": None}))
    assert (code, "masks that work: none" in line) == (2, True), line


def test_is_not_surface_reflectance(refused, variant, fire_items):
    code, line = refused(after=variant(fire_items[1], properties={"s2:product_type": "S2MSI1C"}))
    assert (code, "not Level-2A" in line) == (2, True), line


def test_dates_and_scenes_that_are_swapped_or_the_same(refused, fire_items):
    before, after = fire_items
    code, line = refused(before=after, after=before)
    assert (code, "swap them" in line) == (2, True), line
    code, line = refused(after=before)
    assert (code, "the same scene" in line) == (2, True), line


def test_different_collections(refused, variant, fire_items):
    code, line = refused(after=variant(fire_items[1], collection="sentinel-2-l2a"))
    assert (code, "different collections" in line) == (2, True), line


def test_elsewhere(refused, variant, fire_items):
    square = [[10, 40], [11, 40], [11, 41], [10, 41], [10, 40]]
    code, line = refused(after=variant(fire_items[1], geometry={"type": "Polygon", "coordinates": [square]}))
    assert (code, "don't overlap" in line) == (3, True), line
    code, line = refused(None, None, "--aoi=10,40,11,41")
    assert (code, "--aoi" in line) == (3, True), line


def test_nothing_is_clear(refused):
    code, line = refused(None, None, "--scl-clear", "1")
    assert (code, "no pixel is clear in both" in line, "--mask none" in line) == (3, True, True), line


def test_nothing_has_data(refused, variant, fire_items, tmp_path):
    empty = tmp_path / "empty.tif"
    with rasterio.open(Path(fire_items[1]).parent / "B12.tif") as file:
        profile = file.profile
    with rasterio.open(empty, "w", **profile) as file:
        file.write(np.zeros((1, *file.shape), np.uint16))
    after = variant(fire_items[1], assets={"B12": {"href": str(empty)}})
    code, line = refused(None, after, "--mask", "none")
    assert (code, "no pixel has data in both" in line, "--mask none" in line) == (3, True, False), line


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--index", "ndvi"), "--index"),
        (("--resolution", "0"), "--resolution"),
        (("--aoi", "1,2"), "AOI needs four numbers"),
        (("--max-lost", "200"), "--max-lost"),
        (("--bogus",), "--bogus"),
    ],
)
def test_wrong_options(refused, options, words):
    code, line = refused(None, None, *options)
    assert (code, words in line) == (2, True), line


def test_files_that_can_not_be_read_are_lost(refused, variant, fire_items):
    broken = variant(fire_items[1], assets={"B12": {"href": "/nowhere/B12.tif"}})
    code, line = refused(after=broken)
    assert (code, "--max-lost is 5 %" in line) == (4, True), line
    code, line = refused(None, broken, "--max-lost", "100")
    assert (code, "no pixel is clear" in line) == (3, True), line


def test_a_scene_that_can_never_be_read_ends_the_run_with_the_reason(
    refused, variant, fire_items, tmp_path_factory
):
    authority = Authority(tmp_path_factory.mktemp("authority"))
    with serving_https(BaseHTTPRequestHandler, authority.server_context()) as server:
        shut = variant(fire_items[1], assets={"B12": {"href": f"{server.address}/B12.tif"}})
        code, line = refused(after=shut)
    assert (code, "the only scene of the date after it can't be read" in line) == (2, True), line
    assert "SSL_CERT_FILE" in line
    assert "try again" not in line
    with rasterio.open(Path(fire_items[1]).parent / "B12.tif") as file:
        profile, pixels = {**file.profile, "dtype": "float32"}, file.read().astype(np.float32)
    floats = tmp_path_factory.mktemp("floats") / "B12.tif"
    with rasterio.open(floats, "w", **profile) as file:
        file.write(pixels)
    code, line = refused(None, variant(fire_items[1], assets={"B12": {"href": str(floats)}}))
    assert (code, "float32" in line) == (3, True), line


def test_what_is_in_the_folder_is_kept(burned_command, fire_items, tmp_path):
    def run(*options):
        return burned_command(
            *("--pre-fire-url", fire_items[0], "--post-fire-url", fire_items[1], *options), cwd=tmp_path
        )

    strange = tmp_path / "bai.tif"
    strange.write_text("mine")
    outcome = run()
    assert (outcome.code, "of something else" in outcome.err) == (2, True)
    assert strange.read_text() == "mine"
    assert run("--overwrite").code == 0
    first = strange.read_bytes()
    assert run().code == 0  # the same plan makes the same files again
    assert strange.read_bytes() == first
    outcome = run("--index", "rbr")
    assert outcome.code == 2
    assert "index is dnbr there and rbr here" in outcome.err
    assert strange.read_bytes() == first
    assert run("--index", "rbr", "--overwrite").code == 0
    assert strange.read_bytes() != first
    (tmp_path / "catalog.json").write_text('{"id": "cloudless-mosaic"}')
    outcome = run("--overwrite")
    assert (outcome.code, "isn't one of burned area" in outcome.err) == (2, True)
    assert not (tmp_path / ".cloudless-mosaic").exists()


class Storage(BaseHTTPRequestHandler):
    """Serves files whole, or by ranges; refuses what is below ``closed``, and items there without a key."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        """Says nothing."""

    def do_GET(self):
        kind, _, path = urlsplit(self.path).path.lstrip("/").partition("/")
        file = self.server.folder / path
        key = self.headers.get("X-Api-Key")
        if kind == "closed" or not file.is_file():
            return self.send_error(403 if kind == "closed" else 404)
        if kind == "keyed" and (file.suffix == ".json") != (key == "hush"):
            return self.send_error(401)
        data = file.read_bytes()
        wanted = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
        start, end = (int(wanted[1]), min(len(data), int(wanted[2]) + 1)) if wanted else (0, len(data))
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(end - start))
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{len(data)}")
        self.send_header("ETag", f'"{len(data)}"')
        self.send_header("Last-Modified", "Thu, 01 Oct 2020 00:00:00 GMT")
        self.end_headers()
        return self.wfile.write(data[start:end])


@pytest.fixture
def archive_server(fire_archive):
    """The archive behind http, as a static catalog."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Storage) as server:
        server.folder = fire_archive.folder
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_items_by_their_address(archive_server, fire_archive, fire_items, burned_command, tmp_path):
    """Assets of an item lie where it lies, as it says."""
    addresses = [
        f"{archive_server}/open/{Path(item).relative_to(fire_archive.folder)}" for item in fire_items
    ]
    assert json.loads(Path(fire_items[0]).read_text())["assets"]["B08"]["href"] == "./B08.tif"
    for name, (before, after) in {"web": addresses, "files": fire_items}.items():
        outcome = burned_command(
            *("--pre-fire-url", f"{before}?sig=hidden" if name == "web" else before),
            *("--post-fire-url", after, "--output-dir", name),
            cwd=tmp_path,
        )
        assert outcome.code == 0, outcome.err
        assert "hidden" not in outcome.out
    with rasterio.open(tmp_path / "web/bai.tif") as ours, rasterio.open(tmp_path / "files/bai.tif") as other:
        np.testing.assert_array_equal(ours.read(), other.read())
    text = (tmp_path / "web/burned-area.json").read_text()
    assert "hidden" not in text
    links = [link["href"] for link in json.loads(text)["links"] if link["rel"] == "derived_from"]
    assert links == addresses


def test_items_that_want_a_header(
    archive_server, fire_archive, fire_items, burned_command, refused, tmp_path
):
    before = f"{archive_server}/keyed/{Path(fire_items[0]).relative_to(fire_archive.folder)}"
    code, line = refused(before)
    assert (code, "wants credentials (401); give a header (--header)" in line) == (2, True), line
    header = ("--header", "X-Api-Key: hush")
    code, line = refused(before, before.replace("127.0.0.1", "localhost"), *header)
    assert (code, "on two hosts" in line, "hush" in line) == (2, True, False), line
    options = ("--pre-fire-url", before, "--post-fire-url", fire_items[1], "--provider", "earth-search-v0")
    outcome = burned_command(*options, *header, cwd=tmp_path)
    assert outcome.code == 0, outcome.err
    for file in (tmp_path / "burned-area.json", tmp_path / "catalog.json"):
        assert "hush" not in file.read_text()


def test_addresses_without_an_item(archive_server, fire_archive, fire_items, refused):
    picture = (Path(fire_items[0]).parent / "SCL.tif").relative_to(fire_archive.folder)
    places = {
        "open/no.json": ("answers 404", "--pre-fire-url"),
        "closed/a.json": ("closed/a.json refuses access (403)", "check the credentials"),
        f"open/{picture}": ("not JSON", "--pre-fire-url"),
    }
    for place, words in places.items():
        code, line = refused(before=f"{archive_server}/{place}?sig=hidden")
        assert (code, *(text in line for text in words)) == (2, True, True), line
        assert "hidden" not in line
    code, line = refused(before="http://127.0.0.1:9/a.json")
    assert (code, "can't be reached; is it running? Check --pre-fire-url" in line) == (75, True), line


def test_auto_is_the_classification_where_a_scene_lacks_a_band(variant, burned_command, fire_items, tmp_path):
    lacking = [
        variant(item, f"{name}.json", assets={"blue": None})
        for name, item in zip(("before", "after"), fire_items, strict=True)
    ]
    scenes = ("--pre-fire-url", lacking[0], "--post-fire-url", lacking[1], "--resolution", "60")
    severity = []
    for mask in ("auto", "scl"):
        done = burned_command(*scenes, "--mask", mask, "--output-dir", mask, cwd=tmp_path)
        assert done.code == 0, done.err
        assert ("has no band blue, which the default mask looks at; the mask is scl" in done.out) == (
            mask == "auto"
        )
        with rasterio.open(tmp_path / mask / "severity.tif") as dataset:
            severity.append(dataset.read(1))
    np.testing.assert_array_equal(*severity)
    done = burned_command(*scenes, "--mask", "multidate", "--output-dir", "asked", cwd=tmp_path)
    assert (done.code, "masks that work: scl" in done.err) == (2, True)
