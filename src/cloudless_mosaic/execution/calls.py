"""Single calls on a cluster, beside the stream of tasks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Event
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from cloudless_mosaic.execution.connection import Connection
from cloudless_mosaic.execution.engine import Answer, Argument
from cloudless_mosaic.execution.heartbeats import SILENCE, Heartbeats
from cloudless_mosaic.execution.refusals import OTHER_SOFTWARE, Refusals
from cloudless_mosaic.execution.worker import call_here, package_digest

if TYPE_CHECKING:
    from distributed import Client, Future

_URGENT = 1
"""Priority: before tasks that wait, since a call ends work that was begun."""

_RETRIES = 2

_LOOK = 2.0
"""Seconds between looks at the workers."""


def call_on_worker(
    connection: Connection,
    function: Callable[[Argument], Answer],
    argument: Argument,
    refusals: Refusals,
) -> Answer:
    """Runs a function on some worker, or in this process where the cluster fails.

    Args:
        connection: To the scheduler.
        function: A function of a module that is safe to run again.
        argument: Its argument.
        refusals: Takes workers with other software out of the cluster.
    """
    from distributed.client import FutureCancelledError  # noqa: PLC0415 - imported already
    from distributed.scheduler import KilledWorker  # noqa: PLC0415 - as above

    client = connection.client
    try:
        future = client.submit(
            call_here,
            argument,
            function=function,
            digest=package_digest(),
            key=f"finish-{uuid4().hex}",
            pure=False,
            priority=_URGENT,
            retries=_RETRIES,
        )
        answer: Answer = _await(client, future)
    except OTHER_SOFTWARE:
        refusals.refuse()
        return function(argument)
    except (FutureCancelledError, KilledWorker, OSError):
        return function(argument)
    future.release()
    return answer


def _await(client: Client, future: Future[Answer]) -> Answer:
    """The result of a call.

    Its end is waited for without asking for the result: Dask fetches results together, and a time-out on one
    of them would cancel all that are under way.

    Raises:
        OSError: if no worker is left, or none has been heard of for long, or the scheduler doesn't answer.
    """
    ended = Event()
    future.add_done_callback(lambda _: ended.set())
    heartbeats = Heartbeats()
    while not ended.wait(_LOOK):
        workers = _workers(client)
        if not workers or heartbeats.silence(workers) > SILENCE:
            client.cancel([future], force=True)
            raise TimeoutError
    return future.result()


def _workers(client: Client) -> Mapping[str, Mapping[str, Any]]:
    """The workers that the scheduler counts; none where it doesn't answer."""
    try:
        workers: Mapping[str, Mapping[str, Any]] = client.scheduler_info(n_workers=-1)["workers"]
    except (OSError, KeyError, AttributeError):
        # the last two are what a client raises whose connection was cut
        return {}
    return workers
