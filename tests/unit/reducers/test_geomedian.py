"""The geometric median against a solver in numpy that proves how good its answer is."""

import numpy as np
import pytest
from hypothesis import given

from cloudless_mosaic.kernels.geomedian import joint_geomedian
from cloudless_mosaic.reducers.geomedian import Geomedian
from geometric_medians import cost, solve
from random_stacks import joint, observed, stack_of, stacks


def geomedian(values):
    return Geomedian().reduce(stack_of(values))


def geomedian_and_spread(values):
    reduced = Geomedian().reduce_with_spread(stack_of(values))
    return reduced, reduced.spread


def check_pixel(values, result):
    """Within half a digital number where the solver is sure to a hundredth; else as low a cost."""
    best, off, gap = solve(values)
    rounding = 0.5 * np.sqrt(values.shape[1]) * len(values)
    assert cost(values, result) <= cost(values, best) + rounding + 1e-6
    sure = off < 0.01 and gap < 1e-9 * cost(values, best) + 1e-9 and not _line(values)
    if sure:
        assert np.abs(result - best).max() <= 0.51
    return sure


def _line(values):
    return np.linalg.matrix_rank(values - values[0]) < 2


def check_stack(stack):
    reduced = geomedian(stack)
    clear = joint(stack)
    np.testing.assert_array_equal(reduced.count, clear.sum(axis=0))
    np.testing.assert_array_equal(reduced.pixels, clear.sum(axis=(1, 2)))
    sure = []
    for row, column in np.ndindex(stack.shape[2:]):
        values = stack[:, clear[:, row, column], row, column].T.astype(float)
        result = reduced.data[:, row, column]
        if len(values) == 0:
            assert not result.any()
        elif len(values) < 3:
            np.testing.assert_array_equal(result, np.rint(values.mean(axis=0)))
        else:
            sure.append(check_pixel(values, result.astype(float)))
    return sure


@given(stacks(widths=(1, 5)))
def test_no_point_is_better(stack):
    before = stack.copy()
    check_stack(stack)
    np.testing.assert_array_equal(stack, before)


@pytest.mark.parametrize(("bands", "times"), [(2, 5), (3, 4), (4, 4), (6, 3), (10, 7), (4, 15)])
def test_it_is_the_geometric_median_of_observations_as_they_are(bands, times):
    sure = check_stack(observed(bands, times, 1, 150, seed=bands + times))
    # the rest lies on a line, or nearly: two bands, saturated observations
    assert np.mean(sure) > 0.8


def pixel(*observations):
    """A stack of one pixel."""
    return np.array(observations, np.uint16).T[:, :, None, None].copy()


@pytest.mark.parametrize(
    ("observations", "expected"),
    [
        ([(7, 9)], (7, 9)),
        ([(1, 1), (4, 2)], (2, 2)),
        ([(5, 5), (5, 5), (9, 1)], (5, 5)),
        ([(100, 100), (200, 200), (300, 300), (400, 400)], (250, 250)),
        ([(100, 100), (200, 200), (300, 300)], (200, 200)),
        ([(65535, 65535)] * 4, (65535, 65535)),
        ([(100, 100), (300, 100), (100, 300), (300, 300)], (200, 200)),
        ([(100, 100), (300, 100), (200, 110)], (200, 110)),
        ([(10, 10), (0, 500), (500, 0)], (10, 10)),
    ],
)
def test_known_points(observations, expected):
    assert tuple(geomedian(pixel(*observations)).data.ravel()) == expected


@given(stacks(widths=(1, 3)))
def test_the_spread_is_that_of_a_plain_calculation(stack):
    """Around the point before it was rounded, which only the solver knows."""
    spread = geomedian_and_spread(stack)[1]
    clear = joint(stack)
    for row, column in np.ndindex(stack.shape[2:]):
        values = stack[:, clear[:, row, column], row, column].T.astype(float)
        got = [float(plane[row, column]) for plane in spread]
        if len(values) == 0:
            assert np.isnan(got).all()
            continue
        point, off, gap = (values.mean(axis=0), 0.0, 0.0) if len(values) < 3 else solve(values)
        sure = off < 1e-5 and gap < 1e-9 * cost(values, point) + 1e-9
        if sure and (len(values) < 3 or not _line(values)):
            np.testing.assert_allclose(got, spread_around(values, point), rtol=1e-4, atol=1e-9)


def spread_around(values, point):
    emad = np.sqrt(((values - point) ** 2).sum(axis=1))
    lengths = [np.sqrt((vectors**2).sum(axis=-1, keepdims=True)) for vectors in (values, point)]
    chord = values / lengths[0] - point / lengths[1]
    bcmad = np.abs(values - point).sum(axis=1) / np.abs(values + point).sum(axis=1)
    return [np.median(emad), np.median(0.5 * (chord**2).sum(axis=1)), np.median(bcmad)]


def test_blocks_may_be_cut_anywhere():
    stack = observed(4, 6, 7, 130, seed=8)
    whole, spread = geomedian_and_spread(stack)
    for cut in (1, 31, 32, 97, 129):
        parts = [
            geomedian_and_spread(np.ascontiguousarray(part)) for part in (stack[..., :cut], stack[..., cut:])
        ]
        data = np.concatenate([reduced.data for reduced, _ in parts], axis=2)
        assert data.tobytes() == whole.data.tobytes()
        planes = np.concatenate([part for _, part in parts], axis=2)
        assert planes.tobytes() == spread.tobytes()


def test_the_order_of_pixels_changes_nothing():
    stack = observed(4, 6, 1, 999, seed=9)
    order = np.random.default_rng(0).permutation(999)
    mixed = geomedian(np.ascontiguousarray(stack[..., order])).data
    np.testing.assert_array_equal(mixed, geomedian(stack).data[..., order])


def test_observations_that_count_nowhere_change_nothing():
    stack = observed(3, 5, 4, 60, seed=2)
    more = np.insert(stack, [0, 2, 5], 0, axis=1)
    np.testing.assert_array_equal(geomedian(more).data, geomedian(stack).data)


def test_nothing_comes_of_no_observation():
    reduced, spread = geomedian_and_spread(np.zeros((2, 0, 3, 4), np.uint16))
    assert not reduced.data.any()
    assert np.isnan(spread).all()


@pytest.mark.parametrize("shape", [(2, 3, 4), (3, 3, 5)])
def test_arrays_that_do_not_fit_are_refused_before_a_pixel_is_touched(shape):
    stack, plane = np.zeros((2, 2, 3, 4), np.uint16), np.zeros((3, 4), np.uint16)
    with pytest.raises(ValueError, match="a kernel was given"):
        joint_geomedian(
            stack,
            np.array([[0, 1]]),
            stack[:, 0].copy(),
            plane,
            np.zeros(2, np.int64),
            np.zeros(shape, np.float32),
        )
