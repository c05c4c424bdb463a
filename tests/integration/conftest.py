from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest
from pyproj import Transformer

from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.archive import Archive, ArchiveSpec, build_archive
from cloudless_mosaic.synthetic.copernicus import COPERNICUS
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER
from outputs import assert_same_files
from stac_output import check_outputs

README_AOI = "-122.27508544921875,47.54687159892238,-121.96128845214844,47.745787772920934"
README_EXAMPLE = (
    *("--start-date", "2020-10-01", "--end-date", "2020-12-31", "--aoi", README_AOI),
    *("--bands", "nir", "--bands", "red", "--bands", "green", "--collection", "sentinel-2-l2a"),
    *("--resolution", "100", "--max-items", "1000", "--max-cloud-cover", "25"),
)


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def command(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Outcome:
    """Runs the command line in a process of its own, as a user does."""
    done = subprocess.run(
        [sys.executable, "-m", "cloudless_mosaic", *arguments],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    if done.returncode == 0:
        check_outputs(output_folder(arguments, cwd), cwd / "demo-output")
    return Outcome(done.returncode, done.stdout, done.stderr)


def output_folder(arguments, cwd: Path) -> Path:
    """Where a command was told to write to."""
    named = [after for before, after in pairwise(arguments) if before == "--output-dir"]
    return cwd / (named[-1] if named else ".")


@pytest.fixture(scope="session")
def threaded_example(demo_archive, tmp_path_factory) -> Path:
    """The README's example, made by threads."""
    folder = tmp_path_factory.mktemp("threads")
    outcome = command(*README_EXAMPLE, "-q", "--stac-url", str(demo_archive.catalog), cwd=folder)
    assert outcome.code == 0, outcome.err
    return folder


@pytest.fixture(scope="session")
def mosaic_command():
    return command


def start(*arguments: str, cwd: Path) -> subprocess.Popen[str]:
    """Starts the command line, for tests that disturb it."""
    return subprocess.Popen(
        [sys.executable, "-m", "cloudless_mosaic", *arguments],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # a shell that starts the tests in its background has them ignore Ctrl-C
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no other threads
    )


@pytest.fixture(scope="session")
def start_command():
    return start


@pytest.fixture(scope="session")
def readme_example() -> tuple[str, ...]:
    return README_EXAMPLE


@pytest.fixture(scope="session")
def demo_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    return build_archive(tmp_path_factory.mktemp("demo") / "archive", ArchiveSpec.demo())


@pytest.fixture(scope="session")
def small_archives(tmp_path_factory) -> dict[str, Archive]:
    """One date, red only, as GeoTIFF and as JPEG 2000."""
    spec = ArchiveSpec(
        (Extent(SEATTLE, offset=(6144, 3072), size=(780, 480)),), CLEAR_AUTUMN[:1], noise=1.0, bands=("B04",)
    )
    folder = tmp_path_factory.mktemp("small")
    styles = {".tif": PLANETARY_COMPUTER, ".jp2": COPERNICUS}
    return {
        suffix: build_archive(folder / suffix[1:], replace(spec, style=style))
        for suffix, style in styles.items()
    }


@pytest.fixture(scope="session")
def small_request(small_archives):
    """Arguments for a mosaic of such an archive, wherever it is."""

    def of(suffix: str, stac_url: str) -> tuple[str, ...]:
        archive = small_archives[suffix]
        left, bottom, right, top = archive.spec.extents[0].grid(10).bounds
        to_degrees = Transformer.from_crs(SEATTLE.crs, "EPSG:4326", always_xy=True)
        bounds = to_degrees.transform_bounds(left + 900, bottom + 900, right - 900, top - 900)
        area = ",".join(f"{degrees:.4f}" for degrees in bounds)
        return (
            *("--start-date", "2020-10-01", "--end-date", "2020-10-31", f"--aoi={area}", "--bands", "red"),
            *("--collection", archive.spec.style.collection, "--resolution", "20", "--mask", "scl"),
            *("--max-cloud-cover", "100", "-q", "--stac-url", stac_url),
        )

    return of


@pytest.fixture(scope="session")
def small_mosaics(small_archives, small_request, tmp_path_factory) -> dict[str, Path]:
    """The mosaics of their local files."""
    folders = {}
    for suffix, archive in small_archives.items():
        folders[suffix] = tmp_path_factory.mktemp("local")
        outcome = command(*small_request(suffix, str(archive.catalog)), cwd=folders[suffix])
        assert outcome.code == 0, outcome.err
    return folders


@pytest.fixture(scope="session")
def fire_archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """Two scenes, and a fire of known severity in between."""
    return build_archive(tmp_path_factory.mktemp("fire") / "archive", ArchiveSpec.fire())


@pytest.fixture(scope="session")
def fire_items(fire_archive: Archive) -> tuple[str, str]:
    """Paths of their items."""
    before, after = map(fire_archive.item_path, fire_archive.acquisitions)
    return str(before), str(after)


@pytest.fixture(scope="session")
def burned_command():
    """Runs ``burned-area`` in a process of its own."""

    def run(*arguments: str, cwd: Path, env: dict[str, str] | None = None) -> Outcome:
        done = subprocess.run(
            [sys.executable, str(Path(__file__).resolve().parents[2] / "bai.py"), *arguments],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode == 0:
            check_outputs(output_folder(arguments, cwd), cwd / "burned-area-output")
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="session")
def burned_example(fire_items, burned_command, tmp_path_factory) -> Path:
    """The fire's map, made by threads."""
    folder = tmp_path_factory.mktemp("burned")
    before, after = fire_items
    outcome = burned_command("--pre-fire-url", before, "--post-fire-url", after, cwd=folder)
    assert outcome.code == 0, outcome.err
    (folder / "screen.txt").write_text(outcome.out)
    return folder


@pytest.fixture
def same_files():
    """Asserts that two outputs hold the same files, byte for byte."""
    return assert_same_files
