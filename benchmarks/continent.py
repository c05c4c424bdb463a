"""A simulated continent: how many workers one client can feed.

The scheduler is real and runs in a process of its own, and so are the workers, hundreds in a few processes.
They make no pixels: they answer each part at once with the facts of its blocks, as workers do that have
written the part to the folder of the results.

``python -m benchmarks.continent [parts] [workers] [seconds]`` prints a line for every tenth of the run, and
what the costs mean for workers that do compose, and take so many seconds of processor time for a part.
``python -m benchmarks.cluster`` measures these seconds; on a busy computer, do both at the same time.

What the client and the scheduler use has two parts. Some goes with the parts, and is what is printed. Some
goes with time: heartbeats of the workers, looks at them. That is measured before the run, with all workers
connected and idle, and taken off, since a run on a busy computer takes longer without doing more.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import psutil
from affine import Affine
from odc.geo.geobox import GeoBox
from shapely.geometry import box

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.execution.cluster import ClusterEngine
from cloudless_mosaic.execution.connection import connect
from cloudless_mosaic.geo.blocks import cut_blocks
from cloudless_mosaic.output.part_task import Destination, FinishedPart, PartTask
from cloudless_mosaic.output.rasters import mosaic_rasters
from cloudless_mosaic.planning.parts import cut_parts
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.reading import RasterReader

_EDGE = 1024
"""Pixels along a block of 10 m."""

_PART_EDGE = 4
"""Blocks along a part."""

_DATES = 6
"""Scenes over every block."""

_PROCESSES = 4
"""Processes that the workers share."""

_PORT = 28786

_IDLE = 10.0
"""Seconds that what goes with time is measured for."""

_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.tick.interval": "10s",
    "distributed.admin.system-monitor.interval": "10s",
    "distributed.worker.memory.monitor-interval": "10s",
}
"""Simulated workers don't watch themselves: hundreds of them share two cores with what is measured."""

_PART_SECONDS = 14.7 / 9
"""Processor time of a part in J3: four dates and three bands of a whole tile in nine parts
(``docs/benchmarks.md``). With more dates and bands a part takes longer, and a client feeds more workers."""

_GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (10980, 10980))


def make_tasks(number: int) -> Iterator[PartTask]:
    """So many parts, tile-month by tile-month of one granule."""
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
    rasters = mosaic_rasters(plan)
    made = 0
    while True:
        label = f"{made}"
        goal = Destination(
            Path(f"/results/.cloudless-mosaic/blocks-{label}"), Path("/results/marker"), "0" * 64
        )
        tasks = (replace(task, period=replace(task.period, label=label)) for task in plan.tasks(period))
        for part in cut_parts(tasks, _PART_EDGE):
            if made == number:
                return
            yield PartTask(part, rasters, goal)
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


def pretend(task: PartTask, _reader: RasterReader) -> FinishedPart:
    """What ``finish_part`` answers where a worker has written the part, without having composed it."""
    facts = []
    for one in task.blocks:
        ids = [granule.scene_id for observation in one.observations for granule in observation.granules]
        rows, columns = one.block.shape
        pixels = rows * columns
        sums = (pixels, 1, 10_000, 1000 * pixels, 1_000_000 * pixels)
        facts.append(
            BlockFacts(
                period=one.period,
                block=one.block,
                scene_pixels=tuple((scene_id, pixels) for scene_id in ids),
                observations=len(ids),
                count_sums=sums,
                band_sums=(sums,) * len(one.bands),
                tile=one.tile,
            )
        )
    return FinishedPart(tuple(facts), None)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, psutil.Process]]:
    """A scheduler and workers of one thread on loopback; gives its address and its process."""
    dask = str(Path(sys.executable).parent / "dask")
    address = f"tcp://127.0.0.1:{_PORT}"
    share = str(-(-workers // _PROCESSES))
    some = (sys.executable, "-m", "benchmarks.continent", "workers", address, share)
    scheduler = (dask, "scheduler", "--host", "127.0.0.1", "--port", str(_PORT), "--no-dashboard")
    with ExitStack() as stack:
        running = []
        for command in (scheduler, *[some] * _PROCESSES):
            running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            stack.callback(running[-1].wait)
            stack.callback(running[-1].terminate)
        yield address, psutil.Process(running[0].pid)


async def run_workers(address: str, number: int) -> None:
    """Workers of one thread each, in this process, until it is terminated."""
    import dask  # noqa: PLC0415 - seconds, which only this needs
    from distributed import Worker  # noqa: PLC0415 - as above

    with dask.config.set(_QUIET):
        workers = [Worker(address, nthreads=1, dashboard=False, memory_limit=0) for _ in range(number)]
        await asyncio.gather(*workers)
        await asyncio.gather(*(worker.finished() for worker in workers))


def resident() -> float:
    """Megabytes of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """Clock and processor time, at one moment or between two."""

    wall: float
    """Seconds of the clock."""
    client: float
    """Seconds of processor time of this process."""
    scheduler: float
    """Seconds of processor time of the scheduler."""

    @classmethod
    def now(cls, scheduler: psutil.Process) -> Reading:
        """At this moment."""
        times = scheduler.cpu_times()
        return cls(time.monotonic(), time.process_time(), float(times.user + times.system))

    def since(self, start: Reading) -> Reading:
        """Between an earlier moment and this one."""
        return Reading(self.wall - start.wall, self.client - start.client, self.scheduler - start.scheduler)

    def without(self, idle: Reading) -> Reading:
        """What would have been used in no time, by what an idle cluster uses in some."""
        share = self.wall / idle.wall
        return Reading(
            self.wall,
            max(0.0, self.client - share * idle.client),
            max(0.0, self.scheduler - share * idle.scheduler),
        )


def fed_workers(used: Reading, idle: Reading, parts: int, seconds: float) -> float:
    """Workers that keep the busier of client and scheduler at work all the time.

    Args:
        used: For so many parts, without what goes with time.
        idle: With all workers idle.
        parts: How many.
        seconds: Processor time of a worker for each.
    """
    both = ((used.client, idle.client), (used.scheduler, idle.scheduler))
    return min((1 - resting / idle.wall) * seconds * parts / max(busy, 1e-9) for busy, resting in both)


def main(number: int, workers: int, seconds: float) -> None:
    """Runs so many parts and prints what they cost."""
    with (
        cluster(workers) as (address, scheduler),
        connect(address, "the simulated cluster", "") as connection,
    ):
        engine = ClusterEngine(connection, 60.0, None, print)
        connection.client.wait_for_workers(workers)
        start = Reading.now(scheduler)
        time.sleep(_IDLE)
        idle = Reading.now(scheduler).since(start)
        print(
            f"{workers} idle workers: {1000 * idle.client / idle.wall:.0f} ms of the client in a second, "
            f"{1000 * idle.scheduler / idle.wall:.0f} of the scheduler",
            flush=True,
        )
        start = Reading.now(scheduler)
        for done, _ in enumerate(engine.run(make_tasks(number), pretend, _facts), start=1):
            if done % max(1, number // 10) == 0:
                spent = Reading.now(scheduler).since(start)
                used = spent.without(idle)
                print(
                    f"{done} parts, {1000 * used.client / done:.2f} ms of the client for each, "
                    f"{1000 * used.scheduler / done:.2f} of the scheduler, {1000 * spent.wall / done:.2f} ms "
                    f"of time, {resident():.0f} MB; the busier of the two feeds "
                    f"{fed_workers(used, idle, done, seconds):.0f} workers",
                    flush=True,
                )


def _facts(part: FinishedPart) -> tuple[BlockFacts, ...]:
    return part.facts


if __name__ == "__main__":
    if sys.argv[1:2] == ["workers"]:
        asyncio.run(run_workers(sys.argv[2], int(sys.argv[3])))
    else:
        number, workers, seconds = [*sys.argv[1:], *("5000", "200", str(_PART_SECONDS))[len(sys.argv) - 1 :]]
        main(int(number), int(workers), float(seconds))
