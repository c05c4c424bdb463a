"""Workers that join late with other software, and are taken out of the cluster."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.execution.connection import Connection
from cloudless_mosaic.execution.preflight import other_software
from cloudless_mosaic.execution.worker import OtherVersionError, software
from cloudless_mosaic.net.deadline import run_within

_COMPARING = 30.0
"""Seconds that workers have to say which software they have."""

_MOST_REFUSALS = 20
"""Times that workers of another version are refused in a run; something starts them again and again."""

OTHER_SOFTWARE = (OtherVersionError, ImportError, AttributeError)
"""What a worker with other software raises; what it can't load is one of the last two."""


class Refusals:
    """Takes workers with other software out of a cluster; from any thread."""

    def __init__(self, connection: Connection, note: Callable[[str], None]) -> None:
        """Prepares for a run.

        Args:
            connection: To the scheduler.
            note: Called with a message for the user.
        """
        self._connection = connection
        self._note = note
        self._lock = Lock()
        self.count = 0
        """Workers that were refused so far."""

    def refuse(self) -> bool:
        """Looks at all workers, and takes those with other software out.

        Returns:
            False where there are none.

        Raises:
            UsageError: if there have been too many.
        """
        client = self._connection.client
        with self._lock:
            try:
                answers = run_within(_COMPARING, lambda: client.run(software, on_error="return"))
            except OSError:  # TimeoutError is one
                return False
            others = other_software(software(), answers)
            for address, differences in others.items():
                self._note(f"worker {address} joined with other software and is refused: {differences}")
                self.count += 1
            if self.count > _MOST_REFUSALS:
                raise UsageError(
                    f"workers with other software join {self._connection.name} again and again; give all of "
                    "them the same image"
                )
            if others:
                client.retire_workers(list(others), close_workers=True)
            return bool(others)
