"""The command in a process that notes what its client and its workers used apart.

``python -m benchmarks.shares RESULT OPTIONS...`` runs the command and writes a JSON object to RESULT.
"""

from __future__ import annotations

import atexit
import json
import os
import resource
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Shares:
    """Processor time of a run by process, and what came to the client."""

    client_s: float
    """Seconds of the client, user and system; the scheduler of a local cluster is part of it."""
    workers_s: float
    """Seconds of all its children, which are the workers."""
    received: int
    """Bytes that came over connections of Dask, those of the scheduler in the same process included."""


def read_shares(path: Path) -> Shares:
    """What a run wrote."""
    return Shares(**json.loads(path.read_text(encoding="utf-8")))


class Received:
    """Counts the bytes that connections of Dask read in this process."""

    def __init__(self) -> None:
        self.bytes = 0

    def watch(self) -> None:
        """Counts from now on."""
        from tornado.iostream import IOStream  # noqa: PLC0415 - only runs on clusters need it

        read: Callable[[Any, Any], int | None] = IOStream.read_from_fd

        def counted(stream: Any, buffer: Any) -> int | None:  # noqa: ANN401 - of tornado
            count = read(stream, buffer)
            self.bytes += count or 0
            return count

        IOStream.read_from_fd = counted


def _processor_time(who: int) -> float:
    usage = resource.getrusage(who)
    return round(usage.ru_utime + usage.ru_stime, 3)


def _main(result: Path, arguments: list[str]) -> None:
    received = Received()
    if "DASK_SCHEDULER_ADDRESS" in os.environ or any(one.startswith("--cluster") for one in arguments):
        received.watch()

    def write() -> None:
        shares = Shares(
            _processor_time(resource.RUSAGE_SELF), _processor_time(resource.RUSAGE_CHILDREN), received.bytes
        )
        result.write_text(json.dumps(asdict(shares)), encoding="utf-8")

    atexit.register(write)
    from cloudless_mosaic.cli.mosaics import cli  # noqa: PLC0415 - after the counters
    from cloudless_mosaic.cli.program import run_program  # noqa: PLC0415

    sys.argv = ["cloudless-mosaic", *arguments]
    run_program(cli)


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2:])
