"""A whole process, measured: time on the wall, time on the processors, memory.

The measuring is done by a small process between the benchmark and what it measures,
``python -m benchmarks.measure RESULT LOG COMMAND...``: Linux counts the memory of the starting process as
memory that the process has used, so the starting process must be small. This module imports nothing large.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError

ROOT = Path(__file__).resolve().parents[1]
"""Root of the project."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and its children used."""

    wall_s: float
    """Seconds from its start to its end."""
    cpu_s: float
    """Seconds of all processors, user and system."""
    peak_rss_mb: float
    """Most memory at any time in units of 1,000,000 bytes. It is that of the largest process; no contender
    has more than one."""


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
    starter = [sys.executable, "-m", "benchmarks.measure", str(result), str(log), *command]
    code = subprocess.run(starter, env=environment, cwd=ROOT, check=False).returncode
    if code:
        raise BenchmarkError(f"{' '.join(command[:4])} ... ended with {code}; see {log}")
    return Usage(**json.loads(result.read_text(encoding="utf-8")))


def _measure(command: Sequence[str], log: Path) -> tuple[int, Usage]:
    """Runs a command and returns its exit code and what it used."""
    with log.open("wb") as output:
        begin = time.perf_counter()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)  # wait4 took it away from the process object
    return process.returncode, Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6)


def _main(result: Path, log: Path, command: Sequence[str]) -> int:
    code, usage = _measure(command, log)
    result.write_text(json.dumps(asdict(usage)), encoding="utf-8")
    return code


if __name__ == "__main__":
    sys.exit(_main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
