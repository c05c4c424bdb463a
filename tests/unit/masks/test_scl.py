import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.masks.classes import CLOUD_CLASSES, DEFAULT_CLEAR_CLASSES, SCL_CLASSES
from cloudless_mosaic.masks.recipes import scl_step

CODES = st.one_of(st.just(4), st.sampled_from([*SCL_CLASSES, 12, 13, 255]))
SCLS = stn.arrays(np.uint8, stn.array_shapes(min_dims=2, max_dims=2, max_side=17), elements=CODES)
RADII = st.integers(0, 9 * 256).map(lambda steps: steps / 256)


def brute_force(scl, clear_classes, radius):
    """Distance of every pixel to every cloudy one."""
    clear = np.isin(scl, list(clear_classes))
    if radius < 1:
        return clear
    clouds = np.argwhere(np.isin(scl, [code for code in CLOUD_CLASSES if code not in clear_classes]))
    pixels = np.indices(scl.shape).reshape(2, -1).T
    squares = ((pixels[:, None] - clouds[None]) ** 2).sum(axis=2)
    near = (squares <= radius * radius + 1e-9).any(axis=1).reshape(scl.shape)
    return clear & ~near


@given(SCLS, RADII)
def test_dilation_is_a_euclidean_disk(scl, radius):
    clear = scl_step(DEFAULT_CLEAR_CLASSES, 20 * radius).clear_pixels(scl, 20.0)
    np.testing.assert_array_equal(clear, brute_force(scl, DEFAULT_CLEAR_CLASSES, radius))


@pytest.mark.parametrize("radius", [1, 2, 5, 13, 25])
def test_disk_of_a_whole_radius_holds_its_outermost_pixels(radius):
    scl = np.full((2 * radius + 5, 2 * radius + 5), 4, np.uint8)
    middle = radius + 2
    scl[middle, middle] = 9
    clear = scl_step(DEFAULT_CLEAR_CLASSES, radius * 20.0).clear_pixels(scl, 20.0)
    rows, columns = np.nonzero(~clear)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (2, 2 + 2 * radius) * 2
    np.testing.assert_array_equal(clear, brute_force(scl, DEFAULT_CLEAR_CLASSES, radius))


@given(SCLS, st.sets(st.sampled_from(sorted(SCL_CLASSES))), RADII)
def test_any_choice_of_clear_classes(scl, chosen, radius):
    """Cloud that counts as clear does not grow."""
    np.testing.assert_array_equal(
        scl_step(chosen, radius).clear_pixels(scl, 1.0), brute_force(scl, chosen, radius)
    )


@given(st.data(), RADII)
def test_part_with_its_margin_is_the_part_of_the_whole(data, radius):
    scl = data.draw(stn.arrays(np.uint8, (24, 21), elements=CODES))
    top, bottom = sorted(data.draw(st.tuples(st.integers(0, 24), st.integers(0, 24))))
    left, right = sorted(data.draw(st.tuples(st.integers(0, 21), st.integers(0, 21))))
    margin = scl_step(DEFAULT_CLEAR_CLASSES, 20 * radius).margin(20.0)
    row, column = max(0, top - margin), max(0, left - margin)
    part = scl_step(DEFAULT_CLEAR_CLASSES, 20 * radius).clear_pixels(
        scl[row : bottom + margin, column : right + margin], 20.0
    )
    whole = scl_step(DEFAULT_CLEAR_CLASSES, 20 * radius).clear_pixels(scl, 20.0)
    np.testing.assert_array_equal(
        part[top - row : bottom - row, left - column : right - column], whole[top:bottom, left:right]
    )


def test_each_class_and_each_code_that_is_none():
    clear = {}
    for code in range(256):
        pixels = scl_step(DEFAULT_CLEAR_CLASSES, 100.0).clear_pixels(np.full((2, 2), code, np.uint8), 20.0)
        assert pixels.any() == pixels.all(), code
        clear[code] = bool(pixels.all())
    assert {code for code, is_clear in clear.items() if is_clear} == {2, 4, 5, 6, 7, 11}


def test_missing_and_defective_pixels_do_not_grow():
    scl = np.full((9, 9), 4, np.uint8)
    scl[4, 4], scl[4, 5] = 0, 1
    assert np.count_nonzero(~scl_step(DEFAULT_CLEAR_CLASSES, 100.0).clear_pixels(scl, 20.0)) == 2


def test_the_scene_classification_stays_as_it_is():
    scl = np.full((9, 9), 4, np.uint8)
    scl[4, 4] = 8
    before = scl.copy()
    assert not scl_step(DEFAULT_CLEAR_CLASSES, 40.0).clear_pixels(scl, 20.0)[4, 6]
    np.testing.assert_array_equal(scl, before)


@pytest.mark.parametrize(("dilation", "margin"), [(0, 0), (19, 0), (20, 1), (39.9, 1), (100, 5)])
def test_margin_is_the_reach_of_the_dilation(dilation, margin):
    assert scl_step(DEFAULT_CLEAR_CLASSES, dilation).margin(20.0) == margin
