"""Mutated items and pages by the hundred; by the hundred thousand in the chaos suite."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from damaged_bytes import mutated

pytestmark = pytest.mark.xdist_group("faults")

SEEDS = st.integers(0, 2**63)
QUIET = [HealthCheck.function_scoped_fixture]


@settings(max_examples=100, suppress_health_check=QUIET)
@given(st.lists(SEEDS, min_size=5, max_size=5))
def test_items(judge, seed_items, seeds):
    judge([mutated(seed_items[seed % len(seed_items)], seed) for seed in seeds if seed is not None])


@settings(max_examples=100, suppress_health_check=QUIET)
@given(st.lists(SEEDS, min_size=1, max_size=3))
def test_pages(judge, drain_pages, seed_page, seeds):
    judge(item for item in drain_pages([mutated(seed_page, seed, 6) for seed in seeds]))


def test_what_is_good_is_taken(judge, drain_pages, seed_items, seed_page):
    assert len(judge(seed_items).scenes) + len(judge(seed_items).dropped) == len(seed_items)
    assert judge(seed_items).scenes
    assert drain_pages([seed_page, {"features": seed_items[2:]}]) == tuple(seed_items)
