"""Reductions of one value for each observation, against numpy."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.reducers import SeriesReducer, parse_reducer

SERIES = stn.arrays(
    np.float32,
    st.tuples(st.integers(0, 9), st.integers(1, 3), st.integers(1, 5)),
    elements=st.one_of(st.just(np.nan), st.floats(-1, 1, width=32), st.sampled_from([0, 0.5])),
)
NUMPY = {
    "median": np.nanmedian,
    "mean": np.nanmean,
    **{
        f"percentile:{q}": lambda series, axis, q=q: np.nanpercentile(series, q, axis)
        for q in (0, 25, 80, 100)
    },
}


@pytest.mark.parametrize("name", NUMPY)
@settings(max_examples=60)
@given(series=SERIES)
def test_a_series_is_reduced_as_numpy_does(name, series):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = NUMPY[name](series.astype(float), axis=0)
    reducer = parse_reducer(name)
    assert isinstance(reducer, SeriesReducer)
    found = reducer.reduce_series(series.copy())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)
