"""A real Dask Gateway and real schedulers, on loopback, each in processes of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
import rasterio

BIN = Path(sys.executable).parent
DASK = str(BIN / "dask")

GATEWAY_CONFIG = """
from dask_gateway_server.options import Float, Options, String

c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.DaskGateway.address = "127.0.0.1:{private}"
c.Proxy.address = "127.0.0.1:{public}"
c.LocalClusterConfig.scheduler_cmd = ["dask", "scheduler"]
c.LocalClusterConfig.worker_cmd = ["dask", "worker"]
c.UnsafeLocalBackend.clusters_directory = {folder!r}

def settings(options):
    return {{"worker_cores": 1, "worker_memory": f"{{options.worker_memory}} G"}}

c.Backend.cluster_options = Options(
    Float("worker_cores", default=1),
    Float("worker_cores_limit", default=1),
    Float("worker_memory", default=1),
    String("image", default="none"),
    handler=settings,
)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=20.0):
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


@dataclass(frozen=True)
class GatewayServer:
    address: str
    environment: dict[str, str]

    def processes(self, cluster: str) -> list[psutil.Process]:
        """Scheduler and workers of a cluster."""
        found = []
        for one in psutil.process_iter():
            try:
                if one.environ().get("DASK_GATEWAY_CLUSTER_NAME") == cluster:
                    found.append(one)
            except psutil.Error:
                continue
        return found

    def worker_processes(self, cluster: str) -> list[psutil.Process]:
        """Those processes that compose; their nannies start new ones."""
        return [one for one in self.processes(cluster) if "spawn_main" in command_line(one)]

    def scheduler_process(self, cluster: str) -> psutil.Process:
        return next(one for one in self.processes(cluster) if "dask scheduler" in command_line(one))


def command_line(one: psutil.Process) -> str:
    try:
        return " ".join(one.cmdline())
    except psutil.Error:
        return ""


@pytest.fixture(scope="session")
def gateway(tmp_path_factory):
    """A Dask Gateway with the local backend; its workers see this computer's files and packages."""
    pytest.importorskip("dask_gateway_server", reason="the Dask Gateway server is not installed")
    folder = tmp_path_factory.mktemp("gateway")
    public, private = free_port(), free_port()
    (folder / "clusters").mkdir()
    config = GATEWAY_CONFIG.format(public=public, private=private, folder=str(folder / "clusters"))
    (folder / "config.py").write_text(config)
    with (
        (folder / "log").open("wb") as log,
        process(
            str(BIN / "dask-gateway-server"),
            *("-f", str(folder / "config.py")),
            cwd=folder,
            env=server_environment(),
            stdout=log,
            stderr=subprocess.STDOUT,
        ),
    ):
        wait_for(lambda: answers(public) and answers(private))
        address = f"http://127.0.0.1:{public}"
        yield GatewayServer(address, clean_environment(DASK_GATEWAY__ADDRESS=address))


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


@pytest.fixture
def scheduler():
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
        timeout=60,
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


@pytest.fixture
def same_files():
    """Asserts that two outputs hold the same files; the way to local scenes depends on the folder."""

    def content(path: Path) -> object:
        if path.suffix != ".json":
            return path.read_bytes()
        document = json.loads(path.read_text())
        return {**document, "links": [one for one in document["links"] if one["rel"] != "derived_from"]}

    def pixels(path: Path) -> np.ndarray:
        with rasterio.open(path) as file:
            return file.read()

    def check(one: Path, other: Path) -> None:
        names = sorted(path.relative_to(one) for path in one.rglob("*.*") if path.is_file())
        assert names == sorted(path.relative_to(other) for path in other.rglob("*.*") if path.is_file())
        assert len(names) > 1
        for name in names:
            if name.suffix == ".tif":
                assert np.argwhere(pixels(one / name) != pixels(other / name)).tolist() == [], name
            assert content(one / name) == content(other / name), name

    return check
