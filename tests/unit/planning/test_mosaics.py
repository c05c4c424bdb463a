import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.domain.request import Shard
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.blocks import cut_blocks
from cloudless_mosaic.planning.mosaics import cut_mosaics
from cloudless_mosaic.planning.tiles import tile_edges

SIZE = 512


@pytest.fixture
def plan(world, make_geobox):
    """Four tiles, over the western two of which there is a scene."""
    world.add(np.ones((1024, 512), np.uint16))
    geobox = make_geobox((1024, 1024))
    blocks = cut_blocks(geobox, 300, None).cut_at(*tile_edges(geobox, SIZE))
    return world.plan(geobox, blocks, tile_size=SIZE)


def test_tiles_that_no_scene_touches_have_no_mosaic(plan):
    mosaics = cut_mosaics(plan)
    assert len({mosaic.plan.tile for mosaic in mosaics}) == len(mosaics)
    for mosaic in mosaics:
        assert mosaic.label == f"2023-08-{mosaic.plan.tile}"
        left, _, _, top = mosaic.plan.geobox.boundingbox.bbox
        assert left < plan.geobox.affine.c + 512 * 10
        assert top > plan.geobox.boundingbox.bottom


def test_tasks_of_tiles_read_and_make_what_those_of_the_whole_do(plan):
    def places(one, tasks):
        return {
            (one.geobox[task.block.window].boundingbox.bbox, tuple(task.observations), task.bands)
            for task in tasks
            if task.observations
        }

    whole = places(plan, plan.tasks(plan.periods[0]))
    tiled = [places(mosaic.plan, mosaic.tasks()) for mosaic in cut_mosaics(plan)]
    assert set().union(*tiled) == whole
    assert sum(map(len, tiled)) == len(whole)


def test_without_tiles_a_month_is_a_mosaic(world, make_geobox):
    world.add(np.ones((64, 64), np.uint16))
    plan = world.plan(make_geobox((64, 64)))
    (mosaic,) = cut_mosaics(plan)
    assert (mosaic.label, mosaic.plan) == ("2023-08", plan)


@settings(max_examples=20)
@given(st.integers(1, 12))
def test_shards_share_the_mosaics_out(make_world, make_geobox, count):
    world = make_world()
    world.add(np.ones((1024, 1024), np.uint16))
    geobox = make_geobox((1024, 1024))
    whole = cut_mosaics(world.plan(geobox, tile_size=SIZE))
    parts = [
        cut_mosaics(world.plan(geobox, tile_size=SIZE, shard=Shard(number, count)))
        for number in range(1, count + 1)
    ]
    assert [one.label for part in parts for one in part] == [one.label for one in whole]
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@pytest.mark.parametrize(
    "text", ["", "1", "/", "1/", "/2", "a/b", "1/2/3", "-1/2", "1.0/2", "\u0661/2", "1/1234567890"]
)
def test_what_is_no_shard_is_said(text):
    with pytest.raises(UsageError, match="shard needs a part as I/N"):
        Shard.parse(text)


@pytest.mark.parametrize("text", ["0/1", "2/1", "0/0", "1/100001"])
def test_shards_that_there_are_not(text):
    with pytest.raises(UsageError, match=f"I from 1 to N, and N at most 100000, got {text}"):
        Shard.parse(text)


@pytest.mark.parametrize("size", [0, -512, 511, 513, 1000])
def test_tiles_are_of_whole_blocks_of_a_file(make_request, size):
    with pytest.raises(UsageError, match=f"tile_size must be a multiple of 512 pixels.*got {size}"):
        make_request(tile_size=size)
