"""Stacks of observations with gaps, for the tests of reducers."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn

from cloudless_mosaic.reducers import Stack, parse_reducer

VALUES = st.one_of(st.sampled_from([0, 1, 2, 3, 65534, 65535]), st.integers(0, 65535), st.integers(900, 1100))


def stacks(most_bands=4, most_times=7, widths=(1, 130)):
    """Shape (band, time, y, x), of few rows; 0 in single bands too."""
    shapes = st.tuples(
        st.integers(1, most_bands), st.integers(0, most_times), st.integers(1, 2), st.integers(*widths)
    )
    return shapes.flatmap(lambda shape: stn.arrays(np.uint16, shape, elements=VALUES))


def joint(stack):
    """Where an observation counts: in all bands of a pixel or in none. Shape (time, y, x)."""
    return stack.all(axis=0)


def observed(bands, times, rows, columns, seed):
    """Noisy observations of a scene, a third of them missing, some in a single band, some saturated."""
    rng = np.random.default_rng(seed)
    scene = rng.integers(200, 6000, (bands, 1, rows, columns)) * (1 + 0.2 * rng.random((1, times, 1, 1)))
    noise = rng.normal(0, rng.choice([3, 60, 500], (1, 1, rows, columns)), (bands, times, rows, columns))
    stack = np.clip(np.rint(scene + noise), 1, 65535).astype(np.uint16)
    stack[:, rng.random((times, rows, columns)) < 0.3] = 0
    stack[rng.random(stack.shape) < 0.02] = 0
    stack[:, rng.random((times, rows, columns)) < 0.03] = 65535
    return stack


SPAN = datetime(2020, 10, 1, tzinfo=UTC), datetime(2020, 11, 1, tzinfo=UTC)
BANDS = ("B08", "B04", "B02", "B03", *(f"B{band:02}" for band in range(9, 99)))


def stack_of(values):
    """A stack of shape (band, time, y, x), an observation every third day of a month."""
    first = datetime(2020, 10, 1, 10, tzinfo=UTC)
    times = tuple(first + timedelta(days=3 * i) for i in range(values.shape[1]))
    return Stack(values, times, BANDS[: len(values)], SPAN)


def median(values):
    """The reduction of a stack by its median."""
    return parse_reducer("median").reduce(stack_of(values))
