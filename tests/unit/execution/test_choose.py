import sys
from datetime import date

import dask
import numpy as np
import pytest

from cloudless_mosaic import Aoi, MosaicRequest
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.request import ExecutionOptions
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.execution import open_engine
from cloudless_mosaic.execution.gateway import ClusterSize, list_clusters
from cloudless_mosaic.execution.threads import ThreadEngine
from cloudless_mosaic.execution.worker import package_digest, work_on_block


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch):
    monkeypatch.delenv("DASK_CLUSTER", raising=False)
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)


def request_of(**execution):
    return MosaicRequest(
        start_date=date(2023, 8, 1),
        end_date=date(2023, 8, 31),
        aoi=Aoi(14.99, 47.8, 15.02, 47.86),
        bands=("red",),
        **execution,
    )


def opened(notes=None, **execution):
    with open_engine(
        request_of(**execution), None, (), (notes if notes is not None else []).append
    ) as engine:
        return engine


def test_threads_are_the_default_and_say_nothing():
    notes = []
    assert isinstance(opened(notes), ThreadEngine)
    assert notes == []


def test_address_that_is_none_is_refused_without_waiting(monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "garbage")
    with pytest.raises(UsageError, match=r"no usable address.*tcp://host:8786"):
        opened()


def test_a_scheduler_with_tls_needs_certificates_in_the_configuration(monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tls://127.0.0.1:9")
    with pytest.raises(UsageError, match=r"wants TLS.*set distributed\.comm\.tls\.ca-file"):
        opened()


def test_a_certificate_that_can_not_be_read_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tls://127.0.0.1:9")
    gone = str(tmp_path / "gone.pem")
    tls = {f"distributed.comm.tls.{name}": gone for name in ("ca-file", "client.cert", "client.key")}
    with dask.config.set(tls), pytest.raises(UsageError, match="can't be read"):
        opened()


@pytest.mark.parametrize("name", ["DASK_CLUSTER", "DASK_SCHEDULER_ADDRESS"])
def test_empty_variable_is_not_taken_for_none(monkeypatch, name):
    monkeypatch.setenv(name, " ")
    with pytest.raises(UsageError, match=f"{name} is set and empty"):
        opened()


@pytest.mark.parametrize("error", [KeyError("getpwuid(): uid not found: 12345"), OSError("No username set")])
def test_user_without_a_name_is_told_how_to_get_one(monkeypatch, error):
    """As in a container that runs under any number; the two errors are those of Python 3.11 and 3.13."""

    def getuser():
        raise error

    monkeypatch.setattr("getpass.getuser", getuser)
    with pytest.raises(UsageError, match=r"needs the name of its user.*set LOGNAME"):
        list_clusters("http://127.0.0.1:1")


def test_missing_gateway_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask_gateway", None)
    with pytest.raises(UsageError, match="pip install dask-gateway"):
        list_clusters("http://127.0.0.1:1")


@pytest.mark.parametrize(
    "values", [{"worker_memory": 0.0}, {"wait_workers": -1.0}, {"worker_memory": float("nan")}]
)
def test_execution_is_validated(values):
    with pytest.raises(UsageError, match=r"worker.* must be"):
        ExecutionOptions(**values)


@pytest.mark.parametrize(
    ("size", "workers"),
    [((0.5, 1, 2, 5, 16), 5), ((0.5, 1, 4, 5, 16), 4), ((1, 2, 2, 5, 16), 2), ((1, 1, 2, 1, 2), 1)],
)
def test_workers_are_as_many_as_both_limits_allow(size, workers):
    assert ClusterSize(*size).workers == workers


@pytest.mark.parametrize(
    ("size", "words"),
    [
        ((0.5, 1, 2, 0.5, 16), "no worker of 1 cores and 2 GB fits into max_cores 0.5"),
        ((0.5, 1, 32, 5, 16), "max_memory 16"),
        ((2, 1, 2, 5, 16), "worker_cores 2 is more than worker_cores_limit 1"),
        ((0, 1, 2, 5, 16), "worker_cores must be greater than 0"),
        ((1, 1, float("nan"), 5, 16), "worker_memory must be greater than 0"),
    ],
)
def test_size_that_gives_no_worker_is_refused(size, words):
    with pytest.raises(UsageError, match=words):
        _ = ClusterSize(*size).workers


def test_worker_with_other_source_refuses_a_task_of_ours():
    with pytest.raises(UsageError, match="another version"):
        work_on_block(None, compose, "other", None)


def test_worker_composes_with_the_reader_it_is_given(world, make_geobox):
    world.add(np.full((64, 64), 700, np.uint16), np.full((32, 32), 4))
    plan = world.plan(make_geobox((64, 64)))
    composite = work_on_block(next(plan.tasks(plan.periods[0])), compose, package_digest(), world.reader())
    assert (composite.data == 700).all()
