"""Runs one job over many arguments in a pool of threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


def run_all(pool: Executor, job: Callable[[T], None], arguments: Iterable[T]) -> None:
    """Runs a job for every argument and waits; raises what the first failing job raises."""
    finish_all(pool.map(job, arguments))


def finish_all(begun: Iterable[None]) -> None:
    """Waits for jobs that ``pool.map`` has begun; raises what the first failing job raises."""
    deque(begun, maxlen=0)
