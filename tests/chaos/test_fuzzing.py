"""A hundred thousand items and twenty thousand pages of junk, without an exception that isn't ours."""

from contextlib import contextmanager

import pytest

from damaged_bytes import mutated

pytestmark = pytest.mark.chaos

PARTS = 20


@contextmanager
def named(seeds):
    """Says which seeds to look at."""
    try:
        yield
    except Exception as error:
        error.add_note(f"one of the seeds {seeds}")
        raise


@pytest.mark.parametrize("part", range(PARTS))
def test_five_thousand_items(judge, seed_items, part):
    for first in range(part * 5000, (part + 1) * 5000, 50):
        seeds = range(first, first + 50)
        items = [mutated(seed_items[seed % len(seed_items)], seed, 4) for seed in seeds]
        with named(seeds):
            judge(item for item in items if isinstance(item, dict))


@pytest.mark.parametrize("part", range(PARTS))
def test_thousand_pages(judge, drain_pages, seed_page, part):
    for seed in range(part * 1000, (part + 1) * 1000):
        with named(seed):
            judge(drain_pages([mutated(seed_page, seed, 8)]))
