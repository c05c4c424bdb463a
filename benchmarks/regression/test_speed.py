"""What every change is measured by: the kernels, a block, and the example of the README as a whole process.

Run by ``make bench-compare``, which sets ``BENCHMARK_ARCHIVE`` and runs this file against two versions of the
package. A test skips where a version doesn't have what it measures.
"""

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from benchmarks.archive import prepare_archive

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.cli.demo import README_AOI
from cloudless_mosaic.cog.encoding import encode_tile, halve
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.masks.recipes import scl_step
from cloudless_mosaic.planning.plan import make_plan
from cloudless_mosaic.reading import TileReader

EDGE = 1024
BANDS = ("nir", "red", "green")

MASK = {"mask": "scl"} if "mask" in signature(MosaicRequest).parameters else {}
"""The one mask of all versions; others need bands that the archive lacks."""


@pytest.fixture(scope="session")
def catalog():
    archive = prepare_archive(Path(os.environ["BENCHMARK_ARCHIVE"]), "small").archive
    return archive.folder / "catalog.json"


@pytest.fixture(scope="session")
def tile():
    """Pixels like those of a mosaic: smooth, with noise."""
    rng = np.random.default_rng(1)
    smooth = np.add.outer(np.arange(512), np.arange(512)) + 600
    return (smooth + rng.normal(0, 32, (3, 512, 512))).astype(np.uint16)


@pytest.mark.parametrize("times", [4, 12])
def test_joint_median(benchmark, times):
    reducers = pytest.importorskip("cloudless_mosaic.reducers")
    rng = np.random.default_rng(times)
    stack = rng.integers(1, 10000, (3, times, EDGE, EDGE), np.uint16)
    stack[:, rng.random(stack.shape[1:]) < 0.3] = 0
    day = datetime(2020, 10, 1, tzinfo=UTC)
    whole = reducers.Stack(stack, (day,) * times, ("B04", "B03", "B02"), (day, day))
    benchmark(reducers.parse_reducer("median").reduce, whole)


def test_undo_predictor_and_harmonise(benchmark, tile):
    kernels = pytest.importorskip("cloudless_mosaic.kernels")
    clear, out = np.ones(tile[0].shape, np.bool_), np.empty_like(tile[0])
    # an older version has another name for it
    kernel = getattr(kernels, "undo_predictor_and_harmonise", None) or kernels.sum_and_harmonise
    # versions before kept no rows on the way
    kept = [(out[::16].copy(), 0, 16)] if "kept" in signature(kernel).parameters else []
    benchmark(kernel, tile[0], 0, 0, clear, -1000, out, *kept)


def test_dilated_mask(benchmark):
    clouds = np.kron(np.random.default_rng(2).integers(0, 9, (16, 16)) == 0, np.ones((32, 32), bool))
    scl = np.where(clouds, 9, 4).astype(np.uint8)
    benchmark(scl_step((4, 5, 6), 100.0).clear_pixels, scl, 20.0)


def test_encode_tile(benchmark, tile):
    benchmark(encode_tile, tile, "deflate")


def test_halve(benchmark, tile):
    benchmark(halve, tile, "average")


def test_compose_a_block(benchmark, catalog):
    request = MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 10, 31),
        aoi=README_AOI,
        bands=BANDS,
        resolution=10.0,
        max_cloud_cover=100.0,
        stac_url=str(catalog),
        **MASK,
    )
    plan = make_plan(request, find_scenes(request))
    task = max(plan.tasks(plan.periods[0]), key=lambda task: task.block.shape)
    benchmark.pedantic(lambda: compose(task, TileReader()), rounds=10, warmup_rounds=1)


def test_readme_example(benchmark, catalog, tmp_path):
    """J1 on files: imports, search, reading, writing."""
    aoi = f"{README_AOI.west},{README_AOI.south},{README_AOI.east},{README_AOI.north}"
    options = ["--quiet", "--start-date=2020-09-01", "--end-date=2020-11-30", f"--aoi={aoi}"]
    options += [f"--stac-url={catalog}", "--max-cloud-cover=100", *(f"--bands={band}" for band in BANDS)]
    options += [f"--{name}={value}" for name, value in MASK.items()]
    command = [sys.executable, "-m", "cloudless_mosaic", *options]
    outputs = (f"--output-dir={tmp_path / str(number)}" for number in range(100))
    benchmark.pedantic(
        lambda: subprocess.run([*command, next(outputs)], check=True), rounds=7, warmup_rounds=1
    )
