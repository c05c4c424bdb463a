"""The network of ukis-csmask, and what is said where it isn't installed."""

import warnings
from dataclasses import replace

import numpy as np
import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import MaskSettings, make_mask, ukis
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.network import Answer, classes_of_cell, source_pixels

SHAPE = 90, 95


@pytest.fixture
def csmask():
    pytest.importorskip("onnxruntime", reason="the extra ukis is not installed")
    return pytest.importorskip("ukis_csmask.mask", reason="the extra ukis is not installed")


@pytest.fixture
def without(monkeypatch):
    """Takes packages away."""

    def take(*names):
        monkeypatch.setattr(ukis, "find_spec", lambda name: None if name in names else object())
        ukis.installed.cache_clear()

    yield take
    ukis.installed.cache_clear()


@pytest.mark.slow
def test_the_model_of_level_1c_is_that_of_the_package(csmask):
    rng = np.random.default_rng(5)
    bands = (800 + 5000 * rng.random((4, 9, 10)).repeat(10, axis=1).repeat(10, axis=2))[:, :90, :95]
    bands = bands.astype(np.uint16)
    rows, columns = source_pixels(0, SHAPE[0]), source_pixels(0, SHAPE[1])
    answer = Answer.of(ukis.installed("l1c"), bands[:, rows[:, None], columns])
    cell = classes_of_cell((0, 0), SHAPE, lambda _: answer)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input image is smaller")
        theirs = csmask.CSmask(
            np.moveaxis(bands, 0, -1).astype(np.float32) / np.float32(10_000),
            ["blue", "green", "red", "nir"],
            product_level="l1c",
            intra_op_num_threads=1,
            providers=["CPUExecutionProvider"],
        )
    assert len(np.unique(theirs.csm)) > 1
    np.testing.assert_array_equal(cell[:90, :95], theirs.csm[..., 0])


@pytest.mark.parametrize(("taken", "named"), [("ukis_csmask", "ukis-csmask"), ("onnxruntime", "onnxruntime")])
def test_a_missing_package_is_named_with_the_extra(without, taken, named):
    without(taken)
    advice = rf"needs the package {named}; pip install 'cloudless-mosaic\[ukis\]'"
    with pytest.raises(UsageError, match=advice):
        make_mask("ukis", MaskSettings(DEFAULT_CLEAR_CLASSES, None))


def test_a_worker_with_other_versions_is_refused(csmask):  # noqa: ARG001 - that it is installed
    planned = replace(ukis.installed(), package="0.9")
    with pytest.raises(UsageError, match=r"was planned with 0\.9 and .*; give all workers the same image"):
        planned.probabilities(np.zeros((256, 256, 4), np.float32))
