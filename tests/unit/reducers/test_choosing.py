"""Reducers that choose an observation, against plain loops over the observations of each pixel."""

from datetime import date, timedelta
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.kernels import choosing as kernels
from cloudless_mosaic.reducers import parse_reducer, scoring
from cloudless_mosaic.reducers.choice import choose, closest
from random_stacks import joint, median, observed, stack_of, stacks


def reduce(text, values):
    return parse_reducer(text).reduce(stack_of(values))


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
    np.testing.assert_array_equal(choice.data, taken)
    np.testing.assert_array_equal(choice.count, joint(stack).sum(axis=0))
    np.testing.assert_array_equal(choice.pixels, [(expected == time).sum() for time in range(stack.shape[1])])


@given(stacks())
def test_the_first_and_the_last_that_count_are_taken(stack):
    before = stack.copy()
    check(stack, reduce("first", stack), chosen_by(stack, lambda time, *_: -time))
    check(stack, reduce("last", stack), chosen_by(stack, lambda time, *_: time))
    np.testing.assert_array_equal(stack, before)


@given(stacks(), st.dates(date(2020, 9, 1), date(2020, 12, 1)))
def test_the_nearest_to_a_day_is_taken_and_of_two_the_earlier(stack, day):
    def apart(time, *_):
        return -abs((date(2020, 10, 1) + timedelta(days=3 * time) - day).days)

    check(stack, reduce(f"nearest:{day}", stack), chosen_by(stack, apart))


@given(stacks())
def test_nearest_without_a_day_is_nearest_to_the_middle_of_the_period(stack):
    np.testing.assert_array_equal(reduce("nearest", stack).chosen, reduce("nearest:2020-10-16", stack).chosen)


@given(stacks(), st.data())
def test_the_highest_score_is_taken(stack, data):
    numbers = st.one_of(st.sampled_from([0, 1, -np.inf, np.nan]), st.floats(-2, 2, width=32))
    scores = data.draw(stn.arrays(np.float32, stack.shape[1:], elements=numbers))
    ranked = np.where(np.isnan(scores), -np.inf, scores)
    choice = choose(stack, partial(kernels.choose_highest, stack, scores))
    check(stack, choice, chosen_by(stack, lambda *at: ranked[at]))


@given(stacks().filter(lambda stack: len(stack) > 1))
def test_the_highest_index_is_compared_exactly(stack):
    def difference(time, row, column):
        nir, red = (int(stack[band, time, row, column]) for band in (0, 1))
        return Fraction(nir - red, nir + red)

    check(stack, reduce("max:NDVI", stack), chosen_by(stack, difference))


@given(stacks(), st.data())
def test_the_best_has_the_highest_sum_of_scores(stack, data):
    score = st.integers(-(2**20), 2**20)
    by_time = data.draw(stn.arrays(np.int32, stack.shape[1], elements=score))
    levels = data.draw(stn.arrays(np.uint8, stack.shape[1:]))
    by_level = data.draw(stn.arrays(np.int32, 256, elements=score))
    least, by_haze = data.draw(st.integers(-9, 2000)), data.draw(stn.arrays(np.int32, 99, elements=score))
    numbers = stn.arrays(np.uint16, stack.shape[2:], elements=st.integers(0, 3))
    owners = [data.draw(st.none() | numbers) for _ in by_time]
    by_owner = data.draw(stn.arrays(np.int32, 4, elements=score))
    blue, red = 0, len(stack) - 1

    def total(time, row, column):
        haze = 2 * int(stack[blue, time, row, column]) - int(stack[red, time, row, column]) - least
        level = by_level[levels[time, row, column]]
        own = 0 if owners[time] is None else by_owner[owners[time][row, column]]
        return int(by_time[time]) + int(level) + int(by_haze[min(max(haze, 0), 98)]) + int(own)

    hazy = (blue, red), least, by_haze
    kernel = partial(kernels.choose_best, stack, by_time, (levels, by_level), hazy, (owners, by_owner))
    check(stack, choose(stack, kernel), chosen_by(stack, total))
    alone = choose(stack, partial(kernels.choose_best, stack, by_time, None, None, None))
    check(stack, alone, chosen_by(stack, lambda time, *_: int(by_time[time])))


def test_the_best_is_a_clear_day_near_the_middle():
    """Of one as hazy as another the nearer, and a clear one rather than a hazy one a little nearer."""
    haze, clear = (3000, 900, 1200), (3000, 900, 450)
    stack = np.zeros((3, 11, 1, 3), np.uint16)
    for pixel, days in enumerate(({0: clear, 5: clear}, {5: haze, 6: clear}, {0: clear, 5: haze})):
        for time, values in days.items():
            stack[:, time, 0, pixel] = values
    assert reduce("best", stack).chosen.tolist() == [[5, 6, 5]]
    assert reduce("best:2020-10-01", stack).chosen.tolist() == [[0, 6, 0]]


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
    check(stack, reduce("medoid", stack), chosen_by(stack, lambda *at: -int(sums[at])))


def test_rounded_distances_cost_the_medoid_nothing():
    stack = observed(4, 9, 8, 40, seed=1)
    chosen = reduce("medoid", stack).chosen
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
    np.testing.assert_array_equal(closest(stack, composite), expected)


def test_the_closest_to_the_median_of_an_odd_number_in_one_band_is_the_median():
    stack = np.array([5, 9, 1, 0, 7, 3], np.uint16).reshape(1, 6, 1, 1)
    chosen = closest(stack, median(stack).data)
    assert stack[0, chosen.item()].item() == median(stack).data.item()
    np.testing.assert_array_equal(kernels.count_chosen(chosen, 6), [1, 0, 0, 0, 0, 0])


@pytest.mark.parametrize("text", ["first", "last", "nearest", "medoid", "max:NDVI", "best"])
def test_blocks_may_be_cut_anywhere(text):
    stack = observed(3, 6, 9, 130, seed=4)
    whole = reduce(text, stack)
    for cut in (1, 31, 64, 129):
        parts = [reduce(text, np.ascontiguousarray(part)) for part in (stack[..., :cut], stack[..., cut:])]
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


def test_the_view_is_scored_as_published_and_an_unknown_one_by_half():
    scores = scoring.view_scores([0, 3.75, 7.5, None], weight=0.2)
    assert scores[1] == scores[3] == round(0.1 * scoring.ONE)
    assert scores[0] == round(0.2 * scoring.ONE / (1 + np.exp(-5)))
    assert scores[2] == round(0.2 * scoring.ONE / (1 + np.exp(5)))


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
        lambda: kernels.choose_best(STACK, TIMES[:1], None, None, None, CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, ((0, 1), 0, TIMES[:0]), None, CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, ((0, 2), 0, TIMES), None, CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, None, ([None], TIMES), CHOSEN, PLANE),
        lambda: kernels.choose_best(STACK, TIMES, None, None, ([PLANE, PLANE], TIMES[:0]), CHOSEN, PLANE),
        lambda: kernels.choose_best(
            STACK, TIMES, (np.zeros((2, 3, 4), np.uint8), TIMES), None, None, CHOSEN, PLANE
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
