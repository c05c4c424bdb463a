import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from pyproj import Transformer

from cloudless_mosaic.compositing.pixel_mapping import Window, map_pixels
from cloudless_mosaic.compositing.resampling import mask_at_centres, mask_on_grid, resample

VALUES = st.one_of(st.just(0), st.integers(1, 65535), st.integers(1, 6))
SMALL = stn.array_shapes(min_dims=2, max_dims=2, max_side=9)


def on_unit_pixels(array, edge, offset, shape):
    """Source pixels cut into pixels of edge 1, on a canvas that begins ``offset`` before the source."""
    fine = array.repeat(edge, axis=0).repeat(edge, axis=1)
    canvas = np.zeros(shape, array.dtype)
    rows, columns = fine.shape
    canvas[offset[0] : offset[0] + rows, offset[1] : offset[1] + columns] = fine
    return canvas


def means(units, edge):
    """Mean of the unit pixels that are not 0 in every square of ``edge``, halves to even."""
    rows, columns = units.shape[0] // edge, units.shape[1] // edge
    cells = units.reshape(rows, edge, columns, edge).astype(np.int64)
    number = np.count_nonzero(cells, axis=(1, 3))
    return np.rint(cells.sum(axis=(1, 3)) / np.maximum(number, 1)).astype(np.uint16)


def resampled(samples, grid, geobox):
    """What a block gets of a raster."""
    mapping = map_pixels(geobox, grid)
    if mapping is None:
        return np.zeros(geobox.shape, np.uint16)
    return resample(samples[mapping.window.slices], mapping)


@given(
    stn.arrays(np.uint16, SMALL, elements=VALUES),
    st.integers(1, 7),
    st.integers(1, 9),
    st.tuples(st.integers(0, 12), st.integers(0, 12)),
)
def test_output_pixel_is_the_mean_of_what_lies_under_it(
    make_grid, make_geobox, samples, source, edge, offset
):
    """The law for all grids that share axes, whatever their resolutions and origins."""
    rows = -(-(offset[0] + samples.shape[0] * source) // edge) + 1
    columns = -(-(offset[1] + samples.shape[1] * source) // edge) + 1
    grid = make_grid(samples.shape, source, (500000.0 + offset[1], 4000000.0 - offset[0]))
    geobox = make_geobox((rows, columns), edge, (500000.0, 4000000.0))
    units = on_unit_pixels(samples, source, offset, (rows * edge, columns * edge))
    np.testing.assert_array_equal(resampled(samples, grid, geobox), means(units, edge))


@given(stn.arrays(np.uint16, SMALL, elements=VALUES))
def test_same_grid_copies(make_grid, make_geobox, samples):
    np.testing.assert_array_equal(
        resampled(samples, make_grid(samples.shape), make_geobox(samples.shape)), samples
    )


def test_same_grid_copies_a_part_of_the_source(make_grid, make_geobox):
    mapping = map_pixels(make_geobox((40, 50))[10:30, 5:45], make_grid((40, 50)))
    assert mapping.separable
    assert mapping.window == Window(10, 5, (20, 40))
    assert mapping.window.slices == (slice(10, 30), slice(5, 45))


def test_block_over_the_edge_of_the_source_is_empty_outside(make_grid, make_geobox):
    samples = np.full((3, 4), 7, np.uint16)
    geobox = make_geobox((6, 6), origin=(499980.0 - 20, 5300040.0 + 10))
    expected = np.zeros((6, 6), np.uint16)
    expected[1:4, 2:6] = 7
    np.testing.assert_array_equal(resampled(samples, make_grid((3, 4)), geobox), expected)


@given(stn.arrays(np.uint16, (12, 8), elements=VALUES), st.sampled_from([2, 4]))
def test_coarser_grid_takes_the_mean_of_clear_pixels(make_grid, make_geobox, samples, factor):
    geobox = make_geobox((12 // factor, 8 // factor), 10 * factor)
    np.testing.assert_array_equal(resampled(samples, make_grid((12, 8)), geobox), means(samples, factor))


@pytest.mark.parametrize("factor", [2, 3, 6, 7])
def test_finer_grid_repeats(make_grid, make_geobox, factor):
    samples = np.array([[1, 65535], [40000, 2], [0, 9]], np.uint16)
    geobox = make_geobox((3 * factor, 2 * factor), 60 / factor)
    expected = samples.repeat(factor, axis=0).repeat(factor, axis=1)
    np.testing.assert_array_equal(resampled(samples, make_grid((3, 2), 60), geobox), expected)


@given(stn.arrays(np.uint16, (5, 6), elements=st.integers(1, 65535)), st.integers(1, 9), st.integers(1, 9))
def test_shifted_grid_has_the_weights_of_bilinear_interpolation(make_grid, make_geobox, samples, right, down):
    x, y = right / 10, down / 10
    geobox = make_geobox((4, 5), 10.0, (499980.0 + right, 5300040.0 - down))
    top = (1 - x) * samples[:-1, :-1] + x * samples[:-1, 1:]
    bottom = (1 - x) * samples[1:, :-1] + x * samples[1:, 1:]
    interpolated = (1 - y) * top + y * bottom
    difference = resampled(samples, make_grid((5, 6)), geobox) - interpolated
    assert np.abs(difference).max() <= 0.501


@given(
    stn.arrays(np.uint16, (12, 12), elements=VALUES),
    st.sampled_from([7, 10, 12, 25, 30]),
    st.integers(0, 10),
    st.integers(0, 10),
)
def test_part_of_a_block_is_the_same_as_in_the_whole(make_grid, make_geobox, samples, edge, row, column):
    """Ties too: rounding must not depend on where a block begins."""
    geobox = make_geobox((14, 14), edge, (499973.0, 5300061.0))
    whole = resampled(samples, make_grid((12, 12)), geobox)
    part = resampled(samples, make_grid((12, 12)), geobox[row : row + 4, column : column + 4])
    np.testing.assert_array_equal(part, whole[row : row + 4, column : column + 4])


@given(st.integers(0, 25), st.integers(0, 25), st.sampled_from([10, 20, 35]))
def test_part_of_a_block_is_the_same_as_in_the_whole_between_zones(make_grid, make_geobox, row, column, edge):
    samples = np.random.default_rng(3).integers(0, 65536, (64, 64), np.uint16)
    grid = make_grid((64, 64), 10.0, (300000.0, 5300040.0), "EPSG:32634")
    x, y = Transformer.from_crs("EPSG:32634", "EPSG:32633", always_xy=True).transform(300000.0, 5300040.0)
    geobox = make_geobox((30, 30), edge, (x // edge * edge, y // edge * edge), "EPSG:32633")
    whole = resampled(samples, grid, geobox)
    assert whole.any()
    part = resampled(samples, grid, geobox[row : row + 5, column : column + 5])
    np.testing.assert_array_equal(part, whole[row : row + 5, column : column + 5])


def test_constant_stays_constant_between_zones(make_grid, make_geobox):
    grid = make_grid((200, 200), 10.0, (300000.0, 5300040.0), "EPSG:32634")
    x, y = Transformer.from_crs("EPSG:32634", "EPSG:32633", always_xy=True).transform(301000.0, 5299040.0)
    geobox = make_geobox((20, 20), 30.0, (x - 300, y + 300), "EPSG:32633")
    assert (resampled(np.full((200, 200), 4321, np.uint16), grid, geobox) == 4321).all()


@pytest.mark.slow
def test_points_at_infinity_are_empty_and_the_others_are_not(make_grid, make_geobox):
    """A block that reaches beyond the edge of the Earth as the geostationary view shows it."""
    view = "+proj=geos +h=35785831 +lon_0=15 +sweep=y +datum=WGS84"
    grid = make_grid((10980, 10980), 10.0, (445000.0, 8900000.0), "EPSG:32633")
    x, y = Transformer.from_crs("EPSG:4326", view, always_xy=True).transform(15.0, 80.0)
    geobox = make_geobox((120, 120), 500.0, (x - 30000, y + 30000), view)
    mapping = map_pixels(geobox, grid)
    assert not np.isfinite(mapping.x).all()
    out = resample(np.ones(mapping.window.shape, np.uint16), mapping)
    assert out.any()
    assert not out[~np.isfinite(mapping.x)].any()
    assert not mask_at_centres(np.ones(mapping.window.shape, bool), mapping)[~np.isfinite(mapping.x)].any()
    sky = make_geobox((4, 4), 500.0, (x, y + 3e6), view)
    assert map_pixels(sky, grid) is None


@given(st.data())
def test_sample_is_clear_when_all_classes_under_it_are(make_grid, data):
    """SCL and band share their corner; 7 and 11 stand for overviews of odd sizes."""
    resolution, scl_resolution = data.draw(st.tuples(st.sampled_from([5, 7, 10, 20, 30, 11]), st.just(10)))
    clear = data.draw(stn.arrays(bool, st.tuples(st.integers(3, 9), st.integers(3, 9))))
    rows, columns = (-(-10 * length // resolution) for length in clear.shape)
    scl, band = make_grid(clear.shape, scl_resolution), make_grid((rows, columns), resolution)
    row, column = data.draw(st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1)))
    window = Window(row, column, (rows - row, columns - column))
    first = data.draw(st.tuples(st.integers(0, clear.shape[0] - 1), st.integers(0, clear.shape[1] - 1)))
    scl_window = Window(*first, (clear.shape[0] - first[0], clear.shape[1] - first[1]))
    known = np.zeros((rows * resolution, columns * resolution), bool)
    seen = np.zeros_like(clear)
    seen[scl_window.slices] = clear[scl_window.slices]
    metres = seen.repeat(10, axis=0).repeat(10, axis=1)[: known.shape[0], : known.shape[1]]
    known[: metres.shape[0], : metres.shape[1]] = metres
    expected = known.reshape(rows, resolution, columns, resolution).all(axis=(1, 3))[window.slices]
    found = mask_on_grid(clear[scl_window.slices], scl, scl_window, band, window)
    np.testing.assert_array_equal(found, expected)


def test_clear_of_an_overview_whose_pixels_are_not_square():
    """915 rows and 500 columns halve to 458 and 250: the overview's pixels are a bit narrower than high."""
    from cloudless_mosaic.domain.scenes import SourceGrid  # noqa: PLC0415

    scl = SourceGrid("EPSG:32633", (20.0, 0.0, 0.0, 0.0, -20.0, 18300.0), (915, 500))
    band = SourceGrid("EPSG:32633", (40.0, 0.0, 0.0, 0.0, -18300 / 458, 18300.0), (458, 250))
    clear = np.ones((915, 500), bool)
    clear[914, 0] = False
    found = mask_on_grid(clear, scl, Window(0, 0, (915, 500)), band, Window(0, 0, (458, 250)))
    assert np.argwhere(~found).tolist() == [[457, 0]]


@given(stn.arrays(bool, SMALL), st.sampled_from([5, 10, 20]), st.integers(0, 30), st.integers(0, 30))
def test_value_at_a_centre_is_that_of_the_pixel_around_it(make_grid, make_geobox, clear, edge, right, down):
    geobox = make_geobox((5, 5), edge, (499980.0 - 15 + right, 5300040.0 + 15 - down))
    mapping = map_pixels(geobox, make_grid(clear.shape))
    assume(mapping is not None)
    expected = np.zeros((5, 5), bool)
    for i, j in np.ndindex(5, 5):
        row = int((edge * (i + 0.5) - 15 + down) // 10)
        column = int((edge * (j + 0.5) - 15 + right) // 10)
        if 0 <= row < clear.shape[0] and 0 <= column < clear.shape[1]:
            expected[i, j] = clear[row, column]
    np.testing.assert_array_equal(mask_at_centres(clear[mapping.window.slices], mapping), expected)


def test_value_at_a_centre_between_zones(make_grid, make_geobox):
    grid = make_grid((64, 64), 20.0, (300000.0, 5300040.0), "EPSG:32634")
    to_native = Transformer.from_crs("EPSG:32633", "EPSG:32634", always_xy=True)
    x, y = to_native.transform(300000.0, 5300040.0, direction="INVERSE")
    clear = np.random.default_rng(1).random((64, 64)) < 0.5
    geobox = make_geobox((40, 40), 20.0, (x - 200, y + 100), "EPSG:32633")
    mapping = map_pixels(geobox, grid)
    found = mask_at_centres(clear[mapping.window.slices], mapping)
    assert found.any()
    for i, j in np.ndindex(40, 40):
        there = to_native.transform(x - 200 + 20 * (j + 0.5), y + 100 - 20 * (i + 0.5))
        column, row = int((there[0] - 300000) // 20), int((5300040 - there[1]) // 20)
        inside = 0 <= row < 64 and 0 <= column < 64
        assert found[i, j] == (inside and clear[row, column])
