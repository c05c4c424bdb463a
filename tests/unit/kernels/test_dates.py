"""The test over the dates, against numpy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.kernels.dates import HAZE, MOST, SHADOW, drop_by_dates
from mask_oracles import CLEAR, DOUBTFUL, HARD, SNOW, kept_by_dates
from random_stacks import observed

LIMITS = (250, 200, 350, 300, 400)
VALUES = st.one_of(
    st.sampled_from([0, 1, 2, 350, 351, 65534, 65535]), st.integers(0, 65535), st.integers(200, 1200)
)


@st.composite
def cases(draw):
    """Bands, places of the guides, levels, and limits."""
    bands, times, columns = draw(st.integers(3, 5)), draw(st.integers(1, 6)), draw(st.integers(1, 90))
    stack = draw(stn.arrays(np.uint16, (bands, times, 2, columns), elements=VALUES))
    levels = draw(
        stn.arrays(np.uint8, (times, 2, columns), elements=st.sampled_from((CLEAR, DOUBTFUL, SNOW)))
    )
    guides = tuple(draw(st.permutations(range(bands)))[:3])
    return stack, guides, levels, draw(st.one_of(st.just(LIMITS), st.tuples(*[st.integers(0, MOST)] * 5)))


def check(stack, guides, levels, limits):
    before, dropped = stack.copy(), np.zeros(stack.shape[1], np.int64)
    reasons = np.ones(stack.shape[2:], np.uint8)
    drop_by_dates(stack, guides, levels, limits, dropped, reasons=reasons)
    kept, shadow = kept_by_dates(before, guides, levels, limits)
    np.testing.assert_array_equal(stack[0], np.where(kept, before[0], 0))
    np.testing.assert_array_equal(stack[1:], before[1:])
    complete = (before > 0).all(axis=0)
    gone = complete & ~kept
    np.testing.assert_array_equal(dropped, gone.sum(axis=(1, 2)))
    why = 1 + HAZE * (gone & ~shadow).any(axis=0) + SHADOW * (gone & shadow).any(axis=0)
    np.testing.assert_array_equal(reasons, why)
    first = np.zeros_like(reasons)
    drop_by_dates(before.copy(), guides, levels, limits, np.zeros_like(dropped), reasons=first, own=1)
    np.testing.assert_array_equal(first, HAZE * (gone & ~shadow)[0] + SHADOW * (gone & shadow)[0])
    again = before.copy()
    drop_by_dates(again, guides, levels, limits, np.zeros_like(dropped))
    np.testing.assert_array_equal(again, stack)
    return complete, kept


@given(cases())
def test_any_stack(case):
    check(*case)


@pytest.mark.parametrize("seed", range(6))
def test_a_pixel_with_a_clear_or_snowy_observation_keeps_one(seed):
    """Noisy observations of more pixels than are worked on together."""
    stack = observed(4, 1 + seed, 3, 1000, seed)
    levels = np.random.default_rng(seed).choice([CLEAR, DOUBTFUL, SNOW], stack.shape[1:]).astype(np.uint8)
    complete, kept = check(stack, (0, 2, 3), levels, LIMITS)
    trusted = complete & (levels != DOUBTFUL)
    assert kept.any(axis=0)[trusted.any(axis=0)].all()
    if seed:
        assert not kept[complete].all()


@pytest.mark.parametrize("difference", [0, 200, 201])
def test_many_pixels_that_hardly_differ_are_compared_as_any_others(difference):
    """One pixel of more than are worked on together is doubtful, alone or bluer than on another date."""
    stack = np.full((3, 3, 1, 1300), 400, np.uint16)
    stack[0, 1, 0, 700] += difference
    stack[:, 1:, 0, 900] = 0
    levels = np.full(stack.shape[1:], CLEAR, np.uint8)
    levels[:, 0, (700, 900)] = DOUBTFUL
    _, kept = check(stack, (0, 1, 2), levels, LIMITS)
    assert kept[1, 0, 700] == (difference <= 200)
    check(np.where(stack > 0, 900, 0).astype(np.uint16), (0, 1, 2), levels, LIMITS)


def one_pixel(*observations, level=CLEAR):
    """What is kept of a pixel of blue, red and near infrared."""
    stack = np.array(observations, np.uint16).T[:, :, None, None].copy()
    levels = np.broadcast_to(np.uint8(level), stack.shape[1:]).copy()
    drop_by_dates(stack, (0, 1, 2), levels, LIMITS, np.zeros(len(observations), np.int64))
    return (stack[0, :, 0, 0] > 0).tolist()


def test_what_is_bluer_than_the_reference_is_haze_unless_it_is_redder_by_more_than_twice_as_much():
    clear, limit, haze = (300, 400, 3000), (550, 600, 3000), (551, 600, 3000)
    assert one_pixel(clear, limit, haze) == [True, True, False]
    ploughed = (551, 903, 3000)
    assert one_pixel(clear, ploughed) == [True, True]
    assert one_pixel(clear, (551, 902, 3000)) == [True, False]


def test_what_is_darker_in_the_near_infrared_than_the_sunlit_date_is_shadow():
    sunlit, shaded = (500, 700, 3000), (300, 350, 1800)
    assert one_pixel(shaded, sunlit) == [False, True]
    over_bright_land = (1500, 1800, 4000), (800, 900, 1900)
    assert one_pixel(*over_bright_land) == [True, False]
    harvested = (520, 900, 1800)
    assert one_pixel(sunlit, harvested) == [True, True]


def test_snow_is_left_as_it_is():
    assert one_pixel((300, 300, 2500), (7000, 7000, 7200), level=SNOW) == [True, True]


def test_a_doubtful_observation_alone_has_to_look_clear():
    assert one_pixel((500, 300, 2000), level=DOUBTFUL) == [True]
    assert one_pixel((501, 300, 2000), level=DOUBTFUL) == [False]
    assert one_pixel((501, 300, 2000), level=CLEAR) == [True]


@pytest.mark.parametrize(
    ("guides", "limits", "message"),
    [((0, 1, 3), LIMITS, "bands the stack lacks"), ((0, 1, 2), (0, 0, 0, 0, MOST + 1), "out of their range")],
)
def test_what_does_not_fit_is_refused(guides, limits, message):
    stack, levels = np.ones((3, 2, 4, 5), np.uint16), np.full((2, 4, 5), HARD, np.uint8)
    with pytest.raises(ValueError, match=message):
        drop_by_dates(stack, guides, levels, limits, np.zeros(2, np.int64))


def test_levels_of_another_shape_are_refused():
    stack, levels = np.ones((3, 2, 4, 5), np.uint16), np.full((2, 4, 4), CLEAR, np.uint8)
    with pytest.raises(ValueError, match="different shapes"):
        drop_by_dates(stack, (0, 1, 2), levels, LIMITS, np.zeros(2, np.int64))
