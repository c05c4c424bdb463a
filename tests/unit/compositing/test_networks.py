"""A network on the scenes of a block: the same pixels whatever the blocks, asked once."""

import threading
import warnings
from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, zoom

from bright_network import BrightNetwork
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.kept_answers import Kept
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.networks import forget_networks
from cloudless_mosaic.compositing.placing import place_granules
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.masks.network import merged

OPTIONS = {"bands": ("red",), "mask": "scl", "cloud_dilation": 0.0}
NAMES = ("blue", "green", "red", "nir")
SHAPE = 880, 960
"""Pixels of 10 m: 220 x 240 of the network's."""


@pytest.fixture(autouse=True)
def _nothing_is_kept():
    forget_networks()


@pytest.fixture
def bands():
    """Smooth bright and dark patches, a corner without data; shape (band, y, x)."""
    rng = np.random.default_rng(3)
    patches = zoom(gaussian_filter(rng.normal(size=(SHAPE[0] // 4, SHAPE[1] // 4)), 12), 4, order=1)
    patches = (patches - patches.min()) / np.ptp(patches)
    noise = 300 * rng.random((4, *SHAPE))
    bands = 7000 * patches**2 * np.array([1, 1.02, 1.05, 1.3])[:, None, None] + noise + 1
    bands[:, :64, :96] = 0
    return bands.astype(np.uint16)


@pytest.fixture
def one_day(world, bands):
    rng = np.random.default_rng(9)
    scl = rng.choice([4, 5, 6, 9, 3], (44, 48), p=[0.4, 0.3, 0.2, 0.05, 0.05]).astype(np.uint8)
    scl = scl.repeat(10, axis=0).repeat(10, axis=1)
    scl[:32, :48] = 0
    world.add(dict(zip(NAMES, bands, strict=True)), scl, overviews=(2, 4))
    return world


def tasks_of(world, network, geobox, blocks=None):
    plan = world.plan(geobox, blocks, **OPTIONS)
    for task in plan.tasks(plan.periods[0]):
        sources = [
            replace(
                one,
                granules=tuple(
                    replace(
                        granule, network=tuple(plan.scene_set.scenes[0].rasters[b] for b in network.bands)
                    )
                    for granule in one.granules
                ),
            )
            for one in task.observations
        ]
        yield replace(task, mask=replace(task.mask, network=network), observations=tuple(sources))


def clear_of(world, network, geobox, blocks=None):
    """Clear pixels on the grid of the classification, put together from blocks, and the reader."""
    reader = world.reader()
    clear = np.zeros((SHAPE[0] // 2, SHAPE[1] // 2), np.bool_)
    for task in tasks_of(world, network, geobox, blocks):
        (granule,) = mask_granules(place_granules(task, reader), task.mask, reader).granules
        window = granule.placed.mask.window
        clear[window.slices] = granule.mask.clear
    return clear, reader


def network_reads(reader):
    return [read for read in reader.reads if not read.href.endswith("scl.tif")]


def test_blocks_do_not_change_what_a_network_finds_and_ask_it_once(one_day, make_geobox):
    geobox = make_geobox(SHAPE)
    whole, once = clear_of(one_day, BrightNetwork(), geobox)
    assert 0.1 < whole.mean() < 0.9
    forget_networks()
    blocks = Blocks((0, 300, 512, 880), (0, 100, 640, 960))
    cut, reader = clear_of(one_day, BrightNetwork(), geobox, blocks)
    np.testing.assert_array_equal(cut, whole)
    # 2 x 2 windows of two bands, each read once for all nine blocks
    assert len(network_reads(once)) == len(network_reads(reader)) == 8
    again, reader = clear_of(one_day, BrightNetwork(), geobox, blocks)
    assert not network_reads(reader)
    np.testing.assert_array_equal(again, whole)


@pytest.mark.slow
def test_a_whole_scene_is_masked_as_ukis_csmask_does(one_day, make_geobox):
    pytest.importorskip("onnxruntime", reason="the extra ukis is not installed")
    csmask = pytest.importorskip("ukis_csmask.mask", reason="the extra ukis is not installed")
    from cloudless_mosaic.masks.ukis import installed  # noqa: PLC0415 - after the check

    blocks = Blocks((0, 300, 880), (0, 640, 960))
    clear, _ = clear_of(one_day, installed(), make_geobox(SHAPE), blocks)
    overview = np.stack([one_day.rasters[f"scene-0/{name}.tif"].levels[2] for name in NAMES], axis=-1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input image is smaller")
        theirs = csmask.CSmask(
            overview.astype(np.float32) / np.float32(10_000),
            ["blue", "green", "red", "nir"],
            product_level="l2a",
            intra_op_num_threads=1,
            providers=["CPUExecutionProvider"],
        )
    found = np.where((overview > 0).any(axis=2), theirs.csm[..., 0], 0)
    assert set(np.unique(found)) == {0, 1, 2}
    codes = one_day.rasters["scene-0/scl.tif"].pixels
    expected = np.isin(merged(codes, found.repeat(2, axis=0).repeat(2, axis=1)), [2, 4, 5, 6, 7, 11])
    np.testing.assert_array_equal(clear, expected)


def test_a_granule_whose_bands_for_the_network_cannot_be_read_is_lost(one_day, make_geobox):
    one_day.failing.add("scene-0/nir.tif")
    (task,) = tasks_of(one_day, BrightNetwork(), make_geobox(SHAPE))
    composite = compose(task, one_day.reader())
    assert [one.scene_id for one in composite.lost] == ["scene-0"]
    assert "scene-0/nir.tif can't be read" in composite.lost[0].reason
    # a later block tries again
    one_day.failing.clear()
    assert not compose(task, one_day.reader()).lost


def test_a_block_without_a_clear_class_does_not_ask(one_day, make_geobox):
    one_day.rasters["scene-0/scl.tif"].pixels[:] = 9
    _, reader = clear_of(one_day, BrightNetwork(), make_geobox(SHAPE))
    assert not network_reads(reader)


def test_values_are_made_once_and_the_oldest_are_dropped():
    kept, made = Kept(2 * 80), []

    def make(key):
        made.append(key)
        return np.zeros(10)

    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: make(key))
    assert made == ["a", "b", "c", "b"]


def test_threads_wait_for_the_one_that_makes_a_value():
    kept, asked, made = Kept(1000), threading.Barrier(4), []

    def make():
        made.append(threading.get_ident())
        return np.zeros(1)

    def get():
        asked.wait(10)
        found.append(kept.get("key", make))

    found: list[np.ndarray] = []
    threads = [threading.Thread(target=get) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(made) == 1
    assert len({id(one) for one in found}) == 1
    assert len(found) == 4


def test_a_value_that_could_not_be_made_is_tried_again():
    kept = Kept[np.ndarray](1000)
    with pytest.raises(ZeroDivisionError):
        kept.get("key", lambda: np.zeros(1 // 0))
    assert kept.get("key", lambda: np.ones(1)) == 1
