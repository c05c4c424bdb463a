"""How long a reader waits, and how often it tries again."""

from __future__ import annotations

import random
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Time-outs and retries of one process.

    The object store repeats what the server refuses (429, 5xx, resets before the answer), with a back-off of
    its own but without heed to ``Retry-After``, which it doesn't show. Attempts here stand above: for bodies
    that end short or stall, and for servers that throttle for longer.
    """

    connect: float = 10.0
    """Seconds to connect."""
    request: float = 60.0
    """Seconds for a request with its whole body, however it drips."""
    read: float = 180.0
    """Seconds that a read may spend in requests, its retries included; waiting for others doesn't count."""
    attempts: int = 3
    """Tries for a read, each with the object store's own retries."""
    pause: float = 1.0
    """Seconds before the second try; each further pause is four times as long, give or take a half."""
    store_retries: int = 4
    """Retries of the object store for one request."""
    store_pause: float = 0.2
    """Seconds before its first retry; doubles from there, with jitter."""

    def pause_before(self, attempt: int) -> float:
        """Seconds to wait before a try; 1 is the second one."""
        jitter = random.uniform(0.5, 1.5)  # noqa: S311 - only spreads requests
        return jitter * self.pause * 4.0 ** (attempt - 1)


PATIENT = Patience()
"""What a run uses."""
