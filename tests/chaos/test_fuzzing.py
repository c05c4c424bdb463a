"""A hundred thousand items and twenty thousand pages of junk, without an exception that isn't ours."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cloudless_mosaic.testing.junk import mutated

pytestmark = pytest.mark.chaos

SEEDS = st.integers(0, 2**63)
ALL = settings(
    max_examples=2_000,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
    database=None,
)
"""Each example holds fifty items, or ten pages."""


@ALL
@given(st.lists(SEEDS, min_size=50, max_size=50, unique=True))
def test_a_hundred_thousand_items(judge, seed_items, seeds):
    items = [mutated(seed_items[seed % len(seed_items)], seed, 4) for seed in seeds]
    judge(item for item in items if isinstance(item, dict))


@ALL
@given(st.lists(SEEDS, min_size=10, max_size=10, unique=True))
def test_twenty_thousand_pages(judge, drain_pages, seed_page, seeds):
    for seed in seeds:
        judge(drain_pages([mutated(seed_page, seed, 8)]))
