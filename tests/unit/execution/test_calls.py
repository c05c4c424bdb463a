"""Calls on a worker of a real scheduler, both in this process."""

import time
from threading import Lock

import pytest
from distributed import Client, LocalCluster

from cloudless_mosaic.execution import calls
from cloudless_mosaic.execution.connection import Connection
from cloudless_mosaic.execution.refusals import Refusals

LARGE = 11 * 2**20
"""Bytes from which Dask loads an answer beside its event loop."""


@pytest.fixture
def connection():
    options = {
        "processes": False,
        "protocol": "tcp://",
        "host": "127.0.0.1",
        "dashboard_address": "127.0.0.1:0",
    }
    with (
        LocalCluster(n_workers=1, threads_per_worker=1, **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield Connection(client, "the cluster", "", "")


class Slow:
    """Takes longer to be loaded than the workers are left alone."""

    lock = Lock()
    loads = 0

    def __init__(self, content=b"\0" * LARGE):
        self.content = content

    def __reduce__(self):
        return load, (self.content,)


def load(content):
    with Slow.lock:
        Slow.loads += 1
        # without the limit, a call that gives up and asks again would go on for ever
        if Slow.loads <= 3:
            time.sleep(50 * calls._LOOK)
    return Slow(content)


def large(_argument):
    return Slow()


def test_an_answer_is_fetched_once_however_long_that_takes(connection, monkeypatch):
    """A fetch that is given up is given up for all results that Dask fetches with it."""
    monkeypatch.setattr(calls, "_LOOK", 0.002)
    monkeypatch.setattr(Slow, "loads", 0)
    refusals = Refusals(connection, print)
    assert len(calls.call_on_worker(connection, large, None, refusals).content) == LARGE
    assert Slow.loads == 1
