"""Where tasks are composed: threads of this process, or workers of a Dask cluster.

No Dask object leaves this package, and Dask is imported only by runs that go to a cluster.
"""

from cloudless_mosaic.execution.bounded import run_bounded
from cloudless_mosaic.execution.choose import check_engine, open_engine
from cloudless_mosaic.execution.engine import Engine, Task
from cloudless_mosaic.execution.threads import core_count, thread_executor, worker_count

__all__ = [
    "Engine",
    "Task",
    "check_engine",
    "core_count",
    "open_engine",
    "run_bounded",
    "thread_executor",
    "worker_count",
]
