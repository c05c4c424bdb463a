"""Workers that are stopped but not gone: their scheduler counts them for minutes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

SILENCE = 10.0
"""Seconds without a heartbeat that mean nothing; workers send one every half second."""


class Heartbeats:
    """When any worker of a cluster was heard of last."""

    def __init__(self) -> None:
        """Starts now."""
        self._seen: dict[str, float] = {}
        self._since = time.monotonic()

    def silence(self, workers: Mapping[str, Mapping[str, Any]]) -> float:
        """Seconds since a look at which any worker was heard of; 0 where there are no workers.

        Args:
            workers: As the scheduler knows them now (``Client.scheduler_info()["workers"]``).
        """
        now = time.monotonic()
        seen = {address: float(worker.get("last_seen") or 0.0) for address, worker in workers.items()}
        if seen != self._seen or not workers:
            self._seen, self._since = seen, now
        return now - self._since
