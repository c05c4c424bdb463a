"""Statistics of layers, against numpy, however planes are cut."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.compositing.layer_statistics import NOTHING, LayerStatistics

FLOATS = stn.arrays(
    np.float32,
    st.tuples(st.integers(1, 3), st.integers(1, 30)),
    elements=st.one_of(st.just(np.nan), st.floats(-10000, 10000, width=32)),
)


@given(FLOATS, st.integers(0, 30))
def test_parts_add_up_to_the_whole(plane, cut):
    whole = LayerStatistics.of(plane, math.nan)
    parts = [LayerStatistics.of(part, math.nan) for part in (plane[:, cut:], plane[:, :cut])]
    assert parts[0].plus(parts[1]) == whole
    known = plane[~np.isnan(plane)].astype(float)
    assert whole.count == known.size
    if known.size:
        assert whole.fields["minimum"] == pytest.approx(known.min(), abs=1e-6)
        assert whole.fields["maximum"] == pytest.approx(known.max(), abs=1e-6)
        assert whole.fields["mean"] == pytest.approx(known.mean(), abs=1e-6)
    else:
        assert whole == NOTHING
        assert whole.fields == {}


def test_whole_numbers_stay_whole_and_nodata_does_not_count():
    plane = np.array([[-32768, -3, 4]], np.int16)
    assert str(LayerStatistics.of(plane, -32768).fields) == str(
        {"minimum": -3, "maximum": 4, "mean": 0.5, "count": 2}
    )
