"""A proxy that adds a delay to every request: ``python -m benchmarks.proxy UPSTREAM-PORT PORT SECONDS``.

It reads requests as far as their heads, holds each for a while and passes it on; answers flow back as they
come, unread. So it costs little beside what it delays, and any number of connections wait at the same time.
Enough for clients that send no bodies and wait for an answer before they ask again on the same connection.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from benchmarks.server import free_port, wait_for_port

_BUFFER = 2**20
"""Bytes that a connection reads ahead."""


@contextmanager
def delaying_proxy(upstream: int, delay: float, log: Path) -> Iterator[str]:
    """Runs a proxy in a process of its own while the context is open, and yields its address.

    Args:
        upstream: Port of the server behind it, on loopback.
        delay: Seconds for each request.
        log: File for what it prints.

    Raises:
        BenchmarkError: if it doesn't start.
    """
    port = free_port()
    command = [sys.executable, "-m", "benchmarks.proxy", str(upstream), str(port), str(delay)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        wait_for_port(port, process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def serve(upstream: int, port: int, delay: float) -> None:
    """Serves for ever."""
    handle = partial(_relay, upstream, delay)
    server = await asyncio.start_server(handle, "127.0.0.1", port, limit=_BUFFER, backlog=256)
    await server.serve_forever()


async def _relay(
    upstream: int, delay: float, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection of a client, with one of its own to the server."""
    answers, requests = await asyncio.open_connection("127.0.0.1", upstream, limit=_BUFFER)
    pump = asyncio.create_task(_pump(answers, writer))
    try:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await asyncio.sleep(delay)
                requests.write(head)
    finally:
        pump.cancel()
        requests.close()
        writer.close()


async def _pump(answers: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await answers.read(_BUFFER):
            writer.write(data)
            await writer.drain()
    writer.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
