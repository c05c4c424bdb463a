from dataclasses import replace
from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bright_network import BrightNetwork
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.execution import threads
from cloudless_mosaic.execution.resources import ClusterResources, composite_bytes, fit_blocks, fit_threads
from cloudless_mosaic.execution.threads import ThreadEngine
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.estimate import block_output_bytes, task_memory
from memory_reader import MemoryReader

GIB = 2**30


def resources(*limits, threads=1):
    workers = [{"memory_limit": limit, "nthreads": threads} for limit in limits]
    return ClusterResources.of({str(number): worker for number, worker in enumerate(workers)})


@pytest.fixture
def plan(world, make_geobox):
    for day in (1, 2, 3):
        world.add(np.zeros((512, 512), np.uint16), np.zeros((256, 256)), day=day)
    return world.plan(make_geobox((512, 512)))


def test_the_smallest_worker_decides_what_a_task_may_use():
    alone, shared = resources(2 * GIB), resources(8 * GIB, 2 * GIB, threads=2)
    assert alone.task_budget == pytest.approx(0.7 * 2 * GIB - 400 * 2**20)
    assert shared.task_budget == pytest.approx(alone.task_budget / 2)
    assert (shared.workers, shared.threads, shared.memory) == (2, 4, 10 * GIB)


def test_workers_without_a_limit_take_any_task(plan):
    assert resources(0, None).task_budget == inf
    assert fit_blocks(plan, resources(0)) is plan


def test_plan_that_fits_stays_as_it_is(plan):
    assert fit_blocks(plan, resources(2 * GIB)) is plan


def test_blocks_are_cut_until_a_task_fits(plan):
    budget = task_memory(plan) / 3
    fitted = fit_blocks(plan, replace(resources(GIB), task_budget=budget))
    assert 1.2 * task_memory(fitted) <= budget
    assert set(plan.blocks.row_edges) < set(fitted.blocks.row_edges)
    assert fitted.blocks.largest == (256, 256)


def test_worker_that_no_block_fits_is_refused(plan):
    with pytest.raises(UsageError, match=r"the workers have 0 MB for one; give them more memory"):
        fit_blocks(plan, resources(GIB // 4))


def test_pixels_do_not_depend_on_the_cut(world, make_geobox):
    random = np.random.default_rng(4)
    for day in range(1, 6):
        scl = random.choice([4, 5, 8, 9], size=(150, 150), p=[0.5, 0.4, 0.05, 0.05])
        world.add(random.integers(1, 9000, (300, 300), np.uint16), scl, day=day)
    geobox = make_geobox((300, 300))
    whole = Blocks((0, 200, 300), (0, 300))
    cut = whole.halved().halved()
    one = world.mosaic(geobox, whole, cloud_dilation=60.0)
    other = world.mosaic(geobox, cut, cloud_dilation=60.0)
    np.testing.assert_array_equal(one.data, other.data)
    np.testing.assert_array_equal(one.count, other.count)


@given(st.integers(2, 3000), st.integers(1, 1024), st.integers(0, 1023))
def test_halved_blocks_keep_all_cuts_and_are_half_as_large(length, size, phase):
    edges = tuple(sorted({0, length, *range(phase % size, length, size)}))
    blocks = Blocks(edges, edges)
    halved = blocks.halved()
    assert set(edges) <= set(halved.row_edges)
    assert halved.largest[0] <= -(-blocks.largest[0] // 2)
    assert halved.row_edges[0] == 0
    assert halved.row_edges[-1] == length


def test_halves_of_whole_blocks_follow_the_source_tiles():
    """Blocks of 1024 that begin at 300: tiles of 512 begin at 300, 812, 1324, ..."""
    halved = Blocks((0, 300, 1324, 2000), (0, 300, 1324, 2000)).halved()
    assert halved.row_edges == (0, 300, 812, 1324, 1836, 2000)


def test_in_flight_is_bounded_by_threads_and_by_the_memory_of_the_cluster():
    assert resources(2 * GIB, 2 * GIB).in_flight(1000) == 6
    assert resources(2 * GIB, 2 * GIB).in_flight(GIB // 10) == 4
    assert resources(2 * GIB, 2 * GIB).in_flight(GIB) == 2
    assert resources(0).in_flight(GIB) == 4
    assert resources().in_flight(GIB) >= 1


def test_composite_has_all_bands_and_the_count(plan):
    assert composite_bytes(plan) == 512 * 512 * 2 * 2


def test_threads_and_blocks_fit_into_the_memory_of_a_container(plan):
    need = 1.2 * task_memory(plan)
    roomy, number = fit_threads(plan, 8, int((200 * 2**20 + 8 * need) / 0.7) + 1)
    assert roomy is plan
    assert number == 8
    cut, number = fit_threads(plan, 8, int((200 * 2**20 + 2.5 * need) / 0.7))
    assert cut.blocks.largest == (256, 256)
    assert number == 8
    cut, number = fit_threads(plan, 8, int((200 * 2**20 + need / 2) / 0.7))
    assert cut.blocks.largest == (256, 256)
    assert 1 <= number < 8
    # a small container is tried with one thread
    assert fit_threads(plan, 8, 64 * 2**20)[1] == 1


def test_the_memory_of_a_container_is_asked_for(plan, monkeypatch):
    monkeypatch.setattr(threads, "memory_limit", lambda: 64 * 2**20)
    engine = ThreadEngine(None, MemoryReader({}))
    assert engine.fit(plan).blocks.largest == (256, 256)
    assert engine.threads == 1
    asked = ThreadEngine(5, MemoryReader({}))
    asked.fit(plan)
    assert asked.threads == 5
    monkeypatch.setattr(threads, "memory_limit", lambda: None)
    assert ThreadEngine(None, MemoryReader({})).fit(plan) is plan


def test_parts_are_as_large_as_the_number_of_threads_and_their_memory_allow(plan):
    fine = replace(plan, blocks=Blocks(tuple(range(0, 513, 32)), tuple(range(0, 513, 32))))
    assert resources(8 * GIB, 8 * GIB).part_edge(fine, 1) == 4
    # 16 parts of 4 x 4 blocks are too few for 8 threads, 36 of 3 x 3 aren't
    assert resources(*[8 * GIB] * 8).part_edge(fine, 1) == 3
    assert resources(*[8 * GIB] * 8).part_edge(fine, 2) == 4
    assert resources(*[8 * GIB] * 200).part_edge(fine, 1) == 1
    little = 1.2 * task_memory(fine) + 5 * block_output_bytes(fine)
    assert replace(resources(GIB), task_budget=little).part_edge(fine, 1) == 2


def test_the_network_of_a_mask_takes_memory_of_its_process_and_of_its_tasks(plan, monkeypatch):
    bare = task_memory(plan)
    masked = replace(plan.request.cloud_mask, network=BrightNetwork(process_memory=GIB, task_memory=2**26))
    monkeypatch.setattr(type(plan.request), "cloud_mask", masked)
    assert bare + 2**26 <= task_memory(plan) < bare + 1.1 * 2**26  # and a little to read
    assert resources(8 * GIB, 8 * GIB).task_budget_of(plan) == resources(8 * GIB).task_budget - GIB
    limit = int((200 * 2**20 + 8 * 1.2 * task_memory(plan)) / 0.7) + 1
    assert fit_threads(plan, 8, limit + int(GIB / 0.7) + 1) == (plan, 8)
    assert fit_threads(plan, 8, limit) != (plan, 8)
