"""The same command on threads, and on Dask workers of the same machine."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import replace

from benchmarks.bench import Bench
from benchmarks.contenders import OURS
from benchmarks.errors import BenchmarkError
from benchmarks.jobs import Job, Order
from benchmarks.results import EngineRun
from benchmarks.shares import read_shares

ENGINES: Mapping[str, tuple[str, ...]] = {
    "threads": (),
    "1 worker": ("--cluster=local", "--workers=1"),
    "2 workers": ("--cluster=local", "--workers=2"),
}
"""Options of the command line by name of the engine; a worker is a process of one thread."""


def measure_engines(bench: Bench, job: Job, runs: int) -> dict[str, list[EngineRun]]:
    """Runs a job on every engine in turns, several times.

    Raises:
        BenchmarkError: if an engine fails, or makes other files than the others.
    """
    measured: dict[str, list[EngineRun]] = {name: [] for name in ENGINES}
    digests = set()
    for _ in range(runs):
        for name, options in ENGINES.items():
            order = bench.order(job)
            shares = order.output.with_suffix(".shares.json")
            ours = replace(OURS, options=options, launcher=("benchmarks.shares", str(shares)))
            measured[name].append(EngineRun(bench.run(ours, order), read_shares(shares)))
            digests |= _digests(order)
            shutil.rmtree(order.output)
    if len(digests) != len(job.months):
        raise BenchmarkError("engines make different mosaics of one job; run the tests of the engines")
    return measured


def _digests(order: Order) -> set[str]:
    """Checksums of the mosaics of all months."""
    found = set()
    for month in order.job.months:
        with OURS.mosaic(order, month).open("rb") as file:
            found.add(hashlib.file_digest(file, "sha256").hexdigest())
    return found
