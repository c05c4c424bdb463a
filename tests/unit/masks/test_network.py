"""Windows of a network over a scene, against numpy and scipy."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.signal.windows import tukey

from bright_network import BrightNetwork
from cloudless_mosaic.masks.network import (
    STEP,
    Answer,
    classes_of_cell,
    factor_of,
    merged,
    places_of,
    source_pixels,
)

NETWORK = BrightNetwork()


def textured(shape, seed):
    """Patches of several sizes, shape (band, rows, columns)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(100, 9000, (2, shape[0] // 16 + 1, shape[1] // 16 + 1))
    patches = coarse.repeat(16, axis=1).repeat(16, axis=2)[:, : shape[0], : shape[1]]
    return (patches + rng.integers(0, 400, patches.shape)).astype(np.uint16)


def by_windows(bands):
    """All windows of 256 pixels, 204 apart, over a mirrored scene; blended by a Tukey window."""
    rows, columns = bands.shape[1:]
    padded = np.pad(bands, ((0, 0), (51, 308), (51, 308)), mode="symmetric")
    total = np.zeros((*padded.shape[1:], 3))
    taper = tukey(256, 0.4)
    for row in range(0, rows + 104, 204):
        for column in range(0, columns + 104, 204):
            window = np.s_[row : row + 256, column : column + 256]
            reflectance = np.moveaxis(padded[:, *window], 0, -1).astype(np.float32) / np.float32(10_000)
            answer = NETWORK.probabilities(reflectance)
            total[window] += answer * (taper[:, None] * taper)[..., None]
    classes = total[51 : 51 + rows, 51 : 51 + columns].astype(np.float32).argmax(axis=2)
    return np.where((bands > 0).any(axis=0), classes, 0)


def by_cells(bands):
    shape = bands.shape[1:]
    found = np.full(shape, 9, np.uint8)

    def answer_at(place):
        rows, columns = (source_pixels(one, length) for one, length in zip(place, shape, strict=True))
        return Answer.of(NETWORK, bands[:, rows[:, None], columns])

    for row in places_of(0, shape[0]):
        for column in places_of(0, shape[1]):
            part = found[row * STEP :, column * STEP :][:STEP, :STEP]
            part[:] = classes_of_cell((row, column), shape, answer_at)[: part.shape[0], : part.shape[1]]
    return found


@pytest.mark.slow
@settings(max_examples=8)
@given(rows=st.integers(1, 460), columns=st.integers(1, 460), seed=st.integers(0, 99))
@example(rows=204, columns=408, seed=0)
@example(rows=153, columns=205, seed=0)
@example(rows=40, columns=154, seed=0)
def test_cells_are_the_blended_windows_of_the_whole_scene(rows, columns, seed):
    bands = textured((rows, columns), seed)
    bands[:, : rows // 3, : columns // 4] = 0
    np.testing.assert_array_equal(by_cells(bands), by_windows(bands))


@pytest.mark.parametrize(
    ("first", "end", "places"),
    [(0, 1, [0]), (0, 204, [0]), (0, 205, [0, 1]), (204, 205, [1]), (203, 409, [0, 1, 2])],
)
def test_cells_under_pixels(first, end, places):
    assert list(places_of(first, end)) == places


@pytest.mark.parametrize(("resolution", "factor"), [(10, 4), (20, 2), (30, 1), (60, 1), (120, 1)])
def test_pixels_of_a_network_are_whole_multiples_of_those_of_the_classification(resolution, factor):
    assert factor_of(NETWORK, resolution) == factor


def test_what_a_network_finds_becomes_cloud_and_shadow_where_there_is_data():
    codes, classes = np.meshgrid(np.arange(12, dtype=np.uint8), np.arange(3, dtype=np.uint8))
    clear, cloud, shadow = merged(codes, classes)
    np.testing.assert_array_equal(clear, np.arange(12))
    np.testing.assert_array_equal(cloud, [0, *[9] * 11])
    np.testing.assert_array_equal(shadow, [0, 3, 3, 3, 3, 3, 3, 3, 8, 9, 10, 3])
