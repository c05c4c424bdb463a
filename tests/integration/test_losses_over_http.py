"""Files that a server doesn't give: losses are whole, counted and named, and a later run makes good."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import rasterio

pytestmark = pytest.mark.xdist_group("demo")

OCTOBER = (
    *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.2,47.6,-122.1,47.65"),
    *("--bands", "red", "--bands", "green", "--resolution", "20"),
)
NAME = "monthly-mosaic-2020-10"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.server.folder / self.path.lstrip("/")
        if any(word in self.path for word in self.server.missing) or not path.is_file():
            return self.answer(404, b"gone", {})
        start, end = (int(part) for part in self.headers["Range"].removeprefix("bytes=").split("-"))
        body = path.read_bytes()[start : end + 1]
        end = start + len(body) - 1
        return self.answer(206, body, {"Content-Range": f"bytes {start}-{end}/{path.stat().st_size}"})

    def answer(self, status, body, headers):
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(demo_archive):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.folder, server.missing = demo_archive.folder, set()
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def search(demo_archive, server, tmp_path):
    """Writes the October items as a search gives them, with the addresses of the server."""
    root = f"http://127.0.0.1:{server.server_address[1]}"

    def write(name, without=""):
        items = []
        for acquisition in demo_archive.acquisitions:
            path = demo_archive.item_path(acquisition)
            item = json.loads(path.read_text())
            if item["properties"]["datetime"] > "2020-11" or item["id"] == without:
                continue
            for asset in item["assets"].values():
                place = (path.parent / asset["href"]).resolve().relative_to(demo_archive.folder.resolve())
                asset["href"] = f"{root}/{place}"
            item["links"] = []
            items.append(item)
        file = tmp_path / name
        file.write_text(json.dumps({"type": "FeatureCollection", "features": items}))
        return str(file)

    return write


@pytest.fixture
def command(mosaic_command, tmp_path):
    def run(items, *more):
        return mosaic_command(*OCTOBER, "--stac-url", items, *more, cwd=tmp_path)

    return run


def item(folder):
    return json.loads((folder / NAME / f"{NAME}.json").read_text())


def green_of(items, scene):
    """Path of a scene's green band on the server."""
    features = json.loads(Path(items).read_text())["features"]
    found = next(feature for feature in features if feature["id"] == scene)
    return urlsplit(found["assets"]["B03"]["href"]).path


def pixels(folder):
    with rasterio.open(folder / NAME / f"{NAME}.tif") as file:
        return file.read()


def test_a_lost_observation_is_lost_in_every_band_and_counted_everywhere(server, search, command, tmp_path):
    items = search("items.json")
    quiet = command(items, "--output-dir", "quiet", "--json")
    assert quiet.code == 0, quiet.err
    properties = item(tmp_path / "quiet")["properties"]
    scene = next(entry["id"] for entry in properties["cloudless_mosaic:scenes"] if entry["used"])
    planned = properties["cloudless_mosaic:observations"]
    blocks = planned // len(properties["cloudless_mosaic:scenes"])

    # one band is missing, the other would be there
    server.missing = {green_of(items, scene)}
    failed = command(items, "--output-dir", "out")
    assert failed.code == 4, failed
    assert f"{blocks} of {planned} observations of 2020-10 could not be read" in failed.err
    assert "--max-lost is 5 %" in failed.err
    assert not [path for path in (tmp_path / "out").iterdir() if not path.name.startswith(".")]

    declared = command(items, "--output-dir", "out", "--max-lost", "30")
    assert declared.code == 0, declared.err
    assert f"2020-10: {blocks} of {planned} observations were lost" in declared.out
    assert declared.out.count(f"lost: {scene} in block") == blocks
    properties = item(tmp_path / "out")["properties"]
    lost = properties["cloudless_mosaic:lost_observations"]
    assert [entry["scene"] for entry in lost] == [scene] * blocks
    assert properties["cloudless_mosaic:lost_percent"] == round(100 * blocks / planned, 4)

    without = command(search("without.json", without=scene), "--output-dir", "without")
    assert without.code == 0, without.err
    assert (pixels(tmp_path / "out") == pixels(tmp_path / "without")).all()
    assert (pixels(tmp_path / "out") != pixels(tmp_path / "quiet")).any()

    # the losses were accepted and stay; a stricter limit tries them again
    server.missing = set()
    again = command(items, "--output-dir", "out")
    assert again.code == 0, again.err
    files = sorted(path.relative_to(tmp_path / "quiet") for path in (tmp_path / "quiet").rglob("*.*"))
    assert sorted(path.relative_to(tmp_path / "out") for path in (tmp_path / "out").rglob("*.*")) == files
    for path in files:
        if (tmp_path / "quiet" / path).is_file():
            assert (tmp_path / "out" / path).read_bytes() == (tmp_path / "quiet" / path).read_bytes(), path


def test_losses_of_tiles_are_counted_tile_by_tile(server, search, command, tmp_path):
    tiled = ("--tile-size", "512", "--resolution", "10", "--max-lost")
    items = search("items.json")
    quiet = command(items, *tiled, "5", "--output-dir", "quiet")
    assert quiet.code == 0, quiet.err
    names = sorted(path.name for path in (tmp_path / "quiet").iterdir() if path.is_dir())
    assert len(names) > 1
    properties = tile_item(tmp_path / "quiet", names[0])["properties"]
    scene = next(entry["id"] for entry in properties["cloudless_mosaic:scenes"] if entry["used"])
    server.missing = {green_of(items, scene)}
    failed = command(items, *tiled, "5", "--output-dir", "out")
    assert failed.code == 4, failed
    assert re.search(r"\d+ of \d+ observations of 2020-10-x\d+y\d+ could not be read", failed.err), failed.err
    declared = command(items, *tiled, "50", "--output-dir", "out")
    assert declared.code == 0, declared.err
    without = command(search("without.json", without=scene), *tiled, "5", "--output-dir", "without")
    assert without.code == 0, without.err
    for name in names:
        properties = tile_item(tmp_path / "out", name)["properties"]
        lost = properties["cloudless_mosaic:lost_observations"]
        assert {entry["scene"] for entry in lost} == {scene}
        # every scene is in every block
        blocks = properties["cloudless_mosaic:observations"] / len(properties["cloudless_mosaic:scenes"])
        assert len(lost) == len({tuple(entry["block"]) for entry in lost}) == blocks
        for suffix in (".tif", "-count.tif", "-visual.tif"):
            ours, theirs = (tmp_path / root / name / f"{name}{suffix}" for root in ("out", "without"))
            assert ours.read_bytes() == theirs.read_bytes(), name


def tile_item(folder, name):
    return json.loads((folder / name / f"{name}.json").read_text())


@pytest.mark.parametrize(("open_files", "code"), [(14, 75), (64, 0)])
def test_too_few_open_files_lose_no_observation(search, tmp_path, open_files, code):
    pytest.importorskip("resource")
    script = f"import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, ({open_files},) * 2)\n"
    script += "from cloudless_mosaic import cli\ncli.main()"
    done = subprocess.run(
        [sys.executable, "-c", script, *OCTOBER, "--stac-url", search("all.json"), "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr
    if code:
        assert "ulimit -n" in done.stderr
    else:
        assert json.loads(done.stdout.splitlines()[-1])["periods"][0]["lost"] == 0
