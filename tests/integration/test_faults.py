"""One fault after the other under a whole task: the right pixels, or an observation that is counted as lost.

The full matrix is in the chaos suite.
"""

import pickle
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from cloudless_mosaic.compose import compose
from cloudless_mosaic.reading import TileReader
from cloudless_mosaic.testing.faulty import FAULTS, Faults
from cloudless_mosaic.testing.hasty import HASTY, HastyReader

pytestmark = pytest.mark.xdist_group("faults")

STORAGE = "https://sentinel2l2a01.blob.core.windows.net/closed"
LASTING = {"404"}
"""Faults that no retry heals."""


@pytest.fixture
def tokens(faulty_server, monkeypatch):
    """Makes the server stand for the storage and the token service of the Planetary Computer."""
    monkeypatch.setenv("PC_SDK_SAS_URL", f"{faulty_server.address}/token")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", faulty_server.address)


@pytest.fixture(scope="session")
def quiet(trial_tasks):
    """What an undisturbed run gives."""
    reader = TileReader()
    return [compose(task, reader) for task in trial_tasks]


def assert_same(composite, expected):
    np.testing.assert_array_equal(composite.data, expected.data)
    np.testing.assert_array_equal(composite.count, expected.count)


@pytest.mark.usefixtures("tokens")
@pytest.mark.parametrize("share", [0, 0.1], ids=["once", "10 %"])
@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault(request, faulty_server, trial_tasks, served, without_scenes, quiet, kind, share):
    tasks = [served(task, STORAGE) for task in trial_tasks]
    faulty_server.faults = Faults(kind, share)
    began = time.monotonic()
    with ThreadPoolExecutor(2) as threads:
        found = list(threads.map(partial(compose, reader=HastyReader(trial=request.node.name)), tasks))
    assert time.monotonic() - began < len(tasks) * 3 * HASTY.read
    hits = faulty_server.faults.hits
    assert hits
    lost = [{observation.scene_id for observation in composite.lost} for composite in found]
    if kind in LASTING:
        # a header may be asked for again by another task
        struck = {path.split("/")[1] for path, _ in hits}
        assert {path.split("/")[1] for path, start in hits if start} <= set().union(*lost) <= struck
    else:
        assert not any(lost)
    for composite, expected, task, gone in zip(found, quiet, trial_tasks, lost, strict=True):
        assert composite.observations == expected.observations
        if gone:
            expected = compose(without_scenes(task, gone), TileReader())  # noqa: PLW2901 - of what is left
        assert_same(composite, expected)


@pytest.mark.usefixtures("tokens")
def test_two_processes_under_faults(faulty_server, trial_tasks, served, quiet):
    tasks = [served(task, STORAGE) for task in trial_tasks]
    faulty_server.faults = Faults("short", 0.1)
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        found = list(processes.map(partial(compose, reader=HastyReader()), tasks))
    assert faulty_server.faults.hits
    for composite, expected in zip(found, quiet, strict=True):
        assert not composite.lost
        assert_same(composite, expected)


@pytest.mark.usefixtures("tokens")
def test_tokens_of_two_seconds_for_five(faulty_server, trial_tasks, served, quiet):
    faulty_server.token_life = 2.0
    reader = HastyReader(trial="short tokens")
    end = time.monotonic() + 5
    rounds = 0
    while time.monotonic() < end:
        for task, expected in zip(trial_tasks, quiet, strict=True):
            composite = compose(served(task, STORAGE), reader)
            assert not composite.lost
            assert_same(composite, expected)
        rounds += 1
        time.sleep(0.2)
    assert rounds > 1
    assert 3 <= len(faulty_server.tokens) <= 12


def test_no_payload_holds_a_secret(faulty_server, trial_tasks, served, monkeypatch):
    monkeypatch.setenv("PC_SDK_SAS_URL", f"{faulty_server.address}/token")
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", faulty_server.address)
    reader = HastyReader(trial="payload")
    for task in trial_tasks:
        tidy = served(task, STORAGE)
        composite = compose(tidy, reader)
        for payload in (tidy, composite, partial(compose, reader=reader)):
            assert b"SECRET" not in pickle.dumps(payload)
            assert "SECRET" not in repr(payload)
    assert faulty_server.tokens
