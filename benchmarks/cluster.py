"""What one more tile-month takes of the client of a cluster, of its scheduler, and of its workers.

``python -m benchmarks.cluster`` makes the mosaics of one month and of three: on threads, and on a cluster
whose scheduler and workers are processes of their own, with workers that see the output folder and with
others. Half of the difference is what one more tile-month takes; the rest of one month is the start of the
processes. Needs Linux.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import psutil

from benchmarks.archive import prepare_archive, write_served_items
from benchmarks.contenders import OURS
from benchmarks.errors import BenchmarkError
from benchmarks.jobs import AUTUMN, Order, make_jobs
from benchmarks.measure import ROOT
from benchmarks.shares import read_shares

Where = Literal["threads", "shared", "own"]
"""Threads, or workers that see the output folder, or workers that don't."""

_PORT = 28787

_MEMORY = "3GiB"
"""Of a worker."""

_QUIET = {
    "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False",
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "200ms",
    "DASK_DISTRIBUTED__ADMIN__SYSTEM_MONITOR__INTERVAL": "5s",
}
"""Variables of scheduler and workers, as in the image of the project."""

_HIDDEN = ("unshare", "--mount", "--map-root-user", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"')
"""Runs a command that sees an empty folder in place of another."""


@dataclass(frozen=True, slots=True)
class Spent:
    """What a run used, or one more tile-month of it."""

    client: float
    """Seconds of processor time of the command."""
    scheduler: float
    """Seconds of processor time of the scheduler."""
    workers: float
    """Seconds of processor time of all workers."""
    received: float
    """Megabytes that came over connections of Dask to the client."""
    results: float
    """Megabytes of the files."""

    def more(self, other: Spent, months: int) -> Spent:
        """For each of so many months by which this run had more than another.

        Args:
            other: The shorter run.
            months: By which this run is longer.
        """
        return Spent(
            *(
                (getattr(self, name) - getattr(other, name)) / months
                for name in ("client", "scheduler", "workers", "received", "results")
            )
        )

    def __str__(self) -> str:
        return (
            f"client {self.client:.2f} s, scheduler {self.scheduler:.2f} s, workers {self.workers:.2f} s, "
            f"received {self.received:.1f} MB of {self.results:.0f} MB"
        )


def main() -> None:
    """Runs all of it and prints what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / "benchmarks" / ".cache" / "cluster")
    parser.add_argument("--size", choices=("full", "small"), default="full", help="of the archive")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--where", choices=("threads", "shared", "own"), nargs="+", default=None)
    options = parser.parse_args()
    built = prepare_archive(options.cache / f"archive-{options.size}", options.size)
    items = write_served_items(
        built.archive, str(built.archive.folder.resolve()), options.cache / "items.json"
    )
    job = {job.name: job for job in make_jobs(built.archive.spec.extents[0], 0.0)}["J3"]
    for where in options.where or ("threads", "shared", "own"):
        spent = []
        for months in (1, len(AUTUMN)):
            order = Order(replace(job, months=AUTUMN[:months]), items, options.cache / "output")
            spent.append(_run(order, where, options.workers))
            sys.stdout.write(f"{where}, months {months}: {spent[-1]}\n")
            sys.stdout.flush()
        short, long = spent
        sys.stdout.write(f"{where}, one more tile-month: {long.more(short, len(AUTUMN) - 1)}\n")
        sys.stdout.flush()


def _run(order: Order, where: Where, workers: int) -> Spent:
    """Carries out an order once; its output is removed."""
    shutil.rmtree(order.output, ignore_errors=True)
    shares = order.output.with_suffix(".shares.json")
    ours = replace(OURS, launcher=("benchmarks.shares", str(shares)))
    environment = ours.environment()
    command = ours.command(order, Path(sys.executable))
    with ExitStack() as stack:
        running: tuple[psutil.Process, ...] = ()
        if where != "threads":
            hidden = order.output if where == "own" else None
            running = stack.enter_context(_cluster(workers, hidden))
            environment["DASK_SCHEDULER_ADDRESS"] = f"tcp://127.0.0.1:{_PORT}"
        before = [_used(one) for one in running]
        if subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode:
            raise BenchmarkError(f"the run with {where} failed")
        used = [_used(one) - start for one, start in zip(running, before, strict=True)]
    ended = read_shares(shares)
    size = sum(path.stat().st_size for path in order.output.rglob("*") if path.is_file())
    shutil.rmtree(order.output)
    return Spent(ended.client_s, sum(used[:1]), sum(used[1:]), ended.received / 1e6, size / 1e6)


@contextmanager
def _cluster(workers: int, hidden: Path | None) -> Iterator[tuple[psutil.Process, ...]]:
    """A scheduler and workers of one thread on loopback; gives their processes, the scheduler's first.

    Args:
        workers: How many.
        hidden: A folder that they don't see.
    """
    from distributed import Client  # noqa: PLC0415 - only this needs it

    dask = str(Path(sys.executable).parent / "dask")
    address = f"tcp://127.0.0.1:{_PORT}"
    quiet = ("--no-dashboard",)
    worker: tuple[str, ...] = (
        dask,
        "worker",
        address,
        "--nthreads",
        "1",
        "--no-nanny",
        "--memory-limit",
        _MEMORY,
        *quiet,
    )
    if hidden:
        worker = (*_HIDDEN, str(hidden), *worker)
    with ExitStack() as stack:
        scheduler = (dask, "scheduler", "--host", "127.0.0.1", "--port", str(_PORT), *quiet)
        processes = [_start(stack, scheduler), *(_start(stack, worker) for _ in range(workers))]
        with Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield tuple(processes)


def _start(stack: ExitStack, command: Sequence[str]) -> psutil.Process:
    running = subprocess.Popen(
        command, env={**os.environ, **_QUIET}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    stack.callback(running.wait)
    # a worker that is asked to end waits for its scheduler, which may have ended before
    stack.callback(running.kill)
    return psutil.Process(running.pid)


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


if __name__ == "__main__":
    main()
