"""A limit on the whole time of a call that can't be interrupted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

Answer = TypeVar("Answer")


def run_within(seconds: float, function: Callable[[], Answer]) -> Answer:
    """Calls a function in a thread of its own, and abandons it when the time is up.

    A socket's time-out starts again with every byte, so a server that sends one byte a second never exceeds
    it. The abandoned thread ends with its connection, or with the process.

    Raises:
        TimeoutError: if the function does not return in time.
    """
    outcome: SimpleQueue[tuple[Answer | None, BaseException | None]] = SimpleQueue()

    def run() -> None:
        try:
            outcome.put((function(), None))
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that waits
            outcome.put((None, error))

    threading.Thread(target=run, name="mosaic-deadline", daemon=True).start()
    try:
        answer, error = outcome.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if error is not None:
        raise error
    return answer  # type: ignore[return-value] # None only where the function gives it
