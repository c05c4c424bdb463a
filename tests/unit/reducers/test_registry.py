"""What holds for every reducer, whatever it does."""

import pickle
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.reducers import REDUCERS, parse_reducer
from random_stacks import stack_of
from reducer_oracles import FEWEST_BANDS, ORACLES

VALUES = st.one_of(st.integers(0, 12000), st.sampled_from([0, 1, 65534, 65535]))


_WIDEST = {"median": 70, "percentile:25": 70, "mean": 70}
"""Pixels in a row; oracles of others go from pixel to pixel."""


def values_for(text):
    bands, columns = st.integers(FEWEST_BANDS.get(text, 1), 3), st.integers(1, _WIDEST.get(text, 12))
    shapes = st.tuples(bands, st.integers(0, 7), st.integers(1, 4), columns)
    return shapes.flatmap(lambda shape: stn.arrays(np.uint16, shape, elements=VALUES))


def test_every_reducer_has_an_oracle():
    assert {text.partition(":")[0] for text in ORACLES} == set(REDUCERS)


@pytest.mark.parametrize("text", ORACLES)
@given(st.data())
def test_a_reducer_equals_its_oracle(text, data):
    stack = stack_of(data.draw(values_for(text)))
    reduced, expected = parse_reducer(text).reduce(stack), ORACLES[text](stack)
    if text == "geomedian":
        for row, column in np.ndindex(reduced.count.shape):
            series = stack.values[:, :, row, column]
            clear = series[:, series.all(axis=0)].T.astype(float)
            cost = [
                np.sqrt(((clear - point) ** 2).sum(axis=1)).sum()
                for point in (reduced.data[:, row, column], expected[:, row, column])
            ]
            # whole numbers are up to half of one away from the point in each band
            assert cost[0] <= cost[1] + 2 * 0.5 * np.sqrt(len(series)) * len(clear)
    else:
        np.testing.assert_array_equal(reduced.data, expected)


@pytest.mark.parametrize("text", ORACLES)
@given(st.data())
def test_an_observation_counts_in_all_bands_or_in_none(text, data):
    values = data.draw(values_for(text))
    complete = values.all(axis=0)
    reduced = parse_reducer(text).reduce(stack_of(values))
    np.testing.assert_array_equal(reduced.count, complete.sum(axis=0))
    np.testing.assert_array_equal((reduced.data > 0).all(axis=0), complete.any(axis=0))
    if reduced.chosen is None:
        np.testing.assert_array_equal(reduced.pixels, complete.sum(axis=(1, 2)))
    else:
        places = [(reduced.chosen == place).sum() for place in range(values.shape[1])]
        np.testing.assert_array_equal(reduced.pixels, places)
        np.testing.assert_array_equal(reduced.chosen >= 0, complete.any(axis=0))


@pytest.mark.parametrize("text", ORACLES)
@given(st.data())
def test_it_does_not_matter_where_blocks_are_cut(text, data):
    values, reducer = data.draw(values_for(text)), parse_reducer(text)
    row, column = (data.draw(st.integers(0, size)) for size in values.shape[2:])
    whole = reducer.reduce(stack_of(values))
    part = reducer.reduce(stack_of(np.ascontiguousarray(values[:, :, row:, column:])))
    np.testing.assert_array_equal(part.data, whole.data[:, row:, column:])
    np.testing.assert_array_equal(part.count, whole.count[row:, column:])


@pytest.mark.parametrize("text", ORACLES)
def test_a_reducer_leaves_the_stack_alone_and_travels(text):
    values = np.random.default_rng(0).integers(0, 9, (3, 4, 6, 5), np.uint16)
    before = values.copy()
    reducer = pickle.loads(pickle.dumps(parse_reducer(text)))
    reducer.reduce(stack_of(values))
    np.testing.assert_array_equal(values, before)
    assert parse_reducer(str(reducer)) == reducer
    assert reducer.chooses == (reducer.reduce(stack_of(values)).chosen is not None)


@pytest.mark.parametrize("text", ORACLES)
def test_the_texts_of_a_reducer_read_as_parts_of_a_sentence(text):
    reducer = parse_reducer(text)
    assert reducer.title[0].isupper()
    assert not reducer.title.endswith(".")
    assert reducer.rule
    assert reducer.rule[0].islower()
    assert not reducer.rule.endswith(".")
    assert "axis=time" in reducer.expression or reducer.chooses


@pytest.mark.parametrize("text", ["", "Median", "mode", ":25"])
def test_an_unknown_reducer_is_refused_with_those_there_are(text):
    with pytest.raises(UsageError, match=r"is unknown; choose one of median"):
        parse_reducer(text)


def test_a_parameter_of_a_reducer_without_one_is_refused():
    with pytest.raises(UsageError, match="reducer median takes no parameter, got '3'; leave it out"):
        parse_reducer("median:3")


def test_the_greenest_pixel_has_a_name_of_its_own():
    assert parse_reducer("max-ndvi") == parse_reducer("max:ndvi") == parse_reducer("max:NDVI")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("max", "takes the name of an index, got none; choose one of NDVI, "),
        ("max:EVI", "takes the name of an index, got 'EVI'; choose one of NDVI, "),
        ("percentile:", "takes a number from 0 to 100, got none; for example percentile:25"),
        ("nearest:15", "takes a day as YYYY-MM-DD, got '15'; for example nearest:2020-10-15"),
        ("best:2020-02-30", "takes a day as YYYY-MM-DD, got '2020-02-30'"),
        ("mean:2", "takes no parameter"),
    ],
)
def test_a_wrong_parameter_is_refused_with_what_to_give(text, message):
    with pytest.raises(UsageError, match=message):
        parse_reducer(text)


@pytest.mark.parametrize(
    ("text", "bands", "message"),
    [
        ("geomedian", ["B04"], "add bands, or choose reducer median"),
        ("medoid", ["B04"], "add bands, or choose reducer median"),
        ("max:NDVI", ["B03", "B08"], "compares nir with red, and bands lack red; add bands red, or"),
        ("max:NBR", ["B03"], "bands lack nir and swir22"),
        ("best", ["B08", "B04"], "bands lack blue; add bands blue, or choose reducer nearest"),
    ],
)
def test_bands_that_a_reducer_can_not_reduce_are_refused_with_what_to_choose(text, bands, message):
    with pytest.raises(UsageError, match=message):
        parse_reducer(text).check(bands)


def test_the_narrow_near_infrared_stands_in_for_the_wide_one():
    values = np.random.default_rng(0).integers(1, 9, (2, 4, 3, 5), np.uint16)
    reducer, stack = parse_reducer("max:NDVI"), stack_of(values)
    reducer.check(["B8A", "B04"])
    narrow = reducer.reduce(replace(stack, bands=("B8A", "B04")))
    np.testing.assert_array_equal(narrow.data, reducer.reduce(stack).data)
