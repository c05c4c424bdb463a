import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from cloudless_mosaic.writing.deflate import deflate

CHUNK_BYTES = 131072


def assert_inflates(pixels):
    stream = deflate(pixels)
    assert zlib.decompress(stream) == pixels.tobytes()
    assert imagecodecs.deflate_decode(stream) == pixels.tobytes()
    return stream


@settings(deadline=None, max_examples=60)
@given(
    arrays(np.uint64, st.integers(1, 300), elements=st.integers(0, 2**64 - 1) | st.just(0), fill=st.just(0))
)
def test_any_words_survive(words):
    assert_inflates(words)


@pytest.mark.parametrize("words", [1, 2, 32, 33, 34, 97, 16383, 16384, 16385])
def test_runs_of_every_remainder_survive(words):
    assert_inflates(np.zeros(words, np.uint64))


def test_runs_between_literals_survive():
    lengths = [n for length in range(1, 70) for n in (length, 1)]
    words = np.concatenate([np.full(n, i % 2 * 0xABCDEF, np.uint64) for i, n in enumerate(lengths)])
    assert_inflates(words)


def test_codes_longer_than_the_limit_are_shortened():
    # Fibonacci counts make the deepest Huffman tree: 24 levels here, where the format ends at 15
    counts = [1, 1]
    while sum(counts) + counts[-1] + counts[-2] < CHUNK_BYTES - 8:
        counts.append(counts[-1] + counts[-2])
    assert len(counts) > 20
    values = np.repeat(np.arange(1, len(counts) + 1, dtype=np.uint8), counts)
    pixels = np.random.default_rng(1).permutation(values[: len(values) // 8 * 8])
    stream = assert_inflates(pixels)
    assert len(stream) < len(pixels) / 2.5


def test_many_chunks_with_different_codes_survive():
    rng = np.random.default_rng(2)
    parts = [rng.integers(0, 2**bits, CHUNK_BYTES, np.uint8) for bits in (1, 8, 2, 5)]
    assert_inflates(np.concatenate([*parts, np.zeros(CHUNK_BYTES + 8, np.uint8)]))


def test_noise_grows_by_less_than_a_percent():
    pixels = np.random.default_rng(3).integers(0, 256, 2 * CHUNK_BYTES, np.uint8)
    assert len(assert_inflates(pixels)) < 1.01 * len(pixels)


def test_size_is_near_that_of_a_general_encoder():
    rng = np.random.default_rng(4)
    noise = np.diff(rng.normal(1200, 60, (512, 513)).astype(np.uint16), axis=1)
    assert len(assert_inflates(noise)) < 1.05 * len(imagecodecs.deflate_encode(noise, 1))


def test_same_pixels_give_the_same_bytes():
    pixels = np.random.default_rng(5).integers(0, 50, (4, 64, 64), np.uint16)
    assert deflate(pixels) == deflate(pixels.copy())
