"""One fault after the other under whole tasks: the right pixels, or an observation that is counted as lost.

The full matrix is in the chaos suite.
"""

import pickle
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from cloudless_mosaic.compositing.compose import compose
from fault_server import FAULTS, Faults
from quick_reader import QuickReader

pytestmark = pytest.mark.xdist_group("faults")


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_that_strikes_once(request, trial, kind):
    faults = Faults(kind, 0)
    with ThreadPoolExecutor(2) as threads:
        trial(faults, threads, request.node.name)
    assert len(faults.hits) == 1


@pytest.mark.parametrize("kind", ["short", "503", "403", "404", "zeros", "corrupt"])
def test_a_fault_that_strikes_every_tenth_request(request, trial, kind):
    faults = Faults(kind, 0.1)
    with ThreadPoolExecutor(2) as threads:
        lost = trial(faults, threads, request.node.name)
    assert faults.hits
    assert bool(lost) == (kind == "404") or kind in {"zeros", "corrupt"}


def test_two_processes(trial):
    faults = Faults("short", 0.1)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        trial(faults, processes, "two processes")
    assert faults.hits


def test_tokens_of_a_second_for_four(token_server, signed_tasks, quiet):
    token_server.token_life = 1.0
    reader = QuickReader(trial="short tokens")
    end = time.monotonic() + 4
    while time.monotonic() < end:
        for task, expected in zip(signed_tasks, quiet, strict=True):
            composite = compose(task, reader)
            assert not composite.lost
            np.testing.assert_array_equal(composite.data, expected.data)
        time.sleep(0.1)
    assert 3 <= len(token_server.tokens) <= 15


def test_no_payload_holds_a_secret(token_server, signed_tasks):
    reader = QuickReader(trial="payload")
    for task in signed_tasks:
        composite = compose(task, reader)
        assert not composite.lost
        for payload in (task, composite, partial(compose, reader=reader)):
            assert b"SECRET" not in pickle.dumps(payload)
            assert "SECRET" not in repr(payload)
    assert token_server.tokens
