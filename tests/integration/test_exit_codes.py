"""One exit code for each way that a run can end; the table is in the README. Signals are in test_resume."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

resource = pytest.importorskip("resource")
pytestmark = pytest.mark.xdist_group("demo")

ONE_MONTH = {
    "--start-date": "2020-10-01",
    "--end-date": "2020-10-31",
    "--aoi": "-122.2,47.6,-122.1,47.65",
    "--bands": "red",
    "--resolution": "20",
    "--output-dir": "out",
}
BUG = """
from cloudless_mosaic import cli, pipeline
pipeline.run = lambda *_, **__: [][0]
cli.main()
"""


@pytest.fixture
def line(demo_archive):
    def make(**change):
        options = {**ONE_MONTH, "--stac-url": str(demo_archive.catalog)}
        options |= {f"--{name.replace('_', '-')}": value for name, value in change.items()}
        return [f"{name}={value}" for name, value in options.items()]

    return make


def run(program, cwd, limit=None, open_files=None):
    """Runs a program; the limits are the size of the largest file it may write, and its open files.

    Under a limit of size its lines are not counted: the file of counts would be too large itself.
    """
    kept = {name: value for name, value in os.environ.items() if not (limit and name.startswith("COV"))}

    def lower():
        for what, most in ((resource.RLIMIT_FSIZE, limit), (resource.RLIMIT_NOFILE, open_files)):
            if most:
                resource.setrlimit(what, (most, most))

    return subprocess.run(
        [sys.executable, *program],
        cwd=cwd,
        env=kept,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lower,
    )


def visible(folder):
    return [path.name for path in folder.iterdir() if not path.name.startswith(".")]


def test_done_is_0(line, tmp_path):
    assert run(["-m", "cloudless_mosaic", *line()], tmp_path).returncode == 0


def test_a_bug_is_1(line, tmp_path):
    done = run(["-c", BUG, *line()], tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("error: a bug, please report it: IndexError")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("change", "code"), [({"aoi": "1,2,3"}, 2), ({"crs": "EPSG:0"}, 2), ({"aoi": "10,47.6,10.1,47.65"}, 3)]
)
def test_a_bad_request_is_2_and_no_data_is_3(line, tmp_path, change, code):
    done = run(["-m", "cloudless_mosaic", *line(**change)], tmp_path)
    assert done.returncode == code, done
    assert done.stderr.startswith("error: ")
    assert list(tmp_path.iterdir()) == []


WATCHED = """
import atexit, os, sys
seen = set()
def watch(event, arguments):
    if event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        seen.add(os.path.abspath(os.fsdecode(arguments[0])))
sys.addaudithook(watch)
atexit.register(lambda: print(*sorted(seen), sep="\\n", file=sys.stderr))
from cloudless_mosaic import cli
cli.main()
"""


def test_nothing_is_written_beside_the_output(line, tmp_path, monkeypatch):
    """Neither home, nor cache, nor temporary folder is needed: containers may have none."""
    for name in ("HOME", "XDG_CACHE_HOME", "TMPDIR", "MPLCONFIGDIR"):
        monkeypatch.setenv(name, "/dev/null")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    done = run(["-c", WATCHED, *line()], tmp_path)
    assert done.returncode == 0, done.stderr
    written = [path for path in done.stderr.splitlines() if ".coverage" not in path]
    assert len(written) > 5
    assert [path for path in written if not path.startswith(f"{tmp_path}/out/")] == []


@pytest.mark.parametrize("limit", [100_000, 400_000, 900_000])
def test_a_full_disk_is_75_and_the_next_run_goes_on(line, tmp_path, limit):
    """Under the blocks, under the tiles, or under the files: whatever is too large first."""
    full = run(["-m", "cloudless_mosaic", *line(resolution="10")], tmp_path, limit)
    assert full.returncode == 75, full
    assert re.match(r"error: no space to write \S+ in .*; free some and run again\n$", full.stderr)
    assert not visible(tmp_path / "out")
    assert not list(tmp_path.rglob("*.partial"))
    assert run(["-m", "cloudless_mosaic", *line(resolution="10")], tmp_path).returncode == 0
    assert sorted(visible(tmp_path / "out")) == [
        *("catalog.json", "collection.json", "monthly-mosaic-2020-10")
    ]
    assert len(list((tmp_path / "out").iterdir())) == 3


def test_many_tiles_at_a_time_need_few_files_open_at_a_time(line, tmp_path):
    """Eighteen tiles of one block each, of three files each."""
    options = {"resolution": "10", "aoi": "-122.27,47.55,-121.97,47.74", "tile_size": "512", "workers": "12"}
    done = run(["-m", "cloudless_mosaic", *line(**options)], tmp_path, open_files=128)
    assert done.returncode == 0, done.stderr
    assert len(visible(tmp_path / "out")) > 18


@pytest.mark.parametrize("open_files", [8, 12, 16, 20, 28])
def test_too_few_open_files_are_75_and_never_a_lost_observation(line, tmp_path, open_files):
    done = run(["-m", "cloudless_mosaic", *line(), "--json"], tmp_path, open_files=open_files)
    assert done.returncode == (0 if open_files == 28 else 75), done.stderr
    if done.returncode:
        assert "ulimit -n" in done.stderr
        return
    assert json.loads(done.stdout.splitlines()[-1])["periods"][0]["lost"] == 0


def test_a_soft_limit_of_open_files_is_raised(line, tmp_path):
    """Only what the system sets counts, not the lower default of a shell."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    script = f"import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (16, {most}))\n"
    script += "from cloudless_mosaic import cli\ncli.main()"
    done = run(["-c", script, *line()], tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("how", ["threads", pytest.param("local", marks=pytest.mark.slow)])
def test_a_full_temporary_folder_does_no_harm(line, tmp_path, small_disk, monkeypatch, how):
    """Nothing of a run depends on it, on threads and on worker processes."""
    with suppress(OSError), (small_disk / "fill").open("wb") as file:
        for _ in range(64):
            file.write(bytes(1 << 16))
    monkeypatch.setenv("TMPDIR", str(small_disk))
    options = line() if how == "threads" else [*line(), "--cluster=local", "--workers=1"]
    done = run(["-m", "cloudless_mosaic", *options, "--json"], tmp_path)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["periods"][0]["lost"] == 0


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = hasattr(os, "geteuid") and os.geteuid() == 0
    mounted = mounted and not subprocess.call(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], stderr=subprocess.DEVNULL
    )
    if not mounted:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.check_call(["umount", str(folder)])


def test_a_small_disk_is_75_and_nothing_is_half_written(line, small_disk):
    full = run(["-m", "cloudless_mosaic", *line(resolution="10", output_dir="out")], small_disk)
    assert full.returncode == 75, full
    assert "no space to write" in full.stderr
    assert not visible(small_disk / "out")


def test_unfinished_work_may_lie_on_another_disk(line, small_disk, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / ".cloudless-mosaic").symlink_to(small_disk)
    done = run(["-m", "cloudless_mosaic", *line(output_dir="out")], tmp_path)
    assert done.returncode == 0, done.stderr
    assert out.stat().st_dev != small_disk.stat().st_dev
    assert (out / "catalog.json").is_file()
    assert list(out.glob("monthly-*/*.tif"))
    assert list(small_disk.iterdir()) == []


def test_a_read_only_disk_is_2(line, small_disk):
    subprocess.check_call(["mount", "-o", "remount,ro", str(small_disk)])
    done = run(["-m", "cloudless_mosaic", *line()], small_disk)
    assert done.returncode == 2, done
    assert "read-only file system; choose another folder" in done.stderr


def test_the_documentation_lists_every_code():
    text = (Path(__file__).parents[2] / "docs/reference/exit-codes.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| (\d+) \|", text, re.MULTILINE) == [
        *("0", "1", "2", "3", "4", "75", "129", "130", "143")
    ]
