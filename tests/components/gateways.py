"""A real Dask Gateway with the local backend, on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from processes import (
    BIN,
    answers,
    clean_environment,
    free_port,
    process,
    server_environment,
    wait_for,
)

SERVER = """
c.DaskGateway.backend_class = "dask_gateway_server.backends.local.UnsafeLocalBackend"
c.DaskGateway.authenticator_class = "dask_gateway_server.auth.SimpleAuthenticator"
c.DaskGateway.address = "127.0.0.1:{private}"
c.Proxy.address = "127.0.0.1:{public}"
c.LocalClusterConfig.scheduler_cmd = ["dask", "scheduler"]
c.LocalClusterConfig.worker_cmd = ["dask", "worker"]
c.UnsafeLocalBackend.clusters_directory = {folder!r}
# the machine may have other work
c.UnsafeLocalBackend.cluster_start_timeout = c.UnsafeLocalBackend.worker_start_timeout = 600
"""


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
        return [one for one in self.processes(cluster) if "spawn_main" in _command_line(one)]

    def scheduler_process(self, cluster: str) -> psutil.Process:
        return next(one for one in self.processes(cluster) if "dask scheduler" in _command_line(one))


def _command_line(one: psutil.Process) -> str:
    try:
        return " ".join(one.cmdline())
    except psutil.Error:
        return ""


@contextmanager
def serving_gateway(folder: Path, options: str, **environment: str) -> Iterator[GatewayServer]:
    """A Gateway whose clusters write to a folder.

    ``options`` are lines of its configuration, above all those that say what clients may choose.
    """
    public, private = free_port(), free_port()
    clusters = folder / "clusters"
    clusters.mkdir()
    config = folder / "config.py"
    config.write_text(SERVER.format(public=public, private=private, folder=str(clusters)) + options)
    with (
        (folder / "log").open("wb") as log,
        process(
            str(BIN / "dask-gateway-server"),
            *("-f", str(config)),
            cwd=folder,
            env=server_environment(**environment),
            stdout=log,
            stderr=subprocess.STDOUT,
        ),
    ):
        wait_for(lambda: answers(public) and answers(private))
        address = f"http://127.0.0.1:{public}"
        yield GatewayServer(address, clean_environment(DASK_GATEWAY__ADDRESS=address))
