import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloudless_mosaic.burned.indices import bai, dnbr, nbr, rbr
from cloudless_mosaic.burned.severity import NOT_COMPARED, PALETTE, SEVERITY_CLASSES, classify

valid = arrays(np.uint16, (3, 5), elements=st.integers(1, 65535))
numbers = arrays(np.uint16, (3, 5), elements=st.integers(0, 65535))


def expected_nbr(nir, swir):
    nir, swir = nir.astype(np.float64), swir.astype(np.float64)
    with np.errstate(invalid="ignore"):
        return (nir - swir) / (nir + swir)


@given(numbers, numbers)
def test_nbr_is_the_formula_and_nan_only_where_both_are_nodata(nir, swir):
    ratio = nbr(nir, swir)
    assert ratio.dtype == np.float32
    np.testing.assert_allclose(ratio, expected_nbr(nir, swir), rtol=1e-6, atol=1e-7, equal_nan=True)
    np.testing.assert_array_equal(np.isnan(ratio), (nir == 0) & (swir == 0))


@given(*[arrays(np.uint16, (3, 5), elements=st.integers(1, 20000))] * 4)
def test_change_of_the_ratio_and_what_it_is_relative_to(nir, swir, nir_after, swir_after):
    before, after = nbr(nir, swir), nbr(nir_after, swir_after)
    change = dnbr(before, after)
    exact_before = expected_nbr(nir, swir)
    exact = exact_before - expected_nbr(nir_after, swir_after)
    np.testing.assert_allclose(change, exact, atol=3e-7)
    np.testing.assert_allclose(
        rbr(before=before, change=change), change / (before.astype(float) + 1.001), rtol=1e-3
    )
    assert np.isfinite(rbr(change, before)).all()


def test_no_data_stays_no_data():
    nothing = np.zeros(2, np.uint16)
    some = np.array([3000, 4000], np.uint16)
    assert np.isnan(dnbr(nbr(nothing, nothing), nbr(some, some))).all()
    assert np.isnan(rbr(np.float32([np.nan]), np.float32([0.5]))).all()
    assert np.isnan(bai(nothing, some)).all()
    assert np.isnan(bai(some, nothing)).all()


@given(
    arrays(np.uint16, (4,), elements=st.integers(1, 65535)),
    arrays(np.uint16, (4,), elements=st.integers(1, 65535)),
)
def test_bai_is_the_formula(red, nir):
    apart = (0.1 - red * 1e-4) ** 2 + (0.06 - nir * 1e-4) ** 2
    np.testing.assert_allclose(bai(red, nir), 1 / np.maximum(apart, 1e-8), rtol=1e-5)


def test_bai_ends_at_the_colour_of_char():
    assert bai(np.array([1000], np.uint16), np.array([600], np.uint16)).tolist() == [1e8]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (-2.0, 1),
        (-0.2501, 1),
        (-0.25, 2),
        (-0.1001, 2),
        (-0.1, 3),
        (0.0, 3),
        (0.0999, 3),
        (0.1, 4),
        (0.2699, 4),
        (0.27, 5),
        (0.4399, 5),
        (0.44, 6),
        (0.6599, 6),
        (0.66, 7),
        (2.0, 7),
        (np.nan, NOT_COMPARED),
    ],
)
def test_classes_begin_where_the_table_says(change, code):
    assert classify(np.float32([[change]])).tolist() == [[code]]


@given(arrays(np.float32, (50,), elements=st.floats(-2, 2, width=32)))
def test_classes_are_those_of_numpy(change):
    edges = np.float32([one.least for one in SEVERITY_CLASSES])
    np.testing.assert_array_equal(classify(change), np.digitize(change, edges))


def test_codes_count_from_one_and_have_colours_of_their_own():
    assert [one.code for one in SEVERITY_CLASSES] == list(range(1, 8))
    assert len(set(PALETTE)) == 8
    assert SEVERITY_CLASSES[0].colour_hint == "54712B"
