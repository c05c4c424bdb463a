import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cloudless_mosaic.offsets import BOA_OFFSET
from cloudless_mosaic.radiometry import harmonise

ALL_NUMBERS = np.arange(65536, dtype=np.uint16).reshape(256, 256)


def oracle(values, offset, clear=None):
    wide = values.astype(np.int64)
    valid = wide != 0 if clear is None else clear & (wide != 0)
    return np.where(valid, np.clip(wide + offset, 1, 65535), 0)


def row(*numbers):
    return np.array([numbers], np.uint16)


@st.composite
def rasters(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=8))
    return draw(arrays(np.uint16, shape)), draw(arrays(np.bool_, shape))


@pytest.mark.parametrize("offset", [-65535, -1000, -999, -1, 0, 1, 1000, 65535])
def test_every_digital_number_is_harmonised_as_in_wide_integers(offset):
    harmonised = harmonise(ALL_NUMBERS, offset)
    assert harmonised.dtype == np.uint16
    np.testing.assert_array_equal(harmonised, oracle(ALL_NUMBERS, offset))


def test_dark_pixels_stay_valid_and_nodata_stays_nodata():
    numbers = row(0, 1, 500, 999, 1000, 1001, 1002, 65535)
    assert harmonise(numbers, BOA_OFFSET).tolist() == [[0, 1, 1, 1, 1, 1, 2, 64535]]


def test_bright_pixels_do_not_run_over():
    assert harmonise(row(65535, 64536, 64535), 1000).tolist() == [[65535, 65535, 65535]]


@given(rasters(), st.integers(-65535, 65535))
def test_what_is_not_clear_becomes_nodata_and_the_input_is_left_alone(raster, offset):
    values, clear = raster
    before = values.copy()
    harmonised = harmonise(values, offset, clear)
    assert harmonised.dtype == np.uint16
    np.testing.assert_array_equal(harmonised, oracle(values, offset, clear))
    np.testing.assert_array_equal(values, before)


@given(rasters(), st.sampled_from([0, BOA_OFFSET]))
def test_a_given_target_is_filled_wherever_it_lies_in_memory(raster, offset):
    values, clear = raster
    stack = np.full((*values.shape, 2), 7, np.uint16)
    target = stack[..., 0]
    assert harmonise(np.asfortranarray(values), offset, clear, target) is target
    np.testing.assert_array_equal(target, oracle(values, offset, clear))
    assert (stack[..., 1] == 7).all()
