"""Runs of contenders, in turns, against one server."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from benchmarks.compare import COARSE, NATIVE, Agreement, compare
from benchmarks.contenders import ODC_STAC, OURS, PUBLISHED, Contender
from benchmarks.errors import BenchmarkError
from benchmarks.floor import Floor, read_floor
from benchmarks.jobs import NATIVE_RESOLUTION, Job, Order
from benchmarks.measure import ROOT, run_measured
from benchmarks.results import Run
from benchmarks.server import FileServer

_log = logging.getLogger("benchmarks")


@dataclass(slots=True)
class Bench:
    """A benchmark on its way: all that a single run needs."""

    server: FileServer
    """Serves the archive."""
    items: dict[bool, Path]
    """ItemCollections that lead to the server, directly (False) or through the delaying proxy (True)."""
    interpreters: dict[str, Path]
    """By the names of the contenders that take part."""
    folder: Path
    """Gets outputs and logs."""
    dates_per_chunk: int = -1
    """Dates in a chunk of odc-stac's arrays."""
    _number: int = field(default=0)

    def order(self, job: Job) -> Order:
        """A fresh order for a job."""
        self._number += 1
        return Order(
            job=job,
            items=self.items[job.delay > 0],
            output=self.folder / f"run-{self._number:03d}",
            dates_per_chunk=self.dates_per_chunk,
        )

    def run(self, contender: Contender, order: Order) -> Run:
        """Has an order carried out and measures it; the output stays."""
        command = contender.command(order, self.interpreters[contender.name])
        os.sync()
        self.server.take_traffic()
        usage = run_measured(command, contender.environment(), order.output.with_suffix(".log"))
        run = usage, self.server.take_traffic()
        _log.info(
            "%-2s %-17s %6.1f s  %6.1f s CPU  %5.0f MB  %6d requests",
            order.job.name,
            contender.name,
            usage.wall_s,
            usage.cpu_s,
            usage.peak_rss_mb,
            run[1].requests,
        )
        return run


def compare_all(
    bench: Bench, contenders: Sequence[Contender], jobs: Iterable[Job]
) -> dict[tuple[str, str], Agreement]:
    """Compares mosaics of ours with those of all that ought to be the same, by names of job and contender.

    It runs before anything is measured, so it warms up as well: kernels are compiled, files are in memory.
    """
    agreements = {}
    for job in jobs:
        standard = NATIVE if job.resolution == NATIVE_RESOLUTION else COARSE
        for contender in contenders:
            if contender.compared:
                theirs = replace(bench.order(job), count=standard.counted)
                ours = replace(bench.order(job), clear_classes=contender.clear_classes)
                bench.run(contender, theirs)
                bench.run(OURS, ours)
                pairs = ((OURS.mosaic(ours, month), contender.mosaic(theirs, month)) for month in job.months)
                agreement = agreements[job.name, contender.name] = compare(pairs, standard)
                _log.info("   %s", agreement)
                shutil.rmtree(theirs.output)
                shutil.rmtree(ours.output)
    return agreements


def try_chunks(bench: Bench, job: Job) -> dict[int, float]:
    """Times odc-stac with all dates of a month in a chunk and with one; the bench goes on with the faster."""
    walls = {}
    for dates in (-1, 1):
        order = replace(bench.order(job), dates_per_chunk=dates)
        walls[dates] = bench.run(ODC_STAC, order)[0].wall_s
        shutil.rmtree(order.output)
    bench.dates_per_chunk = min(walls, key=lambda dates: walls[dates])
    return walls


def try_whole_scenes(bench: Bench, job: Job) -> Run:
    """Runs the published algorithm once as it stands: scenes are not cut to the area."""
    order = replace(bench.order(job), whole_scenes=True)
    run = bench.run(PUBLISHED, order)
    shutil.rmtree(order.output)
    return run


def measure_all(
    bench: Bench, contenders: Sequence[Contender], jobs: Sequence[Job], runs: int
) -> dict[tuple[str, str], list[Run]]:
    """Runs every contender on every job in turns, several times."""
    entries = [(job, one) for job in jobs for one in contenders if job.name in one.jobs]
    measured: dict[tuple[str, str], list[Run]] = {(job.name, one.name): [] for job, one in entries}
    for _ in range(runs):
        for job, contender in entries:
            order = bench.order(job)
            try:
                run = bench.run(contender, order)
            except BenchmarkError as error:
                if contender is OURS:
                    raise
                # half an hour of other measurements is worth more than one that fails
                _log.warning("%s is left out of %s: %s", contender.name, job.name, error)
            else:
                measured[job.name, contender.name].append(run)
            shutil.rmtree(order.output)
    return {entry: found for entry, found in measured.items() if found}


def measure_floor_apart(bench: Bench, job: Job, root: Path, runs: int) -> Floor:
    """Measures the floor in a process of its own.

    Args:
        bench: The bench.
        job: Whose tiles to decompress.
        root: Folder that the server serves.
        runs: How often.

    Raises:
        BenchmarkError: if it fails.
    """
    order = bench.order(job).write()
    result = order.with_suffix(".floor.json")
    command = [sys.executable, "-m", "benchmarks.floor", str(order), str(root), str(runs), str(result)]
    if subprocess.run(command, cwd=ROOT, check=False).returncode:
        raise BenchmarkError("the floor can't be measured; the message above says why")
    floor = read_floor(result)
    _log.info("   %s", floor)
    return floor
