"""The stream of tasks through a cluster: sent, composed, fetched, finished."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, Generic
from uuid import uuid4

from cloudless_mosaic.errors import CloudlessMosaicError, TemporaryError
from cloudless_mosaic.execution.connection import Connection, ask
from cloudless_mosaic.execution.engine import AnyTask, DivisibleTask, Finished, Result
from cloudless_mosaic.execution.heartbeats import SILENCE, Heartbeats
from cloudless_mosaic.execution.refusals import OTHER_SOFTWARE, Refusals
from cloudless_mosaic.execution.resources import ClusterResources
from cloudless_mosaic.execution.worker import OtherVersionError, package_digest, work_on_block
from cloudless_mosaic.reading import RasterReader

if TYPE_CHECKING:
    import distributed

_FINISHERS = 4
"""Threads that fetch and finish results; no more results than this are in this process."""

_LOOK = 2.0
"""Seconds between looks at the workers."""

_PAUSE = 0.1
"""Seconds between looks at a connection that comes back."""

_RETRIES = 2
"""Times that a worker tries a task again after an exception."""

_MOST_KILLS = 3
"""Times that the workers of a task may die of it; each outlives some deaths (``allowed-failures``)."""

_MOST_LOSSES = 5
"""Times that the scheduler may get out of reach while a task is out."""

_RECONNECT = 10.0
"""Seconds that the scheduler may be out of reach."""


class _OutOfReachError(Exception):
    """The connection to the scheduler was closed; it has dropped all tasks of this client."""


@dataclass(slots=True)
class _Sent(Generic[AnyTask, Result]):
    """A task that was sent to the cluster."""

    task: AnyTask
    future: distributed.Future[Result]
    kills: int = 0
    """Times that its workers died of it."""
    losses: int = 0
    """Times that the scheduler got out of reach meanwhile."""


class TaskStream(Generic[AnyTask, Result, Finished]):
    """One run of tasks over a cluster; driven by the thread that iterates over ``run``."""

    def __init__(
        self,
        connection: Connection,
        work: Callable[[AnyTask, RasterReader], Result],
        finish: Callable[[Result], Finished],
        reader: RasterReader | None,
        result_bytes: int,
        wait_workers: float,
        refusals: Refusals,
    ) -> None:
        """Prepares a run.

        Args:
            connection: To the scheduler.
            work: What to do with a task on a worker.
            finish: What to do in this process with each result.
            reader: See ``work_on_block``.
            result_bytes: Bytes of the result of a task at most.
            wait_workers: Seconds that the cluster may be without a worker.
            refusals: Takes workers with other software out of the cluster.
        """
        self._connection = connection
        self._client = connection.client
        self._work = work
        self._finish = finish
        self._reader = reader
        self._result_bytes = result_bytes
        self._wait_workers = wait_workers
        self._refusals = refusals
        self._run_id = uuid4().hex[:8]
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._composing: dict[str, _Sent[AnyTask, Result]] = {}
        self._composed: deque[_Sent[AnyTask, Result]] = deque()
        self._finishing: dict[Future[Finished], _Sent[AnyTask, Result]] = {}
        self._numbers = count()
        self._in_flight = 1
        self._next_look = 0.0
        self._workerless_since: float | None = None
        self._heartbeats = Heartbeats()
        self._unanswered_since: float | None = None

    def run(self, tasks: Iterable[AnyTask]) -> Generator[Finished, None, None]:
        """See ``Engine.run``."""
        source = iter(tasks)
        pool = ThreadPoolExecutor(_FINISHERS, thread_name_prefix="mosaic-finish")
        try:
            while True:
                self._look_at_workers()
                self._send(source)
                self._fetch(pool)
                if not self._busy:
                    return
                yield from self._answers()
        finally:
            self._cancel()
            pool.shutdown(wait=True, cancel_futures=True)

    @property
    def _busy(self) -> int:
        """Tasks drawn and not yet yielded."""
        return len(self._composing) + len(self._composed) + len(self._finishing)

    def _send(self, source: Iterator[AnyTask]) -> None:
        """Draws tasks once there is room for some: one message for many is a third of the work."""
        room = self._in_flight - self._busy
        if self._composing and room < self._in_flight // 4:
            return
        tasks = list(islice(source, max(0, room)))
        if tasks:
            self._submit(tasks)

    def _submit(self, tasks: list[AnyTask], kills: int = 0, losses: int = 0) -> None:
        """Sends tasks.

        Raises:
            TemporaryError: if the scheduler is out of reach.
        """
        try:
            futures = ask(lambda: self._map(tasks))
        except OSError as error:
            raise self._lost(type(error).__name__) from None
        for task, future in zip(tasks, futures, strict=True):
            self._composing[str(future.key)] = _Sent(task, future, kills, losses)
            future.add_done_callback(self._events.put)

    def _map(self, tasks: list[AnyTask]) -> list[distributed.Future[Result]]:
        futures: list[distributed.Future[Result]] = self._client.map(
            work_on_block,
            tasks,
            work=self._work,
            digest=package_digest(),
            reader=self._reader,
            key=[self._key(task) for task in tasks],
            pure=False,
            retries=_RETRIES,
        )
        return futures

    def _key(self, task: AnyTask) -> str:
        """Unique, also where a task is sent again."""
        row, column = task.block.index
        return f"compose-{task.label}-{row}-{column}-{self._run_id}-{next(self._numbers)}"

    def _fetch(self, pool: ThreadPoolExecutor) -> None:
        """Hands composed tasks to idle threads."""
        while self._composed and len(self._finishing) < _FINISHERS:
            sent = self._composed.popleft()
            finishing = pool.submit(self._fetch_and_finish, sent.future)
            self._finishing[finishing] = sent
            finishing.add_done_callback(self._events.put)

    def _fetch_and_finish(self, future: distributed.Future[Result]) -> Finished:
        return self._finish(self._result(future))

    def _result(self, future: distributed.Future[Result]) -> Result:
        """Fetches a result; if its worker dies meanwhile, the cluster composes it once more.

        Raises:
            KilledWorker: if too many workers died of its task.
            _OutOfReachError: if the connection to the scheduler was closed.
        """
        from distributed.client import FutureCancelledError  # noqa: PLC0415 - imported already

        try:
            made: Result = future.result()
        except CloudlessMosaicError:
            raise
        except (FutureCancelledError, OSError) as error:
            raise _OutOfReachError(type(error).__name__) from None
        future.release()
        return made

    def _answers(self) -> Iterator[Finished]:
        """Waits for the next event; yields if it is a finished task."""
        from distributed.scheduler import KilledWorker  # noqa: PLC0415 - imported already

        try:
            event = self._events.get(timeout=_LOOK)
        except Empty:
            return
        if not isinstance(event, Future):
            self._composed.append(self._composing.pop(event.key))
            return
        sent = self._finishing.pop(event)
        try:
            answer = event.result()
        except KilledWorker:
            self._send_again(sent)
            return
        except _OutOfReachError as error:
            if sent.losses >= _MOST_LOSSES or not self._reconnected():
                raise self._lost(str(error)) from None
            self._submit([sent.task], sent.kills, sent.losses + 1)
            return
        except OTHER_SOFTWARE as error:
            known = isinstance(error, OtherVersionError)
            if not (self._refusals.refuse() or self._refusals.count or known) or sent.losses >= _MOST_LOSSES:
                raise
            self._submit([sent.task], sent.kills, sent.losses + 1)
            return
        yield answer

    def _reconnected(self) -> bool:
        """Waits while the client looks for its scheduler; True if it has found it."""
        end = time.monotonic() + _RECONNECT
        while self._client.status == "connecting" and time.monotonic() < end:
            time.sleep(_PAUSE)
        return bool(self._client.status == "running")

    def _send_again(self, sent: _Sent[AnyTask, Result]) -> None:
        """Sends a task again whose workers died; as a rule another task killed them.

        A large one goes in pieces: where workers die often, few live long enough for all of it.

        Raises:
            TemporaryError: if that went on for too long.
        """
        task: Any = sent.task
        pieces: tuple[Any, ...] = task.pieces() if isinstance(task, DivisibleTask) else (task,)
        if len(pieces) > 1:
            self._submit(list(pieces), losses=sent.losses)
            return
        if sent.kills + 1 >= _MOST_KILLS:
            block, period = sent.task.block.index, sent.task.label
            raise TemporaryError(
                f"workers of {self._connection.name} died again and again of block {block} of {period}; most "
                "likely they need more memory (`worker_memory`)"
            )
        self._submit([sent.task], sent.kills + 1, sent.losses)

    def _look_at_workers(self) -> None:
        """Counts the workers every other second: they decide how much is in flight.

        Raises:
            TemporaryError: if there has been none, or none or the scheduler has answered, for too long.
        """
        now = time.monotonic()
        if now < self._next_look:
            return
        self._next_look = now + _LOOK
        try:
            workers = self._client.scheduler_info(n_workers=-1)["workers"]
            resources = ClusterResources.of(workers)
        except (OSError, KeyError, AttributeError) as error:
            self._unanswered_since = self._unanswered_since or now
            if now - self._unanswered_since > _RECONNECT:
                raise self._lost(type(error).__name__) from None
            return
        self._unanswered_since = None
        self._in_flight = resources.in_flight(self._result_bytes)
        self._require_heartbeat(workers)
        if resources.workers:
            self._workerless_since = None
        elif self._workerless_since is None:
            self._workerless_since = now
        elif now - self._workerless_since > self._wait_workers:
            raise TemporaryError(
                f"{self._connection.name} has had no worker for {self._wait_workers:g} seconds "
                f"(`wait_workers`); {self._connection.hint}"
            )

    def _require_heartbeat(self, workers: Mapping[str, Mapping[str, Any]]) -> None:
        """Notices workers that are stopped but not gone.

        Raises:
            TemporaryError: if none has been heard of for too long.
        """
        silence = self._heartbeats.silence(workers)
        if silence > max(self._wait_workers, SILENCE):
            raise TemporaryError(
                f"no worker of {self._connection.name} has answered for {silence:.0f} seconds "
                "(`wait_workers`); are they stopped or overloaded?"
            )

    def _lost(self, reason: str) -> TemporaryError:
        return TemporaryError(
            f"{self._connection.name} is out of reach ({reason}); start the same command again once it is "
            "back"
        )

    def _cancel(self) -> None:
        """Cancels all tasks of this run on the cluster."""
        left = [
            sent.future for sent in (*self._composing.values(), *self._composed, *self._finishing.values())
        ]
        if left:
            # a lost scheduler has forgotten them anyway
            with suppress(Exception):
                self._client.cancel(left, force=True)
