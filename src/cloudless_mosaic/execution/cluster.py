"""The engine on a Dask cluster: workers do the work, this process fetches results and finishes them.

Results stay on the workers until one of a few threads here has time for them, so that memory of
this process does not go with the number of workers. (``Client.get_executor`` fetches every answer at once.)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.provider import access_of
from cloudless_mosaic.domain.results import Usage
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.execution.calls import call_on_worker
from cloudless_mosaic.execution.connection import Connection, ask
from cloudless_mosaic.execution.engine import Answer, AnyTask, Argument, Finished, Result
from cloudless_mosaic.execution.preflight import check_reports, sample_rasters
from cloudless_mosaic.execution.refusals import Refusals
from cloudless_mosaic.execution.resources import ClusterResources, fit_blocks, result_bytes
from cloudless_mosaic.execution.task_stream import TaskStream
from cloudless_mosaic.execution.worker import WorkerReport, report, worker_report
from cloudless_mosaic.net.deadline import run_within
from cloudless_mosaic.planning.estimate import block_output_bytes
from cloudless_mosaic.planning.plan import AnyPlan
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.reading.traffic import process_usage

_COMPARING = 10.0
"""Seconds that workers have at least to say what they are."""


_USAGE = 10.0
"""Seconds that workers have to say what they used."""

_PAUSE = 0.5
"""Seconds until workers are looked for again, where all have left while they were compared."""


class ClusterEngine:
    """An ``Engine`` that works on the workers of a Dask cluster."""

    def __init__(
        self,
        connection: Connection,
        wait_workers: float,
        reader: RasterReader | None,
        note: Callable[[str], None],
    ) -> None:
        """Takes a cluster.

        Args:
            connection: To its scheduler.
            wait_workers: Seconds to wait for a first worker, and for another after the last one left.
            reader: Travels with every task; by default each worker has its own.
            note: Called with a message for the user.
        """
        self._connection = connection
        self._wait_workers = wait_workers
        self._reader = reader
        self._refusals = Refusals(connection, note)
        self._result_bytes = 1
        self._resources: ClusterResources | None = None
        self._start = process_usage()
        self._starts: dict[str, Usage] = {}

    def fit(self, plan: AnyPlan) -> AnyPlan:
        """See ``Engine.fit``: waits for a worker, compares it with this process, reads its memory limit."""
        self._resources = self._compared_resources(plan)
        plan = fit_blocks(plan, self._resources)
        self._starts = self._worker_usage()
        self._result_bytes = result_bytes(plan)
        return plan

    def part_edge(self, plan: AnyPlan, mosaics: int) -> int:
        """See ``Engine.part_edge``."""
        edge = self._resources.part_edge(plan, mosaics) if self._resources else 1
        self._result_bytes = edge**2 * block_output_bytes(plan)
        return edge

    def call(self, function: Callable[[Argument], Answer], argument: Argument) -> Answer:
        """See ``Engine.call``; it runs here where the cluster fails."""
        return call_on_worker(self._connection, function, argument, self._refusals)

    def usage(self) -> Usage:
        """See ``Engine.usage``; of a worker that joined late, all that it has used."""
        total = process_usage().since(self._start)
        for address, used in self._worker_usage().items():
            total = total.plus(replace(used.since(self._starts.get(address, Usage())), workers=1))
        return total

    def _worker_usage(self) -> dict[str, Usage]:
        """What each worker has used; nothing of those that don't answer at once."""
        try:
            answers = run_within(
                _USAGE, lambda: self._connection.client.run(process_usage, on_error="return")
            )
        except Exception:  # noqa: BLE001 - a figure for operators must not end finished work
            return {}
        return {address: used for address, used in answers.items() if isinstance(used, Usage)}

    def run(
        self,
        tasks: Iterable[AnyTask],
        work: Callable[[AnyTask, RasterReader], Result],
        finish: Callable[[Result], Finished],
    ) -> Generator[Finished, None, None]:
        """See ``Engine.run``."""
        stream = TaskStream(
            self._connection,
            work,
            finish,
            self._reader,
            self._result_bytes,
            self._wait_workers,
            self._refusals,
        )
        return stream.run(tasks)

    def _compared_resources(self, plan: AnyPlan) -> ClusterResources:
        """Waits for workers that are as this process is; they may leave and be replaced meanwhile.

        Raises:
            UsageError: if one has other software or can't read the rasters.
            TemporaryError: if there is no worker, or none stays.
        """
        end = time.monotonic() + self._wait_workers
        while True:
            self._await_worker()
            compared = self._reader is not None or self._compare(
                sample_rasters(plan), access_of(plan.request.profile)
            )
            resources = self._read_resources()
            if compared and resources.workers:
                return resources
            if time.monotonic() >= end:
                raise TemporaryError(
                    f"{self._connection.name} lost its workers before work began; {self._connection.hint}"
                )
            time.sleep(_PAUSE)

    def _read_resources(self) -> ClusterResources:
        try:
            info = ask(lambda: self._connection.client.scheduler_info(n_workers=-1))
        except OSError as error:
            raise self._unreachable(error) from None
        return ClusterResources.of(info["workers"])

    def _await_worker(self) -> None:
        client, seconds = self._connection.client, max(self._wait_workers, 0.1)
        try:
            ask(lambda: client.wait_for_workers(1, timeout=seconds))
        except TimeoutError:
            raise TemporaryError(
                f"{self._connection.name} has no worker after {self._wait_workers:g} seconds "
                f"(`wait_workers`); {self._connection.hint}"
            ) from None
        except OSError as error:
            raise self._unreachable(error) from None

    def _unreachable(self, error: OSError) -> TemporaryError:
        return TemporaryError(f"{self._connection.name} does not answer ({error}); try again")

    def _compare(self, rasters: tuple[SourceRaster, ...], access: tuple[StorageAccess, ...]) -> bool:
        """Compares every worker with this process; false if all left before they answered.

        Raises:
            UsageError: if one has other software or can't read the rasters.
            TemporaryError: if one is there and does not answer.
        """
        client = self._connection.client
        seconds = max(self._wait_workers, _COMPARING)
        try:
            answers = run_within(
                seconds, lambda: ask(lambda: client.run(worker_report, rasters, access, on_error="return"))
            )
        except TimeoutError:
            raise TemporaryError(
                f"a worker of {self._connection.name} has not answered for {seconds:g} seconds "
                "(`wait_workers`); is it stopped or overloaded?"
            ) from None
        except OSError as error:
            raise self._unreachable(error) from None
        for address, answer in answers.items():
            if isinstance(answer, TemporaryError):
                raise answer
            if isinstance(answer, BaseException) and not isinstance(answer, OSError):
                raise UsageError(
                    f"worker {address} can't load cloudless-mosaic as it is here ({type(answer).__name__}: "
                    f"{answer}); give the workers an image with the same version of it"
                )
        # a worker may leave between two messages; that is not an error
        reports = {name: answer for name, answer in answers.items() if isinstance(answer, WorkerReport)}
        if reports:
            check_reports(report(rasters, access), reports)
        return bool(reports)
