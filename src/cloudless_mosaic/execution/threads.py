"""Threads of this process: the engine without a scheduler."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from cloudless_mosaic.domain.results import Usage
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.execution.bounded import run_bounded
from cloudless_mosaic.execution.cgroups import cpu_quota, memory_limit
from cloudless_mosaic.execution.engine import Answer, AnyTask, Argument, Finished, Result
from cloudless_mosaic.execution.preflight import require_access, scene_rasters
from cloudless_mosaic.execution.resources import fit_threads
from cloudless_mosaic.planning.plan import AnyPlan
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.reading.traffic import process_usage


def worker_count(workers: int | None) -> int:
    """The number of threads: as requested, or two for each core this process may use.

    While one waits for the network, the other decodes.
    """
    return workers or 2 * core_count()


def core_count() -> int:
    """Cores that this process may use: by its affinity, and by the quota of its container, rounded up."""
    # macOS and Windows don't report which cores a process may use
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = cpu_quota()
    return cores if quota is None else min(cores, max(1, math.ceil(quota)))


def thread_executor(workers: int | None) -> ThreadPoolExecutor:
    """Threads on this machine; ``worker_count`` of them."""
    return ThreadPoolExecutor(worker_count(workers), thread_name_prefix="mosaic")


class ThreadEngine:
    """An ``Engine`` that works on and finishes a task in one thread; encoding runs beside reading."""

    def __init__(self, workers: int | None, reader: RasterReader) -> None:
        """Takes a number of threads.

        Args:
            workers: Threads; ``None`` for as many as cores and memory allow.
            reader: Where pixels come from.
        """
        self._asked = workers
        self.threads = worker_count(workers)
        """Threads that work."""
        self._reader = reader
        self._rasters: tuple[SourceRaster, ...] = ()
        self._start = process_usage()

    def fit(self, plan: AnyPlan) -> AnyPlan:
        """See ``Engine.fit``; fits blocks and threads into the memory of a container."""
        self._rasters = tuple(scene_rasters(plan))
        limit = memory_limit()
        if limit is not None:
            plan, fitting = fit_threads(plan, self.threads, limit)
            self.threads = self._asked or fitting
        return plan

    def usage(self) -> Usage:
        """See ``Engine.usage``."""
        return process_usage().since(self._start)

    def part_edge(self, plan: AnyPlan, mosaics: int) -> int:  # noqa: ARG002 - of the protocol
        """See ``Engine.part_edge``: a block is encoded by the thread that composed it."""
        return 0

    def call(self, function: Callable[[Argument], Answer], argument: Argument) -> Answer:
        """See ``Engine.call``."""
        return function(argument)

    def run(
        self,
        tasks: Iterable[AnyTask],
        work: Callable[[AnyTask, RasterReader], Result],
        finish: Callable[[Result], Finished],
    ) -> Generator[Finished, None, None]:
        """See ``Engine.run``."""

        def work_and_finish(task: AnyTask) -> Finished:
            return finish(work(task, self._reader))

        with thread_executor(self.threads) as threads:
            yield from run_bounded(threads, work_and_finish, self._prepared(tasks), 2 * self.threads)

    def _prepared(self, tasks: Iterable[AnyTask]) -> Iterator[AnyTask]:
        """Headers are asked for as tasks are drawn, which is some tasks ahead of the work."""
        for number, task in enumerate(tasks):
            self._reader.prepare(task.hrefs)
            if number == 0:
                require_access(self._reader, self._rasters)
            yield task
