"""Every fault at every rate, in threads and in processes."""

import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import pytest

from cloudless_mosaic.compositing.compose import compose
from fault_server import FAULTS, Faults
from quick_reader import QuickReader

pytestmark = pytest.mark.chaos

ROUNDS = 5
"""Seeds of each cell of the matrix."""
TEN_MINUTES = 600


@pytest.fixture
def processes(token_server):  # noqa: ARG001 - workers inherit the environment that it sets
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as executor:
        yield executor


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.mark.parametrize("where", ["threads", "processes"])
@pytest.mark.parametrize("share", [0, 0.01, 0.1], ids=["once", "1 %", "10 %"])
@pytest.mark.parametrize("kind", FAULTS)
def test_matrix(request, trial, strikes, kind, share, where):
    """Faults that pass cost nothing; of those that stay the losses are exact."""
    executor = request.getfixturevalue(where)
    hits = 0
    for seed in range(ROUNDS):
        stays = Faults(kind, share, seed)
        trial(stays, executor, f"{request.node.name} {seed}")
        passes = Faults(kind, share, seed, most=strikes(kind) - 1)
        assert trial(passes, executor, f"{request.node.name} {seed} passing") == 0
        hits += len(stays.hits)
    assert hits


def test_ten_minutes_of_tokens_that_live_for_twenty_seconds(token_server, signed_tasks, quiet):
    token_server.token_life = 20.0
    reader = QuickReader(trial="tokens")
    end = time.monotonic() + TEN_MINUTES
    while time.monotonic() < end:
        for task, expected in zip(signed_tasks, quiet, strict=True):
            composite = compose(task, reader)
            assert not composite.lost
            np.testing.assert_array_equal(composite.data, expected.data)
        time.sleep(0.5)
    assert token_server.refused == 0
    assert len(token_server.tokens) > 30
