"""What this process has used: ranges, bytes, processor time."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence, Sized

from cloudless_mosaic.domain.results import Usage


class Traffic:
    """Counts what comes. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests = 0
        self._bytes = 0

    def add(self, bodies: Sequence[Sized]) -> None:
        """Counts the responses to requests."""
        with self._lock:
            self._requests += len(bodies)
            self._bytes += sum(map(len, bodies))

    def usage(self) -> Usage:
        """The counts so far, and the processor time of the process."""
        with self._lock:
            return Usage(self._requests, self._bytes, time.process_time())


TRAFFIC = Traffic()
"""That of this process."""


def process_usage() -> Usage:
    """What this process has used since it started; imported by workers by name."""
    return TRAFFIC.usage()
