"""Programs that the tests start, in processes of their own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import psutil

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=120.0):
    """Waits until something holds; the limit is for what never will, also on a machine with other work."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def process(*arguments: str, **options):
    """A process that is ended with all its children."""
    with subprocess.Popen(arguments, start_new_session=True, **options) as running:
        try:
            yield running
        finally:
            family = family_of(running.pid)
            running.terminate()
            _, alive = psutil.wait_procs(family, timeout=5)
            for one in alive:
                one.kill()


def family_of(pid: int) -> list[psutil.Process]:
    try:
        return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def clean_environment(**changes: str) -> dict[str, str]:
    """This process's environment without a cluster."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DASK_", "GDAL_"))}
    return {**kept, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", **changes}


def server_environment(**changes: str) -> dict[str, str]:
    """The same for servers and workers, which are killed before coverage could write down what it saw."""
    environment = clean_environment(**changes)
    return {name: value for name, value in environment.items() if not name.startswith("COV")}
