"""A bounded number of tasks in flight over an executor of the standard library."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from typing import TypeVar

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def run_bounded(
    executor: Executor,
    function: Callable[[Task], Answer],
    tasks: Iterable[Task],
    in_flight: int,
) -> Iterator[Answer]:
    """Runs a function over tasks, a few at a time, and yields the answers as they come.

    Tasks are drawn from the iterable only when there is room for them, so neither tasks nor answers pile up.
    When a task raises, or the consumer stops, tasks that have not begun are cancelled and those that run are
    waited for.

    Args:
        executor: Where to run.
        function: What to run.
        tasks: What to run it on; may be endless.
        in_flight: Most tasks submitted and not yet yielded.
    """
    pending: set[Future[Answer]] = set()
    source = iter(tasks)
    try:
        while True:
            for task in source:
                pending.add(executor.submit(function, task))
                if len(pending) >= in_flight:
                    break
            if not pending:
                return
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in pending:
            future.cancel()
        wait(pending)
