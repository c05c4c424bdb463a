"""Threads of this process: the engine without a scheduler."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from cloudless_mosaic.execution.bounded import run_bounded
from cloudless_mosaic.execution.engine import AnyTask, Finished, Result
from cloudless_mosaic.planning.plan import AnyPlan
from cloudless_mosaic.reading import RasterReader


def worker_count(workers: int | None) -> int:
    """The number of threads: as requested, or two for each core this process may use.

    While one waits for the network, the other decodes.
    """
    return workers or 2 * core_count()


def core_count() -> int:
    """Cores that this process may use."""
    # macOS and Windows don't report which cores a process may use
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def thread_executor(workers: int | None) -> ThreadPoolExecutor:
    """Threads on this machine; ``worker_count`` of them."""
    return ThreadPoolExecutor(worker_count(workers), thread_name_prefix="mosaic")


class ThreadEngine:
    """An ``Engine`` that works on and finishes a task in one thread; encoding runs beside reading."""

    def __init__(self, workers: int, reader: RasterReader) -> None:
        """Takes a number of threads.

        Args:
            workers: Threads.
            reader: Where pixels come from.
        """
        self._workers = workers
        self._reader = reader

    def fit(self, plan: AnyPlan) -> AnyPlan:
        """See ``Engine.fit``; this process has been checked by running."""
        return plan

    def run(
        self,
        tasks: Iterable[AnyTask],
        work: Callable[[AnyTask, RasterReader], Result],
        finish: Callable[[Result], Finished],
    ) -> Generator[Finished, None, None]:
        """See ``Engine.run``."""

        def work_and_finish(task: AnyTask) -> Finished:
            return finish(work(task, self._reader))

        with thread_executor(self._workers) as threads:
            yield from run_bounded(threads, work_and_finish, self._prepared(tasks), 2 * self._workers)

    def _prepared(self, tasks: Iterable[AnyTask]) -> Iterator[AnyTask]:
        """Headers are asked for as tasks are drawn, which is some tasks ahead of the work."""
        for task in tasks:
            self._reader.prepare(task.hrefs)
            yield task
