"""The preview page: made by --report, served by ``view``, looked at in Chromium."""

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

pytestmark = pytest.mark.xdist_group("demo")

WEB = Path(__file__).resolve().parents[2] / "web"
HOSTILE = "<img src=x onerror=\"document.title='owned'\">"


@pytest.fixture(scope="module", autouse=True)
def template():
    """The page of this installation."""
    path = files("cloudless_mosaic.report") / "template.html"
    if not path.is_file():
        assert shutil.which("npm") is None, "there is npm, but no page: run make setup"
        pytest.skip("the page can't be bundled without npm")
    return path


@pytest.fixture(scope="module")
def chromium(template):
    """A browser, and Playwright to drive it with."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if not found:
        pytest.skip("there is no Chromium; .ci/run installs it")
    assert (WEB / "node_modules" / "playwright-core").is_dir(), (
        f"run make setup; {template} alone isn't enough"
    )
    return found


@pytest.fixture(scope="module")
def example(readme_example, demo_archive):
    return (*readme_example, "--stac-url", str(demo_archive.catalog))


@pytest.fixture(scope="module")
def demo(example, mosaic_command, tmp_path_factory):
    """The README's example, with its page."""
    folder = tmp_path_factory.mktemp("report") / "demo"
    made = mosaic_command(*example, "--report", "--output-dir", str(folder), cwd=folder.parent)
    assert made.code == 0, made.err
    assert f"report: cloudless-mosaic view {folder}" in " ".join((made.out + made.err).split())
    return folder


@pytest.fixture(scope="module")
def tiled(demo_archive, mosaic_command, tmp_path_factory):
    """Four tiles of a month, compressed by ZSTD, a month without scenes, and an item that means harm."""
    folder = tmp_path_factory.mktemp("tiled")
    command = (
        *("--start-date", "2020-10-01", "--end-date", "2020-10-31", "--aoi=-122.20,47.60,-122.06,47.69"),
        *("--bands", "red", "--bands", "green", "--bands", "blue", "--bands", "nir", "--resolution", "20"),
        *("--tile-size", "512", "--compression", "zstd", "-q", "--stac-url", str(demo_archive.catalog)),
        *("--layer", "date", "--layer", "source", "--index", "NDVI"),
    )
    made = mosaic_command(*command, cwd=folder)
    assert made.code == 0, made.err
    for path in folder.glob("*/*.json"):
        item = json.loads(path.read_text("utf-8"))
        dropped = item["properties"]["cloudless_mosaic:dropped_scenes"]
        dropped.append({"id": HOSTILE, "reason": f"</script>{HOSTILE}"})
        path.write_text(json.dumps(item), "utf-8")
    catalog = json.loads((folder / "catalog.json").read_text("utf-8"))
    catalog["title"] = HOSTILE
    catalog["cloudless_mosaic:empty_periods"] = [{"period": "2021-01", "reason": "the search found no scene"}]
    (folder / "catalog.json").write_text(json.dumps(catalog), "utf-8")
    return folder


@contextmanager
def viewed(folder):
    """``cloudless-mosaic view`` at work on a folder, ended as by Ctrl-C; gives the address it prints."""
    arguments = [sys.executable, "-m", "cloudless_mosaic", "view", str(folder)]
    with subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that starts the tests in its background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no other threads
    ) as viewer:
        try:
            address = viewer.stdout.readline().split()[0]
            assert address.startswith("http://127.0.0.1:")
            yield address
        finally:
            viewer.send_signal(signal.SIGINT)
            _, said = viewer.communicate(timeout=240)
        assert (viewer.returncode, said) == (0, "")


def test_the_page_is_beside_the_catalog_and_alone_needed(demo):
    page = (demo / "report.html").read_text("utf-8")
    assert {path.name for path in demo.iterdir() if path.is_file()} == {
        "catalog.json",
        "collection.json",
        "report.html",
    }
    assert "script-src 'sha256-" in page
    assert '"label":"2020-12"' in page


def test_view_serves_a_part_of_a_mosaic(demo):
    with viewed(demo) as address:
        place = "monthly-mosaic-2020-10/monthly-mosaic-2020-10.tif"
        request = Request(address.replace("report.html", place), headers={"Range": "bytes=0-3"})
        with urlopen(request) as answer:
            assert (answer.status, answer.read()) == (206, b"II*\0")


def test_view_makes_the_page_where_there_is_none(tiled):
    with viewed(tiled) as address, urlopen(address) as answer:
        assert b'"label":"2021-01"' in answer.read()
    assert not (tiled / "report.html").exists()


def test_a_new_plan_takes_the_page_of_the_old_one_away(demo, example, mosaic_command, tmp_path):
    folder = tmp_path / "again"
    shutil.copytree(demo, folder)
    command = [*example, "-q", "--output-dir", str(folder), "--overwrite", "--cloud-dilation", "0"]
    made = mosaic_command(*command, cwd=tmp_path)
    assert made.code == 0, made.err
    assert not (folder / "report.html").exists()


def test_a_finished_run_gets_its_page_afterwards(demo, example, mosaic_command, tmp_path):
    folder = tmp_path / "later"
    shutil.copytree(demo, folder)
    (folder / "report.html").unlink()
    made = mosaic_command(*example, "-q", "--report", "--output-dir", str(folder), cwd=tmp_path)
    assert (made.code, made.out + made.err) == (0, "")
    assert (folder / "report.html").exists()


def test_a_file_of_another_program_ends_the_run_before_work(example, mosaic_command, tmp_path):
    (tmp_path / "report.html").write_text("mine", "utf-8")
    made = mosaic_command(*example, "--report", cwd=tmp_path)
    assert made.code == 2
    assert "isn't a page of this program" in made.err
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere has no catalog.json"),
        ([], "has no catalog.json"),
        (["file"], "has no catalog.json"),
        (["other"], "isn't a catalog of mosaics"),
        (["--port", "70000"], "70000"),
        (["--port", "x"], "'x' is not a valid integer"),
        (["a", "b"], "unexpected extra argument"),
    ],
)
def test_view_says_what_is_wrong(mosaic_command, tmp_path, arguments, message):
    (tmp_path / "file").touch()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "catalog.json").write_text('{"id": "scenes"}', "utf-8")
    made = mosaic_command("view", *arguments, cwd=tmp_path)
    assert made.code == 2
    assert made.out == ""
    assert message in made.err
    assert made.err.count("\n") == 1


def run_node(*arguments, **env):
    done = subprocess.run(
        ["node", *arguments],
        cwd=WEB,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout[-6000:]}{done.stderr[-2000:]}"


def test_the_modules_of_the_page():
    run_node("--test", "test/")


def test_the_page_in_chromium(chromium, demo, tiled):
    with viewed(demo) as address, viewed(tiled) as other:
        run_node(
            *("--test", "browser/page.test.js"),
            CHROMIUM=chromium,
            DEMO=address,
            TILED=other,
            DEMO_FILE=str(demo / "report.html"),
        )
