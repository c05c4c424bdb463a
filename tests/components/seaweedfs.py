"""SeaweedFS: a server of S3 on loopback, with a public bucket and a private one."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from processes import BIN, answers, free_port, process, wait_for

PUBLIC, PRIVATE = "open-data", "closed-data"
DOMAIN = "s3.test"
"""Buckets are also at BUCKET.s3.test, for clients whose proxy knows that name."""
ACCESS_KEY, SECRET_KEY = "AKIATEST", "secretsecret"


@dataclass(frozen=True)
class ObjectStore:
    """A running server."""

    endpoint: str
    """Address of the S3 API."""

    def put(self, bucket: str, key: str, content: bytes) -> str:
        """Stores an object, in a new bucket if need be, and returns its href."""
        store = S3Store(
            bucket,
            config={
                "endpoint": self.endpoint,
                "region": "us-east-1",
                "access_key_id": ACCESS_KEY,
                "secret_access_key": SECRET_KEY,
            },
            client_options={"allow_http": True},
            retry_config={"max_retries": 0, "retry_timeout": timedelta(seconds=5)},
        )
        obstore.put(store, key, content)
        return f"s3://{bucket}/{key}"


@contextmanager
def running_seaweedfs(folder: Path) -> Iterator[ObjectStore]:
    """Starts the server, and stops it at the end.

    Args:
        folder: Empty folder for its data, its configuration and its log.
    """
    key = {"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}
    identities = [
        {"name": "test", "credentials": [key], "actions": ["Admin", "Read", "Write", "List"]},
        {"name": "anonymous", "actions": [f"Read:{PUBLIC}"]},
    ]
    (folder / "s3.json").write_text(json.dumps({"identities": identities}))
    for name in ("log", "data"):
        (folder / name).mkdir()
    ports = {name: _free_port() for name in ("master", "volume", "filer", "s3", "admin")}
    flags = [f"-{name}.port={port}" for name, port in ports.items()]
    # catalogs beside S3 would listen on fixed ports
    flags += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-webdav=false", "-admin.ui=false"]
    command = [str(BIN / "weed"), f"-logdir={folder / 'log'}", "mini", f"-dir={folder / 'data'}", *flags]
    command += [f"-s3.domainName={DOMAIN}"]
    command += ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.config={folder / 's3.json'}"]
    with (folder / "output").open("wb") as output, process(*command, stdout=output, stderr=output) as server:
        store = ObjectStore(f"http://127.0.0.1:{ports['s3']}")
        _await_bucket(store, ports["s3"], server, folder / "output")
        yield store


def _free_port() -> int:
    """A free port whose companion for gRPC, 10000 above, is free as well."""
    while True:
        port = free_port() % 20_000 + 20_000
        if not answers(port) and not answers(port + 10_000):
            return port


def _await_bucket(store: ObjectStore, port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Waits until an object that is put comes back without a signature."""

    def serves() -> bool:
        assert server.poll() is None, log.read_text(errors="replace")[-2000:]
        if not answers(port):
            return False
        try:
            store.put(PUBLIC, "ready", b"yes")
            with urllib.request.urlopen(f"{store.endpoint}/{PUBLIC}/ready", timeout=5) as answer:
                return answer.read() == b"yes"
        except (OSError, BaseError):
            return False

    wait_for(serves, 60)
