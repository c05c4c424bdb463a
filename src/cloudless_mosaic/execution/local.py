"""A Dask cluster on this computer, for the time of a run."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.execution.connection import Connection, connect

_GIB = 2**30


@contextmanager
def local_cluster(workers: int, worker_memory: float | None) -> Iterator[Connection]:
    """Starts worker processes of one thread each, and stops them at the end, however it comes.

    Args:
        workers: Processes.
        worker_memory: GiB that each may use; ``None`` shares out the memory of the computer.

    Raises:
        TemporaryError: if they do not start.
    """
    from distributed import LocalCluster  # noqa: PLC0415 - see connect

    try:
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit="auto" if worker_memory is None else int(worker_memory * _GIB),
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=logging.CRITICAL,
        )
    except (OSError, RuntimeError) as error:
        raise TemporaryError(f"the local cluster does not start ({error}); try fewer `workers`") from None
    with (
        cluster,
        connect(
            cluster.scheduler_address, "the local cluster", "give them more `worker_memory`"
        ) as connection,
    ):
        yield connection
