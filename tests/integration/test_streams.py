"""Standard streams that are closed, full or read no further: the work is done, and the exit code says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")

SEARCH = (
    "--start-date 2020-10-01 --end-date 2020-10-31 --aoi=-122.2,47.6,-122.1,47.65 --bands red "
    "--resolution 100"
)


@pytest.fixture
def shell(demo_archive, tmp_path):
    """Runs the program as a shell does, with redirections; gives the exit code and standard error."""

    def run(command, redirection, options=""):
        line = f"-m cloudless_mosaic {command} {SEARCH} --stac-url {demo_archive.catalog} {options}"
        done = subprocess.run(
            ["bash", "-c", f"set -o pipefail; {sys.executable} {line} {redirection}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert "Traceback" not in done.stderr
        assert "a bug" not in done.stderr
        return done

    return run


@pytest.mark.parametrize(
    "redirection",
    [
        ">&-",
        "2>&-",
        ">&- 2>&-",
        "<&- >&- 2>&-",
        ">/dev/full",
        "2>/dev/full",
        ">/dev/full 2>&1",
        "| head -1",
        "| true",
    ],
)
def test_a_run_does_its_work_whatever_becomes_of_its_log(shell, tmp_path, redirection):
    done = shell("run", redirection, "-v")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "catalog.json").is_file()
    (mosaic,) = tmp_path.glob("*/*-2020-10.tif")
    # nothing that was printed has gone into a file that was opened under the number of a closed stream
    assert mosaic.read_bytes()[:2] == b"II"


@pytest.mark.parametrize(
    ("command", "options", "redirection", "code"),
    [
        *(("plan", "", ">&-", 0), ("plan", "", "| true", 0), ("plan", "", ">/dev/full", 75)),
        *(("run", "--json", ">/dev/full", 75), ("plan", "--crs EPSG:0", "2>/dev/full", 2)),
        *(("plan", "--crs EPSG:0", "2>&-", 2), ("plan", "--crs EPSG:0", ">&- 2>&-", 2)),
    ],
)
def test_results_that_are_printed(shell, command, options, redirection, code):
    done = shell(command, redirection, options)
    assert done.returncode == code, done.stderr
    if code == 75:
        assert "standard output can't be written: no space left on device" in done.stderr


def test_a_merge_is_done_whatever_becomes_of_its_log(shell, tmp_path):
    shell("run", "", "--output-dir area --name area")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m cloudless_mosaic merge area --output-dir all >/dev/full"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "all/catalog.json").is_file()


def test_forced_colours_bring_no_bars_to_a_log(shell, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    done = shell("run", "")
    assert done.returncode == 0, done.stderr
    assert "\x1b[" in done.stdout
    for cursor in ("\x1b[?25l", "\x1b[2K", "\x1b[1A"):
        assert cursor not in done.stdout
