"""Percentiles, means and deviations against numpy."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.deviations import joint_median_deviation
from cloudless_mosaic.kernels.percentiles import joint_mean, joint_percentile
from cloudless_mosaic.reducers.mean import Mean
from cloudless_mosaic.reducers.median import Median
from cloudless_mosaic.reducers.percentile import Percentile
from random_stacks import joint, median, observed, stack_of, stacks

PERCENTILES = st.one_of(st.sampled_from([0, 5, 10, 25, 33.3, 50, 75, 90, 100]), st.floats(0, 100))


def mean(values):
    return Mean().reduce(stack_of(values))


def percentile(values, q):
    return Percentile(q).reduce(stack_of(values))


def median_deviation(values):
    return Median().reduce_with_spread(stack_of(values)).spread


def over_time(function, stack):
    """A function of numpy over the observations that count; NaN where none does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return function(np.where(joint(stack), stack.astype(float), np.nan))


@given(stacks(), PERCENTILES)
def test_percentiles_are_those_of_numpy(stack, q):
    before = stack.copy()
    reduced = percentile(stack, q)
    expected = np.nan_to_num(np.rint(over_time(lambda values: np.nanpercentile(values, q, axis=1), stack)))
    np.testing.assert_array_equal(reduced.data, expected)
    np.testing.assert_array_equal(reduced.count, joint(stack).sum(axis=0))
    np.testing.assert_array_equal(reduced.pixels, joint(stack).sum(axis=(1, 2)))
    np.testing.assert_array_equal(stack, before)


@given(stacks())
def test_the_fiftieth_percentile_is_the_median(stack):
    np.testing.assert_array_equal(percentile(stack, 50).data, median(stack).data)
    np.testing.assert_array_equal(percentile(stack, 50).count, median(stack).count)


@pytest.mark.slow
@pytest.mark.parametrize("times", range(1, 20))
@pytest.mark.parametrize("q", [0, 20, 25, 37.5, 90, 100])
def test_percentiles_of_more_pixels_than_are_worked_on_together(times, q):
    stack = observed(2, times, 17, 61, seed=times)
    expected = np.nan_to_num(np.rint(over_time(lambda values: np.nanpercentile(values, q, axis=1), stack)))
    np.testing.assert_array_equal(percentile(stack, q).data, expected)


@pytest.mark.parametrize("q", ["", "-1", "101", "nan", "inf", "many"])
def test_percentiles_out_of_range_are_refused(q):
    with pytest.raises(UsageError, match="takes a number from 0 to 100, got"):
        Percentile.parse(q)


@pytest.mark.parametrize("q", ["0", "25", "33.3", "1e-07", "100"])
def test_a_percentile_is_named_as_it_was_asked_for(q):
    assert str(Percentile.parse(q)) == f"percentile:{q}"


@given(stacks())
def test_means_are_exact_with_halves_to_even(stack):
    reduced = mean(stack)
    clear = joint(stack)
    for band, row, column in np.ndindex(reduced.data.shape):
        values = stack[band, clear[:, row, column], row, column].tolist()
        expected = round(Fraction(sum(values), len(values))) if values else 0
        assert reduced.data[band, row, column] == expected
    np.testing.assert_array_equal(reduced.count, clear.sum(axis=0))
    np.testing.assert_array_equal(reduced.pixels, clear.sum(axis=(1, 2)))


def test_means_of_many_of_the_brightest_pixels_do_not_run_over():
    stack = np.full((1, 32767, 1, 3), 65535, np.uint16)
    stack[0, 0, 0, 1] = 65534
    assert mean(stack).data.tolist() == [[[65535, 65535, 65535]]]


@given(stacks())
def test_deviations_are_those_of_numpy(stack):
    def deviate(values):
        middle = np.nanmedian(values, axis=1, keepdims=True)
        return np.nanmedian(np.abs(values - middle), axis=1)

    expected = over_time(deviate, stack)
    np.testing.assert_array_equal(median_deviation(stack), expected.astype(np.float32))


@pytest.mark.parametrize("function", [mean, median_deviation, lambda stack: percentile(stack, 30)])
def test_blocks_may_be_cut_anywhere(function):
    stack = observed(3, 7, 11, 130, seed=3)

    def data(part):
        result = function(np.ascontiguousarray(part))
        return getattr(result, "data", result)

    whole = data(stack)
    for cut in (1, 15, 64, 129):
        parts = [data(stack[..., :cut]), data(stack[..., cut:])]
        assert np.concatenate(parts, axis=-1).tobytes() == np.ascontiguousarray(whole).tobytes()


def test_nothing_comes_of_no_observation():
    stack = np.zeros((2, 0, 3, 4), np.uint16)
    assert not mean(stack).data.any()
    assert not percentile(stack, 10).data.any()
    assert np.isnan(median_deviation(stack)).all()


STACK, PLANES = np.zeros((2, 2, 3, 4), np.uint16), np.zeros((2, 3, 4), np.uint16)
COUNT, PARTS, NETWORK = np.zeros((3, 4), np.uint16), np.zeros(2, np.int64), np.array([[0, 1]])
PLACES = np.array([0, 0, 0]), np.array([0, 0, 1]), np.zeros(3)


@pytest.mark.parametrize(
    "call",
    [
        lambda: joint_mean(STACK[:, :, :, ::2], PLANES, COUNT, PARTS),
        lambda: joint_mean(STACK, PLANES[:1], COUNT, PARTS),
        lambda: joint_mean(STACK.astype(np.int16), PLANES, COUNT, PARTS),
        lambda: joint_percentile(STACK, NETWORK + 1, PLACES, PLANES, COUNT, PARTS),
        lambda: joint_percentile(STACK, NETWORK, tuple(p[:2] for p in PLACES), PLANES, COUNT, PARTS),
        lambda: joint_percentile(STACK, NETWORK, (PLACES[0], PLACES[1] + 1, PLACES[2]), PLANES, COUNT, PARTS),
        lambda: joint_median_deviation(STACK, NETWORK, PLANES),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_a_pixel_is_touched(call):
    with pytest.raises(ValueError, match="a kernel was given"):
        call()
