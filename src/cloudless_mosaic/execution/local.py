"""A Dask cluster on this computer, for the time of a run."""

from __future__ import annotations

import logging
import multiprocessing
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.execution.cgroups import memory_limit
from cloudless_mosaic.execution.connection import Connection, connect

_GIB = 2**30
_NEEDS_GUARD = (
    "a local cluster starts processes that import the script again: put the call under "
    'if __name__ == "__main__":, or leave out `cluster`'
)

_QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "200ms",
    "distributed.worker.memory.monitor-interval": "500ms",
}
"""What Dask watches for its dashboard ten times a second, and the stacks of threads that it samples a hundred
times, took a tenth of the processor time of a whole tile."""


@contextmanager
def local_cluster(workers: int, worker_memory: float | None) -> Iterator[Connection]:
    """Starts worker processes of one thread each, and stops them at the end, however it comes.

    Args:
        workers: Processes.
        worker_memory: GiB that each may use; ``None`` shares out the memory of the computer, or what its
            container may use of it.

    Raises:
        UsageError: if the script that runs would start them again in each of them.
        TemporaryError: if they do not start.
    """
    require_main_process()
    import dask  # noqa: PLC0415 - see connect
    from distributed import LocalCluster  # noqa: PLC0415 - as above

    try:
        with dask.config.set(_QUIET):
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                processes=True,
                memory_limit=_share(workers) if worker_memory is None else int(worker_memory * _GIB),
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
    except (OSError, RuntimeError) as error:
        if _is_unguarded_script():
            raise UsageError(_NEEDS_GUARD) from None
        raise TemporaryError(f"the local cluster does not start ({error}); try fewer `workers`") from None
    with (
        cluster,
        connect(
            cluster.scheduler_address, "the local cluster", "give them more `worker_memory`"
        ) as connection,
    ):
        yield connection


def _share(workers: int) -> int | str:
    from distributed.system import MEMORY_LIMIT  # noqa: PLC0415 - see connect

    limit = memory_limit()
    return "auto" if limit is None else min(limit, MEMORY_LIMIT) // workers


def require_main_process() -> None:
    """Checks that this process is not one that is being started.

    Raises:
        UsageError: if it is: a worker that imports a script without ``if __name__ == "__main__"``.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        raise UsageError(_NEEDS_GUARD)


def _is_unguarded_script() -> bool:
    """True for a script that acts the same in every process that imports it."""
    main = sys.modules["__main__"]
    file = getattr(main, "__file__", None)
    if not file or getattr(main, "__spec__", None) is not None:
        return False
    try:
        return not re.search(r"__name__\s*==", Path(file).read_text("utf-8", errors="replace"))
    except OSError:
        return False
