"""nginx on loopback, whose log tells what a run asked for."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.errors import BenchmarkError

_CONFIG = """\
daemon off;
worker_processes auto;
pid nginx.pid;
error_log error.log;
{user}
events {{ worker_connections 1024; }}
http {{
  log_format traffic "$status $bytes_sent";
  access_log access.log traffic;
  types {{ image/tiff tif; }}
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 300s;
  keepalive_requests 1000000;
  client_body_temp_path temp/body;
  proxy_temp_path temp/proxy;
  fastcgi_temp_path temp/fastcgi;
  uwsgi_temp_path temp/uwsgi;
  scgi_temp_path temp/scgi;
  server {{
    listen 127.0.0.1:{port};
    root "{root}";
  }}
}}
"""

_START_TIMEOUT = 10.0
"""Seconds until the server has to answer."""

_SETTLE = 0.3
"""Seconds after a run until its last requests are in the log."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a run got from the server."""

    requests: int
    """Requests, those for files that aren't there included."""
    bytes: int
    """Bytes sent, headers included."""


class FileServer:
    """Serves a folder while it is entered."""

    def __init__(self, root: Path, folder: Path) -> None:
        """Prepares a server.

        Args:
            root: What to serve.
            folder: Where configuration and logs lie; made anew.

        Raises:
            BenchmarkError: if nginx isn't installed.
        """
        self._program = find_nginx()
        self._log = folder / "access.log"
        self._folder = folder
        self._seen = 0
        self.port = free_port()
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "temp").mkdir(parents=True)
        # started by root, nginx reads files as a user who may not see them
        user = f"user {pwd.getpwuid(0).pw_name};" if os.geteuid() == 0 else ""
        config = _CONFIG.format(port=self.port, root=root.resolve(), user=user)
        (folder / "nginx.conf").write_text(config, encoding="utf-8")

    @property
    def url(self) -> str:
        """Address of the folder."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        folder = str(self._folder.resolve())
        command = [self._program, "-p", folder, "-c", "nginx.conf", "-e", "error.log"]
        with (self._folder / "output.log").open("wb") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)
        wait_for_port(self.port, self._process, self._folder / "error.log")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=_START_TIMEOUT)

    def take_traffic(self) -> Traffic:
        """What was asked for since the last call."""
        time.sleep(_SETTLE)
        with self._log.open("rb") as log:
            log.seek(self._seen)
            lines = log.readlines()
            self._seen = log.tell()
        return Traffic(len(lines), sum(int(line.split()[1]) for line in lines))


def find_nginx() -> str:
    """Path of nginx, which Debian keeps where ordinary users don't look.

    Raises:
        BenchmarkError: if it isn't installed.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if program is None:
        raise BenchmarkError("nginx is not installed; on Debian and Ubuntu: apt-get install nginx-light")
    return program


def free_port() -> int:
    """An unused port on loopback."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for_port(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until a server answers on loopback.

    Raises:
        BenchmarkError: if it ended, or doesn't answer in time.
    """
    deadline = time.monotonic() + _START_TIMEOUT
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    process.kill()
    raise BenchmarkError(f"the server on port {port} does not start; see {log}")
