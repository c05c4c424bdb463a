import warnings
from itertools import chain, pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.reducers import parse_reducer
from cloudless_mosaic.reducers.sorting_network import sorting_network
from random_stacks import stack_of

EXTREMES = st.sampled_from([0, 1, 2, 32767, 32768, 65534, 65535])
SHAPES = st.tuples(st.integers(0, 40), st.integers(1, 4), st.integers(1, 5))


def nan_median(stack):
    """What the median has to be: numpy's over the values that are not 0, halves to even."""
    values = np.where(stack, stack.astype(float), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        middle = np.nanmedian(values, axis=0) if len(stack) else np.full(stack.shape[1:], np.nan)
    return np.nan_to_num(np.rint(middle)).astype(np.uint16)


def median(stack):
    """The reduction of a stack of shape (band, time, y, x)."""
    return parse_reducer("median").reduce(stack_of(stack))


def median_of(series):
    """Median of a single band, shape (time, y, x)."""
    return median(series[np.newaxis]).data[0]


def stacks(elements):
    return SHAPES.flatmap(lambda shape: stn.arrays(np.uint16, shape, elements=elements))


@given(stacks(st.integers(0, 65535)))
def test_median_is_that_of_numpy(stack):
    np.testing.assert_array_equal(median_of(stack), nan_median(stack))


@given(stacks(EXTREMES))
def test_median_is_that_of_numpy_at_the_ends_of_the_range(stack):
    np.testing.assert_array_equal(median_of(stack), nan_median(stack))


@pytest.mark.parametrize("times", range(34))
def test_median_is_that_of_numpy_for_every_number_of_clear_dates(times):
    """One pixel for each number of clear dates, more pixels than are worked on together."""
    rng = np.random.default_rng(times)
    stack = rng.integers(1, 65536, (times, 3, 401), np.uint16)
    keep = rng.random(stack.shape).argsort(axis=0) < rng.integers(0, times + 1, stack.shape[1:])
    stack = np.where(keep, stack, 0).astype(np.uint16)
    np.testing.assert_array_equal(median_of(stack), nan_median(stack))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], 0),
        ([0, 0], 0),
        ([65535, 65535], 65535),
        ([65534, 65535], 65534),
        ([65533, 65534], 65534),
        ([1000, 1001], 1000),
        ([1001, 1002], 1002),
        ([1, 0, 65535, 0], 32768),
        ([0, 7, 0], 7),
    ],
)
def test_halves_go_to_even_and_zeros_do_not_vote(values, expected):
    assert median_of(np.array(values, np.uint16).reshape(-1, 1, 1)).item() == expected


def test_median_leaves_the_stack_alone():
    stack = np.random.default_rng(0).integers(0, 9, (2, 4, 6, 5), np.uint16)
    before = stack.copy()
    median(stack)
    np.testing.assert_array_equal(stack, before)


def sort_by(network, lines):
    """Sends many inputs through a network at once; shape (size, inputs)."""
    for low, high in network:
        lines[low], lines[high] = np.minimum(lines[low], lines[high]), np.maximum(lines[low], lines[high])
    return lines


def zeros_and_ones(size):
    return np.array(list(product((0, 1), repeat=size)), np.uint8).reshape(-1, size).T.copy()


@pytest.mark.parametrize("size", range(1, 34))
def test_network_sorts_every_sequence_of_zeros_and_ones(size):
    """A network that sorts all of them sorts everything (Knuth, The Art of Computer Programming 3, 5.3.4).

    2 to the power of 33 are too many: the comparators up to the first that joins two parts of 8 lines must
    sort each part, from all of its inputs; the rest then has to sort all combinations of sorted parts.
    """
    network = [tuple(pair) for pair in sorting_network(size)]
    assert all(0 <= low < high < size for low, high in network)
    joins = next((i for i, (low, high) in enumerate(network) if low // 8 != high // 8), len(network))
    starts = [*range(0, size, 8), size]
    for start, end in pairwise(starts):
        inside = [(low - start, high - start) for low, high in network[:joins] if start <= low < end]
        lines = sort_by(inside, zeros_and_ones(end - start))
        assert (np.diff(lines.astype(int), axis=0) >= 0).all()
    sorted_parts = [
        [[0] * (length - ones) + [1] * ones for ones in range(length + 1)]
        for length in (end - start for start, end in pairwise(starts))
    ]
    states = np.array(
        [list(chain.from_iterable(parts)) for parts in product(*sorted_parts)], np.uint8
    ).T.copy()
    assert (np.diff(sort_by(network[joins:], states).astype(int), axis=0) >= 0).all()


@given(
    st.tuples(st.integers(1, 3), st.integers(0, 6), st.integers(1, 3), st.integers(1, 5)).flatmap(
        lambda shape: stn.arrays(np.uint16, shape, elements=EXTREMES)
    )
)
def test_an_observation_counts_where_every_band_has_a_value(stack):
    complete = stack.all(axis=0)
    reduced = median(stack)
    np.testing.assert_array_equal(reduced.count, complete.sum(axis=0))
    np.testing.assert_array_equal(reduced.pixels, complete.sum(axis=(1, 2)))
    np.testing.assert_array_equal(reduced.data, [nan_median(np.where(complete, band, 0)) for band in stack])


def test_bands_agree_over_more_pixels_than_are_worked_on_together():
    rng = np.random.default_rng(5)
    stack = rng.integers(0, 3, (2, 3, 41, 53), np.uint16)
    complete = stack.all(axis=0)
    reduced = median(stack)
    np.testing.assert_array_equal(reduced.count, complete.sum(axis=0))
    np.testing.assert_array_equal(reduced.data, [nan_median(np.where(complete, band, 0)) for band in stack])
