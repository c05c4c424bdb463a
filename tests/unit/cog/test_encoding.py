import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloudless_mosaic.cog.encoding import encode_tile, halve

DTYPES = (np.uint8, np.uint16)


def tiles(dtype):
    limit = np.iinfo(dtype).max
    return arrays(
        dtype,
        st.tuples(st.integers(1, 4), st.just(16), st.just(16)),
        elements=st.sampled_from([0, 1, 2, 3, limit - 1, limit]) | st.integers(0, limit),
    )


def average_oracle(tile):
    bands, rows, columns = tile.shape
    fours = tile.reshape(bands, rows // 2, 2, columns // 2, 2).astype(np.float64)
    total, valid = fours.sum(axis=(2, 4)), (fours > 0).sum(axis=(2, 4))
    return np.rint(total / np.maximum(valid, 1)).astype(tile.dtype)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(DTYPES).flatmap(tiles))
def test_average_takes_valid_pixels_and_rounds_half_to_even(tile):
    np.testing.assert_array_equal(halve(tile, "average"), average_oracle(tile))


@pytest.mark.parametrize(
    ("pixels", "mean"),
    [
        ((0, 0, 0, 0), 0),
        ((0, 7, 0, 0), 7),
        ((1, 2, 0, 0), 2),
        ((2, 3, 0, 0), 2),
        ((65535, 65534, 0, 65535), 65535),
        ((65535, 65535, 65535, 65535), 65535),
        ((1, 1, 2, 2), 2),
        ((2, 2, 3, 3), 2),
        ((1, 1, 1, 2), 1),
        ((10000, 0, 20000, 0), 15000),
    ],
)
def test_average_of_four(pixels, mean):
    assert halve(np.array(pixels, np.uint16).reshape(1, 2, 2), "average").item() == mean


def test_nearest_is_the_upper_left_pixel():
    tile = np.arange(32, dtype=np.uint16).reshape(1, 4, 8)
    np.testing.assert_array_equal(halve(tile, "nearest"), [[[0, 2, 4, 6], [16, 18, 20, 22]]])


@pytest.mark.parametrize("codec", ["deflate", "zstd"])
@pytest.mark.parametrize("dtype", [*DTYPES, np.int16])
@pytest.mark.parametrize("bands", [1, 3, 4])
def test_decoding_and_undoing_the_predictor_gives_the_tile(codec, dtype, bands):
    tile = np.random.default_rng(bands).integers(
        np.iinfo(dtype).min, np.iinfo(dtype).max, (bands, 32, 32), dtype, endpoint=True
    )
    encoded = encode_tile(tile, codec)
    raw = imagecodecs.zstd_decode(encoded) if codec == "zstd" else zlib.decompress(encoded)
    differences = np.frombuffer(raw, dtype).reshape(32, 32, bands)
    decoded = np.add.accumulate(differences, axis=1, dtype=dtype)
    np.testing.assert_array_equal(decoded.transpose(2, 0, 1), tile)


@given(
    arrays(
        np.float32,
        st.tuples(st.integers(1, 3), st.just(4), st.integers(1, 9)),
        elements=st.floats(width=32) | st.just(float("nan")),
    )
)
def test_floats_are_differences_of_their_bytes(tile):
    expected = imagecodecs.floatpred_encode(tile.transpose(1, 2, 0).copy(), axis=-2)
    assert zlib.decompress(encode_tile(tile, "deflate")) == expected.tobytes()


@given(arrays(np.float32, (2, 8, 6), elements=st.floats(-2, 2, width=32) | st.just(float("nan"))))
def test_average_of_floats_takes_what_is_a_number(tile):
    fours = tile.reshape(2, 4, 2, 3, 2).astype(np.float64)
    count = (~np.isnan(fours)).sum(axis=(2, 4))
    mean = np.where(count, np.nansum(fours, axis=(2, 4)) / np.maximum(count, 1), np.nan)
    np.testing.assert_allclose(halve(tile, "average"), mean, rtol=0, atol=1e-6)
