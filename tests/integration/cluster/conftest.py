"""A real Dask Gateway and real schedulers, on loopback, each in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateways import GatewayServer, serving_gateway
from processes import BIN, answers, clean_environment, free_port, process, server_environment, wait_for

DASK = str(BIN / "dask")

OPTIONS = """
from dask_gateway_server.options import Float, Options, String

def settings(options):
    return {"worker_cores": 1, "worker_memory": f"{options.worker_memory} G"}

c.Backend.cluster_options = Options(
    Float("worker_cores", default=1),
    Float("worker_cores_limit", default=1),
    Float("worker_memory", default=1),
    String("image", default="none"),
    handler=settings,
)
"""


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """A Dask Gateway whose workers see this computer's files and packages."""
    pytest.importorskip("dask_gateway_server", reason="the Dask Gateway server is not installed")
    with serving_gateway(tmp_path_factory.mktemp("gateway"), OPTIONS) as server:
        yield server


@dataclass(frozen=True)
class RunningScheduler:
    address: str

    @contextmanager
    def worker(self, **changes: str):
        with process(
            *(DASK, "worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard"),
            *("--memory-limit", "2GiB"),
            env=server_environment(**changes),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as running:
            yield running


@contextmanager
def running_scheduler():
    """A scheduler without workers."""
    port = free_port()
    with process(
        *(DASK, "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"),
        env=server_environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ):
        wait_for(lambda: answers(port))
        yield RunningScheduler(f"tcp://127.0.0.1:{port}")


@pytest.fixture
def scheduler():
    """A scheduler without workers."""
    with running_scheduler() as running:
        yield running


@pytest.fixture(scope="module")
def two_workers():
    """Environment of commands that work on two workers; no test may stop one."""
    with running_scheduler() as running, running.worker(), running.worker():
        yield clean_environment(DASK_SCHEDULER_ADDRESS=running.address)


@dataclass(frozen=True)
class Shell:
    """Runs the project's scripts as a user does, from a folder of their own."""

    scripts: Path
    environment: dict[str, str]

    def run(self, script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("bash") or "sh", "-euc", script],
            cwd=cwd,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def shell(gateway, tmp_path):
    """A shell whose ``cloudless-mosaic`` is the one under test."""
    folder = tmp_path / "bin"
    folder.mkdir()
    launcher = folder / "cloudless-mosaic"
    launcher.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m cloudless_mosaic "$@"\n')
    launcher.chmod(0o755)
    environment = dict(gateway.environment)
    environment["PATH"] = f"{folder}{os.pathsep}{environment['PATH']}"
    return Shell(Path(__file__).resolve().parents[3] / "scripts", environment)


@pytest.fixture
def gateway_cluster(gateway, tmp_path):
    """Name of a cluster with two workers."""
    target = tmp_path / "name.txt"
    arguments = ("start", "--target", str(target), "--max-cores", "2", "--worker-memory", "2")
    run_cluster(gateway, *arguments)
    name = target.read_text().strip().removeprefix("export DASK_CLUSTER=")
    yield name
    run_cluster(gateway, "stop", name)


def run_cluster(gateway: GatewayServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "cloudless_mosaic", "cluster", *arguments],
        env=gateway.environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.fixture
def start_command():
    """Starts the command line in the background; ended with all its children."""

    @contextmanager
    def start(*arguments: str, cwd: Path, env: dict[str, str]):
        with process(
            *(sys.executable, "-m", "cloudless_mosaic", *arguments),
            cwd=cwd,
            env={**env, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # a shell that starts the tests in its background has them ignore Ctrl-C
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        ) as running:
            yield running

    return start


@pytest.fixture
def wait_for_block():
    """Waits until a command with ``--json`` has composed its first block."""

    def wait(running) -> None:
        for line in running.stdout:
            if json.loads(line)["event"] == "block":
                return
        raise AssertionError(running.stderr.read())

    return wait


@pytest.fixture
def clean_env():
    return clean_environment


@pytest.fixture
def until():
    return wait_for
