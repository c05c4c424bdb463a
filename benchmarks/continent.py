"""A simulated continent: how much of the client a task costs when there are a hundred thousand of them.

Scheduler and workers are real and run in processes of their own; pixels are made up by a reader.
``python -m benchmarks.continent [tasks]`` prints a line for every tenth of the run.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.execution.cluster import ClusterEngine
from cloudless_mosaic.execution.connection import connect
from cloudless_mosaic.geo.blocks import cut_blocks
from cloudless_mosaic.planning.plan import MosaicPlan, PeriodPlan
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading import RasterHeader, WindowRead

_EDGE = 64
"""Pixels along a block: the client's work for a block hardly depends on them."""

_DATES = 6
"""Scenes over every block."""

_PORT = 28786


class MadeUpReader:
    """A ``RasterReader`` whose every pixel is 1000."""

    def prepare(self, hrefs: Iterable[str]) -> None:
        """Does nothing."""

    def header(self, href: str) -> RasterHeader:  # noqa: ARG002 - of the protocol
        """A granule, whichever."""
        return RasterHeader((_GRID,), np.dtype(np.uint16), (512, 512))

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any]]]:
        """Ones."""
        for position, read in enumerate(reads):
            yield position, np.full(read.shape, 1000, np.uint16)


_GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (10980, 10980))


def make_tasks(number: int) -> Iterator[BlockTask]:
    """So many tasks, period by period of one granule."""
    request = MosaicRequest(
        start_date=date(2023, 8, 1),
        end_date=date(2023, 8, 31),
        aoi=Aoi(14.9, 47.0, 16.0, 47.9),
        bands=("red", "green", "blue", "nir"),
        mask="none",
    )
    geobox = GeoBox(_GRID.shape, Affine(*_GRID.transform), _GRID.crs)
    scenes = tuple(_scene(day) for day in range(1, _DATES + 1))
    period = PeriodPlan(request.periods[0], scenes, len(scenes))
    plan = MosaicPlan(request, geobox, cut_blocks(geobox, _EDGE), (period,), SceneSet.of(scenes))
    made = 0
    while True:
        label = f"{made}"
        for task in plan.tasks(period):
            if made == number:
                return
            yield replace(task, period=replace(task.period, label=label))
            made += 1


def _scene(day: int) -> Scene:
    name = f"S2A_MSIL2A_202308{day:02d}T100031_R122_T33TWL_20230811T100031"
    root = f"https://storage.example/sentinel2-l2/33/T/WL/2023/08/{day:02d}/{name}.SAFE/GRANULE/IMG_DATA/R10m"
    rasters = {band: SourceRaster(f"{root}/{band}_10m.tif", _GRID) for band in ("B04", "B03", "B02", "B08")}
    return Scene(
        id=name,
        collection="sentinel-2-l2a",
        datetime=datetime(2023, 8, day, 10, tzinfo=UTC),
        cloud_cover=1.0,
        platform="sentinel-2a",
        granule="33TWL",
        overpass=f"sentinel-2a {day}",
        datastrip=f"{day}",
        baseline="05.09",
        generated="",
        footprint=box(15.0, 46.86, 16.46, 47.85),
        rasters=rasters,
        scl=None,
        offset=0,
        offset_reason="raw",
    )


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """A scheduler and its workers on loopback; gives the address."""
    dask = str(Path(sys.executable).parent / "dask")
    address = f"tcp://127.0.0.1:{_PORT}"
    worker = (dask, "worker", address, "--nthreads", "32", "--no-nanny", "--no-dashboard")
    scheduler = (dask, "scheduler", "--host", "127.0.0.1", "--port", str(_PORT), "--no-dashboard")
    with ExitStack() as stack:
        for command in (scheduler, *[worker] * workers):
            running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(running.wait)
            stack.callback(running.terminate)
        yield address


def resident() -> float:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def _discard(composite: Composite) -> tuple[int, int]:
    return composite.block.index


def main(number: int) -> None:
    """Runs so many tasks and prints what they cost."""
    with (
        cluster(2) as address,
        connect(address, "the simulated cluster", "") as connection,
    ):
        engine = ClusterEngine(connection, 60.0, MadeUpReader())
        connection.client.wait_for_workers(2)
        began, used = time.monotonic(), time.process_time()
        for done, _ in enumerate(engine.run(make_tasks(number), compose, _discard), start=1):
            if done % max(1, number // 10) == 0:
                client = 1000 * (time.process_time() - used) / done
                wall = 1000 * (time.monotonic() - began) / done
                print(
                    f"{done} tasks, {client:.2f} ms of the client for each, {wall:.2f} ms of time each, ",
                    end="",
                )
                print(f"{resident():.0f} MB", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
