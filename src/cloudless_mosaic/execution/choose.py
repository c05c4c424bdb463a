"""Chooses the engine of a run: by its request, then by the environment, else threads."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cloudless_mosaic.compositing.networks import forget_networks
from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.request import ExecutionOptions
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.execution.engine import Engine
from cloudless_mosaic.execution.threads import ThreadEngine, core_count
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.reading import RasterReader, default_reader

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from cloudless_mosaic.execution.connection import Connection

CLUSTER = "DASK_CLUSTER"
"""Environment variable with the name of a Dask Gateway cluster."""

SCHEDULER = "DASK_SCHEDULER_ADDRESS"
"""Environment variable with the address of a scheduler."""


@contextmanager
def open_engine(
    request: ExecutionOptions,
    reader: RasterReader | None,
    access: tuple[StorageAccess, ...],
    note: Callable[[str], None],
    *,
    keeps_edges: bool = False,
) -> Iterator[Engine]:
    """The engine for a request: a local cluster, a Gateway's, that of a scheduler, or threads.

    A cluster that was started here is stopped at the end; one that was connected to is left as it is.

    Args:
        request: The request.
        reader: Where pixels come from; by default the files themselves. A cluster needs one that pickles.
        access: How this process reads the buckets of the provider; tasks carry it to workers.
        note: Called with a message on where the work is done.
        keeps_edges: Other runs of this process are of areas that touch; see ``TileReader``.

    Raises:
        UsageError: if the cluster does not exist or has stopped, or what it needs is not installed.
        TemporaryError: if the cluster is out of reach for now.
    """
    chosen = _connection(request)
    if chosen is None:
        forget_networks()
        yield ThreadEngine(request.workers, reader or default_reader(access, keeps_edges=keeps_edges))
        return
    from cloudless_mosaic.execution.cluster import ClusterEngine  # noqa: PLC0415 - only runs on clusters

    with chosen as connection:
        dashboard = f", dashboard: {connection.dashboard}" if connection.dashboard else ""
        note(f"composing on {connection.name}{dashboard}")
        yield ClusterEngine(connection, request.wait_workers, reader, note)


def check_engine(request: ExecutionOptions) -> None:
    """Checks, before a search, that the engine of a request can be opened by this process.

    Raises:
        UsageError: if this process is a worker that imports the script of its parent.
    """
    if request.cluster == "local":
        from cloudless_mosaic.execution.local import require_main_process  # noqa: PLC0415 - as below

        require_main_process()


def _connection(request: ExecutionOptions) -> AbstractContextManager[Connection] | None:
    """The cluster that a request or the environment asks for."""
    if request.cluster == "local":
        from cloudless_mosaic.execution.local import local_cluster  # noqa: PLC0415 - as above

        return local_cluster(request.workers or core_count(), request.worker_memory)
    if (name := _variable(CLUSTER)) is not None:
        from cloudless_mosaic.execution.gateway import gateway_cluster  # noqa: PLC0415 - as above

        return gateway_cluster(name, request.gateway_url, request.wait_workers)
    if (address := _variable(SCHEDULER)) is not None:
        from cloudless_mosaic.execution.connection import connect  # noqa: PLC0415 - as above

        name = f"the scheduler at {redact(address)}"
        return connect(address, name, "start workers that connect to it")
    return None


def _variable(name: str) -> str | None:
    value = os.environ.get(name)
    if value is not None and not value.strip():
        # a script that could not start its cluster leaves this behind
        raise UsageError(f"{name} is set and empty; give it a value, or unset it to run on this computer")
    return value
