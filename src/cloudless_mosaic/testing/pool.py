"""Running one job over many arguments in a pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


def run_all(pool: Executor, job: Callable[[T], None], arguments: Iterable[T]) -> None:
    """Runs a job for every argument and waits; raises what the first failing job raises."""
    deque(pool.map(job, arguments), maxlen=0)
