"""The start of a run on a cluster whose workers come and go."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.execution import cluster
from cloudless_mosaic.execution.cluster import ClusterEngine
from cloudless_mosaic.execution.connection import Connection
from cloudless_mosaic.execution.worker import worker_report


class RestlessClient:
    """Stands for a client of a cluster whose workers leave while they answer."""

    def __init__(self, leaving: int) -> None:
        self.leaving = leaving
        """How many calls of a function meet a worker that leaves."""
        self.compared = 0

    def wait_for_workers(self, number: int, timeout: float) -> None:
        assert number == 1
        assert timeout > 0

    def run(self, function, *args, on_error):
        assert on_error == "return"
        if function is not worker_report:
            return {}
        self.compared += 1
        if self.compared <= self.leaving:
            return {"tcp://worker": OSError("closed")}
        return {"tcp://worker": function(*args)}

    def scheduler_info(self, n_workers):
        assert n_workers == -1
        return {"workers": {"tcp://worker": {"memory_limit": 2**32, "nthreads": 1}}}


@pytest.fixture
def plan(world, make_geobox):
    world.add(np.zeros((64, 64), np.uint16), np.zeros((32, 32)))
    return world.plan(make_geobox((64, 64)))


def fitted(client, plan, wait_workers):
    connection = Connection(client, "cluster c", "", "is it running?")
    return ClusterEngine(connection, wait_workers, None, pytest.fail).fit(plan)


def test_workers_that_leave_while_they_are_compared_are_waited_for(plan, monkeypatch):
    monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=lambda: 0, sleep=lambda _: None))
    client = RestlessClient(leaving=3)
    assert fitted(client, plan, 60).blocks == plan.blocks
    assert client.compared == 4


def test_workers_that_never_stay_end_the_run_for_now(plan):
    client = RestlessClient(leaving=10**9)
    with pytest.raises(TemporaryError, match="cluster c lost its workers before work began; is it running"):
        fitted(client, plan, 0)
    assert client.compared == 1
