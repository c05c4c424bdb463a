"""What holds for every reducer, whatever it does."""

import pickle
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.reducers import REDUCERS, Stack, parse_reducer
from reducer_oracles import ORACLES

BANDS = ("B02", "B04", "B08")
SHAPES = st.tuples(st.integers(1, 3), st.integers(0, 7), st.integers(1, 4), st.integers(1, 70))
VALUES = st.one_of(st.integers(0, 12000), st.sampled_from([0, 1, 65534, 65535]))


def stack_of(values):
    times = tuple(
        datetime(2020, 10, 1, 10, tzinfo=UTC) + timedelta(days=3 * i) for i in range(values.shape[1])
    )
    return Stack(values, times, BANDS[: len(values)])


def stacks(shapes=SHAPES):
    return shapes.flatmap(lambda shape: stn.arrays(np.uint16, shape, elements=VALUES))


def test_every_reducer_has_an_oracle():
    assert {text.partition(":")[0] for text in ORACLES} == set(REDUCERS)


@pytest.mark.parametrize("text", ORACLES)
@given(stacks())
def test_a_reducer_equals_its_oracle(text, values):
    reduced = parse_reducer(text).reduce(stack_of(values))
    np.testing.assert_array_equal(reduced.data, ORACLES[text](values))


@pytest.mark.parametrize("text", ORACLES)
@given(stacks())
def test_an_observation_counts_in_all_bands_or_in_none(text, values):
    complete = values.all(axis=0)
    reduced = parse_reducer(text).reduce(stack_of(values))
    np.testing.assert_array_equal(reduced.count, complete.sum(axis=0))
    np.testing.assert_array_equal((reduced.data > 0).all(axis=0), complete.any(axis=0))


@pytest.mark.parametrize("text", ORACLES)
@given(stacks(), st.data())
def test_it_does_not_matter_where_blocks_are_cut(text, values, data):
    reducer = parse_reducer(text)
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
