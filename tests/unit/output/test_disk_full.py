"""A full disk, in a process of its own: a limit on the size of files can't be taken back."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("resource")

PROGRAM = """
import resource, sys
from pathlib import Path
import numpy as np
from affine import Affine
from odc.geo.geobox import GeoBox
from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.cog.writer import CogSpec, CogWriter

folder, limit = Path(sys.argv[1]), int(sys.argv[2])
grid = GeoBox((1100, 1100), Affine(10, 0, 5e5, 0, -10, 5e6), "EPSG:32610")
spec = CogSpec(geobox=grid, bands=("red",), dtype="uint16", reduction="average", nodata=0)
data = np.random.default_rng(0).integers(0, 60000, (1, 1100, 1100), np.uint16)
writer = CogWriter(folder / "mosaic.tif", spec)
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for row in range(0, 1100, 100):
        writer.write(row, 0, data[:, row : row + 100])
    print("written")
    writer.close()
except TemporaryError as error:
    writer.abort()
    print(error)
    sys.exit(error.exit_code)
"""


def run(folder, limit):
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(folder), str(limit)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_disk_that_fills_under_the_tiles(tmp_path):
    result = run(tmp_path, 1_000_000)
    assert result.returncode == 75, result.stderr
    assert result.stdout.startswith("no space to write mosaic.tif.spool in ")
    assert "free some and run again" in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_disk_that_fills_under_the_file(tmp_path):
    # the spool lacks only the header: all tiles fit, the file does not
    complete = tmp_path / "complete"
    complete.mkdir()
    assert run(complete, 2**40).returncode == 0
    size = (complete / "mosaic.tif").stat().st_size
    short = tmp_path / "short"
    short.mkdir()
    result = run(short, size - 1)
    assert result.returncode == 75, result.stderr
    assert result.stdout.startswith("written\nno space to write mosaic.tif in ")
    assert not list(short.iterdir())
