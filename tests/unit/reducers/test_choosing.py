"""Reducers that choose an observation, against plain loops over the observations of each pixel."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.kernels import choosing as kernels
from cloudless_mosaic.reducers import choosing, scoring
from random_stacks import joint, median, observed, stacks


def chosen_by(stack, key):
    """The first observation with the greatest key; key takes (time, row, column)."""
    clear = joint(stack)
    out = np.full(stack.shape[2:], -1, np.int16)
    for row, column in np.ndindex(out.shape):
        times = np.flatnonzero(clear[:, row, column]).tolist()
        if times:
            out[row, column] = max(times, key=lambda time: (key(time, row, column), -time))
    return out


def check(stack, choice, expected):
    np.testing.assert_array_equal(choice.chosen, expected)
    taken = np.zeros_like(stack, shape=(len(stack), *expected.shape))
    for row, column in np.argwhere(expected >= 0):
        taken[:, row, column] = stack[:, expected[row, column], row, column]
    np.testing.assert_array_equal(choice.reduced.data, taken)
    np.testing.assert_array_equal(choice.reduced.count, joint(stack).sum(axis=0))
    np.testing.assert_array_equal(choice.pixels, [(expected == time).sum() for time in range(stack.shape[1])])
    np.testing.assert_array_equal(choice.reduced.contributed, choice.pixels > 0)


@given(stacks())
def test_the_first_and_the_last_that_count_are_taken(stack):
    before = stack.copy()
    check(stack, choosing.first(stack), chosen_by(stack, lambda time, *_: -time))
    check(stack, choosing.last(stack), chosen_by(stack, lambda time, *_: time))
    np.testing.assert_array_equal(stack, before)


@given(stacks(), st.data())
def test_the_nearest_to_a_day_is_taken_and_of_two_the_earlier(stack, data):
    distances = data.draw(st.lists(st.integers(-3, 3), min_size=stack.shape[1], max_size=stack.shape[1]))
    check(stack, choosing.nearest(stack, distances), chosen_by(stack, lambda time, *_: -abs(distances[time])))


@given(stacks(), st.data())
def test_the_highest_score_is_taken(stack, data):
    numbers = st.one_of(st.sampled_from([0, 1, -np.inf, np.nan]), st.floats(-2, 2, width=32))
    scores = data.draw(stn.arrays(np.float32, stack.shape[1:], elements=numbers))
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    check(stack, choosing.highest(stack, scores), chosen_by(stack, lambda *at: ranked[at]))


@given(stacks())
def test_the_highest_normalised_difference_is_compared_exactly(stack):
    bands = 0, len(stack) - 1

    def difference(time, row, column):
        a, b = (int(stack[band, time, row, column]) for band in bands)
        return Fraction(a - b, a + b)

    check(stack, choosing.highest_difference(stack, bands), chosen_by(stack, difference))


@given(stacks(), st.data())
def test_the_best_has_the_highest_sum_of_scores(stack, data):
    score = st.integers(-(2**20), 2**20)
    by_time = data.draw(stn.arrays(np.int32, stack.shape[1], elements=score))
    levels = data.draw(stn.arrays(np.uint8, stack.shape[1:]))
    by_level = data.draw(stn.arrays(np.int32, 256, elements=score))
    least, by_haze = data.draw(st.integers(-9, 2000)), data.draw(stn.arrays(np.int32, 99, elements=score))
    blue, red = 0, len(stack) - 1

    def total(time, row, column):
        haze = 2 * int(stack[blue, time, row, column]) - int(stack[red, time, row, column]) - least
        level = by_level[levels[time, row, column]]
        return int(by_time[time]) + int(level) + int(by_haze[min(max(haze, 0), 98)])

    scores = choosing.Scores(by_time, levels, by_level, (blue, red), least, by_haze)
    check(stack, choosing.best(stack, scores), chosen_by(stack, total))
    alone = choosing.best(stack, choosing.Scores(by_time))
    check(stack, alone, chosen_by(stack, lambda time, *_: int(by_time[time])))


def distances(stack, row, column):
    """Euclidean distances of each observation to those that count, shape (time, clear)."""
    values = stack[:, :, row, column].T.astype(float)
    clear = values[joint(stack)[:, row, column]]
    return np.sqrt(((values[:, None] - clear[None]) ** 2).sum(axis=2))


@given(stacks())
def test_the_medoid_has_the_least_sum_of_distances(stack):
    sums = np.zeros(stack.shape[1:], np.int64)
    for row, column in np.ndindex(stack.shape[2:]):
        sums[:, row, column] = np.rint(distances(stack, row, column) * 2.0**20).astype(np.int64).sum(axis=1)
    check(stack, choosing.medoid(stack), chosen_by(stack, lambda *at: -int(sums[at])))


def test_rounded_distances_cost_the_medoid_nothing():
    stack = observed(4, 9, 8, 40, seed=1)
    chosen = choosing.medoid(stack).chosen
    for row, column in np.argwhere(chosen >= 0):
        sums = distances(stack, row, column).sum(axis=1)[joint(stack)[:, row, column]]
        own = distances(stack, row, column).sum(axis=1)[chosen[row, column]]
        assert own - sums.min() < 1e-5


@given(stacks(), st.data())
def test_the_closest_to_a_composite_has_the_least_sum_of_differences(stack, data):
    composite = data.draw(stn.arrays(np.uint16, (len(stack), *stack.shape[2:])))

    def apart(time, row, column):
        values = stack[:, time, row, column].astype(int)
        return int(np.abs(values - composite[:, row, column]).sum())

    expected = chosen_by(stack, lambda *at: -apart(*at))
    np.testing.assert_array_equal(choosing.closest(stack, composite), expected)


def test_the_closest_to_the_median_of_an_odd_number_in_one_band_is_the_median():
    stack = np.array([5, 9, 1, 0, 7, 3], np.uint16).reshape(1, 6, 1, 1)
    chosen = choosing.closest(stack, median(stack).data)
    assert stack[0, chosen.item()].item() == median(stack).data.item()
    np.testing.assert_array_equal(choosing.pixels_of(chosen, 6), [1, 0, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "choose",
    [
        choosing.first,
        choosing.last,
        choosing.medoid,
        lambda stack: choosing.highest_difference(stack, (1, 2)),
        lambda stack: choosing.best(stack, choosing.Scores(np.arange(stack.shape[1], dtype=np.int32) % 3)),
    ],
)
def test_blocks_may_be_cut_anywhere(choose):
    stack = observed(3, 6, 9, 130, seed=4)
    whole = choose(stack)
    for cut in (1, 31, 64, 129):
        parts = [choose(np.ascontiguousarray(part)) for part in (stack[..., :cut], stack[..., cut:])]
        np.testing.assert_array_equal(np.concatenate([part.chosen for part in parts], 1), whole.chosen)
        np.testing.assert_array_equal(sum(part.pixels for part in parts), whole.pixels)


def test_scores_of_the_best_available_pixel():
    days = scoring.day_scores([0, 38, -38, 400], sigma=38, weight=1)
    assert days[0] == scoring.ONE
    assert days[1] == days[2] == round(scoring.ONE * np.exp(-0.5))
    assert days[3] == 0
    by_level = scoring.distance_scores(step=12, reach=3000, weight=0.4)
    assert by_level[125] == round(0.2 * scoring.ONE)
    assert (np.diff(by_level) >= 0).all()
    assert by_level[250] == by_level[255]
    least, by_haze = scoring.haze_scores(weight=0.3)
    assert by_haze[1300 - least] == round(0.15 * scoring.ONE)
    assert (np.diff(by_haze) <= 0).all()
    assert by_haze[-1] == 0
    assert by_haze[0] == round(0.3 * scoring.ONE)


STACK, PLANE, CHOSEN = (
    np.zeros((2, 2, 3, 4), np.uint16),
    np.zeros((3, 4), np.uint16),
    np.zeros((3, 4), np.int16),
)
TIMES = np.zeros(2, np.int32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.choose_first(STACK, np.array([0, 0]), CHOSEN, PLANE),
        lambda: kernels.choose_first(STACK, np.array([0, 1]), CHOSEN.astype(int), PLANE),
        lambda: kernels.choose_highest(STACK, np.zeros((2, 3, 4)), CHOSEN, PLANE),
        lambda: kernels.choose_highest_ratio(STACK, (0, 2), CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES[:1], None, None, CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, ((0, 1), 0, TIMES[:0]), CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, ((0, 2), 0, TIMES), CHOSEN, PLANE),
        lambda: kernels.choose_best(
            STACK, TIMES, (np.zeros((2, 3, 4), np.uint8), TIMES), None, CHOSEN, PLANE
        ),
        lambda: kernels.choose_closest(STACK, STACK, CHOSEN),
        lambda: kernels.choose_medoid(STACK, CHOSEN[:2], PLANE),
        lambda: kernels.gather_chosen(STACK, CHOSEN + np.int16(2), STACK[:, 0].copy()),
        lambda: kernels.count_chosen(CHOSEN, 0),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_a_pixel_is_touched(call):
    with pytest.raises(ValueError, match="a kernel was given"):
        call()
