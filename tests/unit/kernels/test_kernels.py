"""The compiled loops against numpy, and what they do with arrays that don't fit."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from cloudless_mosaic import kernels

ALL_NUMBERS = np.arange(65536, dtype=np.uint16).reshape(256, 256)
OFFSETS = st.integers(-65535, 65535)


def harmonised(values, offset, clear):
    """What harmonising has to give, in wide integers."""
    wide = values.astype(np.int64)
    return np.where(clear & (wide != 0), np.clip(wide + offset, 1, 65535), 0)


@st.composite
def rasters(draw):
    shape = draw(array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=30))
    return draw(arrays(np.uint16, shape)), draw(arrays(np.bool_, shape))


@st.composite
def parts(draw, dtype):
    """A tile, the first row and column of a part of it, and the shape of the part."""
    rows, columns = draw(st.integers(1, 20)), draw(st.integers(1, 40))
    row, column = draw(st.integers(0, rows - 1)), draw(st.integers(0, columns - 1))
    shape = draw(st.integers(1, rows - row)), draw(st.integers(1, columns - column))
    return draw(arrays(dtype, (rows, columns))), row, column, shape


def summed(tile, row, column, shape):
    sums = np.cumsum(tile, axis=1, dtype=tile.dtype)
    return sums[row : row + shape[0], column : column + shape[1]]


def apart(shape, dtype=np.uint16):
    """A plane whose rows lie apart in memory, full of another value."""
    return np.full((shape[0], shape[1] + 3), 7, dtype)[:, 2 : shape[1] + 2]


@pytest.mark.parametrize("offset", [-65535, -1000, -999, -1, 0, 1, 1000, 65535])
def test_every_digital_number_is_harmonised_as_in_wide_integers(offset):
    out, clear = np.empty_like(ALL_NUMBERS), np.ones(ALL_NUMBERS.shape, bool)
    kernels.harmonise(ALL_NUMBERS, clear, offset, out)
    np.testing.assert_array_equal(out, harmonised(ALL_NUMBERS, offset, clear))


def test_dark_pixels_stay_valid_bright_ones_do_not_run_over_and_nodata_stays_nodata():
    numbers = np.array([[0, 1, 500, 999, 1000, 1001, 1002, 65535]], np.uint16)
    out, clear = np.empty_like(numbers), np.ones(numbers.shape, bool)
    kernels.harmonise(numbers, clear, -1000, out)
    assert out.tolist() == [[0, 1, 1, 1, 1, 1, 2, 64535]]
    kernels.harmonise(numbers, clear, 1000, out)
    assert out.tolist() == [[0, 1001, 1500, 1999, 2000, 2001, 2002, 65535]]


@given(rasters(), OFFSETS)
def test_harmonising_masks_and_leaves_its_input_alone(raster, offset):
    values, clear = raster
    before, out = values.copy(), apart(values.shape)
    kernels.harmonise(values, clear, offset, out)
    np.testing.assert_array_equal(out, harmonised(values, offset, clear))
    np.testing.assert_array_equal(values, before)
    assert (out.base[:, :2] == 7).all()
    assert (out.base[:, -1:] == 7).all()


@given(st.one_of(parts(np.uint8), parts(np.uint16)))
def test_rows_of_differences_are_summed_up(part):
    tile, row, column, shape = part
    out = apart(shape, tile.dtype)
    kernels.undo_predictor(tile, row, column, out)
    np.testing.assert_array_equal(out, summed(*part))


@given(parts(np.uint16), OFFSETS, st.data())
def test_summing_up_and_harmonising_in_one_pass_equals_both(part, offset, data):
    tile, row, column, shape = part
    clear, out = data.draw(arrays(np.bool_, shape)), apart(shape)
    first, step = data.draw(st.integers(0, shape[0] + 1)), data.draw(st.integers(1, shape[0] + 1))
    kept = apart(summed(*part)[first::step].shape)
    kernels.undo_predictor_and_harmonise(tile, row, column, clear, offset, out, (kept, first, step))
    np.testing.assert_array_equal(out, harmonised(summed(*part), offset, clear))
    np.testing.assert_array_equal(kept, summed(*part)[first::step])


def test_rows_longer_than_what_is_worked_on_together():
    rng = np.random.default_rng(3)
    tile, clear = rng.integers(0, 65536, (3, 4096), np.uint16), rng.random((3, 4090)) < 0.7
    out, kept = np.empty(clear.shape, np.uint16), np.empty((1, 4090), np.uint16)
    kernels.undo_predictor_and_harmonise(tile, 0, 6, clear, -1000, out, (kept, 1, 2))
    sums = summed(tile, 0, 6, clear.shape)
    np.testing.assert_array_equal(out, harmonised(sums, -1000, clear))
    np.testing.assert_array_equal(kept, sums[1:2])


@given(rasters())
def test_sums_are_those_of_numpy(raster):
    values = raster[0]
    valid = values[values > 0].astype(np.int64)
    expected = len(valid), valid.min(initial=65536), valid.max(initial=0), valid.sum(), (valid**2).sum()
    assert kernels.sums(values) == expected


def test_sums_of_the_brightest_pixels_do_not_run_over():
    assert kernels.sums(np.full((3, 5000), 65535, np.uint16))[3:] == (15000 * 65535, 15000 * 65535**2)


@given(
    samples=arrays(np.uint16, array_shapes(min_dims=2, max_dims=2, max_side=30)),
    size=st.integers(1, 100),
    parts=st.sampled_from([2, 8, 256, 3]),
    shift=st.integers(-60, 60),
)
def test_means_of_nested_grids_are_those_of_every_pixel_by_itself(samples, size, parts, shift):
    """In whole parts of a sample sums are taken along columns first; in thirds they can't be."""
    edge = size / parts
    y, x = (shift / parts + edge * (0.5 + np.arange(9)) for _ in range(2))
    means = kernels.mean_separable(samples, x, y, (edge / 2, edge / 2))
    columns, rows = np.meshgrid(x, y)
    np.testing.assert_array_equal(means, kernels.mean_at_points(samples, columns, rows, (edge / 2, edge / 2)))


@pytest.mark.parametrize("edge", [255, 256, 257])
def test_means_of_many_of_the_brightest_samples_do_not_run_over(edge):
    samples = np.full((300, 300), 65535, np.uint16)
    centre = np.array([edge / 2, edge / 2 + 1])
    assert (kernels.mean_separable(samples, centre, centre, (edge / 2, edge / 2)) == 65535).all()


@st.composite
def run_lengths(draw):
    """Bytes in runs, short and long, at any place."""
    runs = draw(st.lists(st.tuples(st.integers(0, 255), st.integers(1, 900)), min_size=1, max_size=60))
    return np.concatenate([np.full(size, value, np.uint8) for value, size in runs])


@given(st.one_of(arrays(np.uint8, st.integers(1, 700)), run_lengths()))
def test_deflated_bytes_are_a_stream_that_every_reader_knows(data):
    stream = kernels.zlib_compress(data)
    assert zlib.decompress(stream) == data.tobytes()
    assert len(stream) <= 1.13 * data.size + 250


@pytest.mark.parametrize(
    "data",
    [
        np.zeros(3 << 20, np.uint8),
        np.random.default_rng(0).integers(0, 256, (2 << 19) + 1, np.uint8),
        np.random.default_rng(1).permutation(
            np.repeat(np.arange(24, dtype=np.uint8), 2 ** np.arange(24) // 16 + 1)
        ),
        np.random.default_rng(2).normal(900, 30, (512, 512)).astype(np.uint16),
    ],
    ids=["zeros", "garbage", "skewed", "pixels"],
)
def test_deflated_blocks_and_codes_at_their_limits(data):
    stream = kernels.zlib_compress(data)
    assert zlib.decompress(stream) == data.tobytes()
    assert len(stream) <= 1.05 * min(len(zlib.compress(data.tobytes(), 1)), data.nbytes) + 2000


def test_bytes_that_the_encoder_counts_tell_nothing_of_the_others():
    """Those that are counted are few and skewed; all others get the longest codes, yet fit their room."""
    rng = np.random.default_rng(4)
    parts = rng.integers(0, 256, (8192, 4, 16), np.uint8)
    seen = np.minimum(rng.geometric(0.5, (8192, 16)), 9) + np.tile([0, 10], 8)  # without runs
    parts[np.arange(8192), np.arange(8192) % 4] = seen
    stream = kernels.zlib_compress(parts)
    assert zlib.decompress(stream) == parts.tobytes()
    assert len(stream) > 1.3 * parts.nbytes  # else the encoder looks elsewhere, and so has this test to


def test_stripes_are_coded_as_well_as_what_has_no_order():
    rng = np.random.default_rng(5)
    stripes = np.concatenate([rng.integers(0, 8, (8192, 16)), rng.integers(0, 256, (8192, 48))], axis=1)
    stripes = stripes.astype(np.uint8)
    mixed = rng.permutation(stripes.reshape(-1))
    assert len(kernels.zlib_compress(stripes)) < 1.01 * len(kernels.zlib_compress(mixed))


SQUARE = np.zeros((2, 2), np.uint16)
count = kernels.count_pixel_statistics
PLANE, MASK = np.zeros((4, 6), np.uint16), np.ones((4, 6), bool)
NETWORK = np.array([[0, 1]])
POINT, ROWS = np.array([0.5]), np.zeros(6, np.int64)
CODES, DARK, COLUMNS = np.zeros((5, 5), np.uint8), np.zeros(256, bool), slice(0, None, 1)
STACK = np.zeros((2, 2, 4, 6), np.uint16)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernels.harmonise(PLANE, MASK[:3], 0, PLANE.copy()),
        lambda: kernels.harmonise(PLANE.astype(np.int16), MASK, 0, PLANE.copy()),
        lambda: kernels.harmonise(PLANE, MASK, 0, np.zeros((4, 12), np.uint16)[:, ::2]),
        lambda: kernels.undo_predictor(PLANE, 1, 0, PLANE.copy()),
        lambda: kernels.undo_predictor(PLANE, -1, 0, np.zeros((2, 2), np.uint16)),
        lambda: kernels.undo_predictor(PLANE, 0, 0, np.zeros((2, 2), np.uint8)),
        lambda: kernels.undo_predictor_and_harmonise(PLANE, 0, 5, MASK[:2, :2], 0, SQUARE, (SQUARE, 0, 1)),
        lambda: kernels.undo_predictor_and_harmonise(PLANE, 0, 0, MASK[:2, :2], 0, SQUARE, (SQUARE, 0, 2)),
        lambda: kernels.undo_predictor_and_harmonise(PLANE, 0, 0, MASK[:2, :2], 0, SQUARE, (SQUARE, -1, 1)),
        lambda: kernels.undo_predictor_and_harmonise(PLANE, 0, 0, MASK[:2, :2], 0, SQUARE, (SQUARE, 0, 0)),
        lambda: kernels.clear_around(MASK, MASK[:, :3].copy(), np.array([0])),
        lambda: kernels.clear_around(MASK, MASK.copy(), np.array([], np.int64)),
        lambda: kernels.take_nearest(MASK[:, ::2], np.array([0]), np.array([0])),
        lambda: kernels.all_in(MASK, np.array([0]), np.array([0])),
        lambda: kernels.take_nearest(MASK, np.array([0]), np.array([0]), MASK.copy()),
        lambda: kernels.grade(np.zeros((2, 3), np.uint8), MASK, MASK, np.zeros((2, 256), np.uint8)),
        lambda: kernels.mean_separable(PLANE[0], np.array([0.5]), np.array([0.5]), (0.5, 0.5)),
        lambda: kernels.mean_at_points(PLANE, np.array([0.5]), np.array([[0.5]]), (0.5, 0.5)),
        lambda: kernels.mark_separable(MASK, POINT, POINT, (0.5, 0.5), MASK.copy()),
        lambda: kernels.mark_around_points(MASK[:1, :1].copy(), POINT, POINT, (0.5, 0.5), MASK.copy()),
        lambda: kernels.count_pixel_statistics(
            PLANE, MASK, COLUMNS, (CODES, ROWS + 9, ROWS), DARK, (1, 1, 1)
        ),
        lambda: kernels.count_pixel_statistics(
            PLANE, MASK, COLUMNS, (CODES, ROWS, ROWS[:4]), DARK, (1, 1, 1)
        ),
        lambda: kernels.count_pixel_statistics(
            PLANE, MASK, COLUMNS, (CODES, ROWS[:4], ROWS), DARK[:9], (1, 1, 1)
        ),
        lambda: kernels.fill_free(STACK[0], STACK[1, :1], MASK, np.zeros(MASK.shape, np.uint16), 1),
        lambda: kernels.fill_free(
            STACK[:, :, ::2], STACK[:, :, ::2].copy(), MASK[::2], np.zeros(MASK[::2].shape, np.uint16), 1
        ),
        lambda: kernels.joint_median(STACK, NETWORK, PLANE, PLANE, np.zeros(2, bool)),
        lambda: kernels.joint_median(STACK, NETWORK, STACK[:, 0].copy(), PLANE, np.zeros(1, bool)),
        lambda: kernels.joint_median(STACK, NETWORK + 1, STACK[:, 0].copy(), PLANE, np.zeros(2, bool)),
        lambda: kernels.interleave_differences(STACK[0], STACK[0]),
        lambda: kernels.zlib_compress(PLANE[:0]),
        lambda: kernels.average_half(STACK[0], STACK[0]),
        lambda: kernels.apply_lut(PLANE, np.zeros(65536), np.zeros((4, 6))),
        lambda: kernels.apply_lut(PLANE, np.zeros(256, np.uint8), np.zeros((4, 6), np.uint8)),
    ],
)
def test_arrays_that_do_not_fit_are_refused_before_a_pixel_is_touched(call):
    with pytest.raises(ValueError, match="a kernel was given"):
        call()


@given(arrays(np.uint8, st.tuples(st.integers(1, 5), st.integers(1, 9))), st.data())
def test_nearest_samples_are_those_of_numpy(mask, data):
    columns = data.draw(st.integers(1, 30))
    if data.draw(st.booleans()):  # as on a grid that is twice as fine
        places = (data.draw(st.integers(-3, 12)) + np.arange(columns)) >> 1
    else:
        places = data.draw(arrays(np.int64, columns, elements=st.integers(-2, 10)))
    rows = data.draw(arrays(np.int64, st.integers(1, 6), elements=st.integers(-1, 6)))
    inside = ((rows >= 0) & (rows < mask.shape[0]))[:, None] & (places >= 0) & (places < mask.shape[1])
    found = mask[np.clip(rows, 0, mask.shape[0] - 1)][:, np.clip(places, 0, mask.shape[1] - 1)]
    out = np.full((len(rows), columns), 7, np.uint8)
    assert kernels.take_nearest(mask, rows, places, out) is out
    np.testing.assert_array_equal(out, np.where(inside, found, 0))
    np.testing.assert_array_equal(kernels.take_nearest(mask, rows, places), out)


@given(arrays(np.uint8, st.tuples(st.integers(0, 5), st.integers(0, 40))), st.integers(0, 2**32 - 1))
def test_grades_are_those_of_the_table_that_the_masks_choose(codes, seed):
    rng = np.random.default_rng(seed)
    near, far = rng.random((2, *codes.shape)) < 0.6
    tables = rng.integers(0, 256, (3, 256), np.uint8)
    expected = np.where(near, np.where(far, tables[2][codes], tables[1][codes]), tables[0][codes])
    np.testing.assert_array_equal(kernels.grade(codes, near, far, tables), expected)
