import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.net.retry import TEMPORARY_STATUSES, RetryPolicy
from cloudless_mosaic.reading.settings import TOKEN_RETRY, ReadSettings

POLICIES = {
    "STAC API": ApiSettings().retry,
    "reader": ReadSettings().retry,
    "object store": ReadSettings().store_retry,
    "tokens": TOKEN_RETRY,
}


@pytest.mark.parametrize(
    ("name", "delays"),
    [
        ("STAC API", [0.5, 1, 2, 4, 8]),
        ("reader", [1, 4]),
        ("object store", [0.2, 0.4, 0.8, 1.6]),
        ("tokens", [0.5, 1, 2, 4, 8]),
    ],
)
def test_the_delays_of_a_run(name, delays):
    policy = POLICIES[name]
    found = [policy.delay_after(attempt, jitter=False) for attempt in range(1, policy.attempts)]
    assert found == pytest.approx(delays)
    assert policy.retries == len(delays)


policies = st.builds(
    RetryPolicy,
    attempts=st.integers(1, 20),
    first_delay=st.floats(0, 100),
    factor=st.floats(1, 10),
    longest_delay=st.floats(0, 1000),
)


@given(policies, st.integers(1, 20))
def test_a_delay_is_within_half_of_its_own_and_never_longer_than_allowed(policy, attempt):
    plain = policy.first_delay * policy.factor ** (attempt - 1)
    delay = policy.delay_after(attempt)
    assert min(0.5 * plain, policy.longest_delay) <= delay <= min(1.5 * plain, policy.longest_delay)


@given(policies, st.floats(allow_nan=False))
def test_the_server_may_ask_for_any_delay_up_to_the_longest(policy, seconds):
    assert 0 <= policy.capped(seconds) <= policy.longest_delay
    if 0 <= seconds <= policy.longest_delay:
        assert policy.capped(seconds) == seconds


def test_a_refusal_for_good_is_not_retried():
    assert {400, 401, 403, 404} & TEMPORARY_STATUSES == set()
    assert ApiSettings().retry.statuses == TEMPORARY_STATUSES
