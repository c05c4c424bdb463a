"""A whole process, measured: time on the wall, time on the processors, memory.

The measuring is done by a small process between the benchmark and what it measures,
``python -m benchmarks.measure RESULT LOG COMMAND...``: Linux counts the memory of whoever starts a process as
memory that the process has used, so whoever starts it had better be small. This module imports nothing large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError

_INTERVAL = 0.2
"""Seconds between two looks at the memory of a process and its children."""

ROOT = Path(__file__).resolve().parents[1]
"""Root of the project."""

_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children used."""

    wall_s: float
    """Seconds from its start to its end."""
    cpu_s: float
    """Seconds of all processors, user and system."""
    peak_rss_mb: float
    """Most memory at any time in units of 1,000,000 bytes: the kernel's own figure for a single process, the
    sum over the processes (looked at five times a second) where there are more."""


def run_measured(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Usage:
    """Runs a command to its end.

    Args:
        command: Program and arguments.
        environment: All of its environment.
        log: File for what it prints.

    Raises:
        BenchmarkError: if it fails.
    """
    result = log.with_suffix(".usage.json")
    watcher = [sys.executable, "-m", "benchmarks.measure", str(result), str(log), *command]
    ended = subprocess.run(watcher, env=environment, cwd=ROOT, check=False)
    if ended.returncode:
        raise BenchmarkError(f"{' '.join(command[:4])} ... ended with {ended.returncode}; see {log}")
    return Usage(**json.loads(result.read_text(encoding="utf-8")))


def _measure(command: Sequence[str], log: Path) -> tuple[int, Usage]:
    """Runs a command and returns its exit code and what it used."""
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        watch = _Watch(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        watch.stop()
    process.returncode = os.waitstatus_to_exitcode(status)  # wait4 took it away from the process object
    peak = max(watch.peak, 1024 * usage.ru_maxrss)
    return process.returncode, Usage(wall, usage.ru_utime + usage.ru_stime, peak / 1e6)


class _Watch:
    """Looks at the memory of a process and its children from a thread."""

    def __init__(self, pid: int) -> None:
        self.peak = 0
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_INTERVAL):
            family = _family(self._pid)
            # one alone is measured better by the kernel
            if len(family) > 1:
                self.peak = max(self.peak, sum(_resident(pid) for pid in family))


def _family(pid: int) -> list[int]:
    """A process and all below it."""
    family = [pid]
    for member in family:
        for listing in Path(f"/proc/{member}/task").glob("*/children"):
            with suppress(OSError):
                family += map(int, listing.read_text(encoding="utf-8").split())
    return family


def _resident(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * _PAGE
    except OSError:
        return 0


def _main(result: Path, log: Path, command: Sequence[str]) -> int:
    code, usage = _measure(command, log)
    result.write_text(json.dumps(asdict(usage)), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
