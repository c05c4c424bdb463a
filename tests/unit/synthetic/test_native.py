"""The compiled loops against plain Python, bit for bit."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import archive_loops as oracle
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic import weather as weather_module
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.ground import Ground, make_ground
from cloudless_mosaic.synthetic.native import ffi, lib, pointer
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.sensor import _EFFECTS, _TWO_BYTES, Response, classify, measure
from cloudless_mosaic.synthetic.surface import SPECTRAL_BANDS, Season, clear_reflectance
from cloudless_mosaic.synthetic.weather import Weather
from cloudless_mosaic.synthetic.world import AROUND, pixel_grid, world_lattice

SHAPE = (24, 30)
SEASON = Season.of(date(2020, 12, 2))


def rows_of(grid, extra=0):
    """World positions of the centres of pixels, those beyond the edges too, by row and column."""
    left, bottom, right, top = grid.bounds
    pixel = grid.resolution
    lattice = world_lattice(grid.crs, (left, bottom - pixel, right + pixel, top))
    rows, columns = (length + extra for length in grid.shape)
    return [
        [
            oracle.locate(lattice, left + (column + 0.5) * pixel, top - (row + 0.5) * pixel)
            for column in range(columns)
        ]
        for row in range(rows)
    ]


def random_layers(shape, **most):
    chance = np.random.default_rng(5)
    return [chance.integers(0, highest, shape, np.uint8, endpoint=True) for highest in most.values()]


@pytest.fixture
def land():
    return Ground(*random_layers(SHAPE, cover=11, light=60, height=255))


@pytest.fixture
def sky():
    layers = random_layers(
        (SHAPE[0] // 2, SHAPE[1] // 2), cloud=18, shadow=18, cirrus=16, haze=16, seen=3, some=2
    )
    *veils, seen, some = layers
    cloud, *others = (veil * (some == 0) for veil in veils)
    return Weather(np.maximum(cloud, some == 1), *others, seen > 0)


positions = st.tuples(st.floats(-AROUND, AROUND), st.floats(-AROUND / 3, AROUND / 3))


@given(
    positions, st.tuples(st.floats(-300, 300), st.floats(-300, 300)), st.integers(4, 16), st.integers(4, 16)
)
def test_noise(position, step, u_bits, v_bits):
    u, v = (start + length * np.arange(40) for start, length in zip(position, step, strict=True))
    out = np.full(40, 0.25)
    row = [pointer(values, np.float64, (40,)) for values in (u, v, out)]
    lib.add_smooth(7, row[0], row[1], 40, u_bits, v_bits, 0.5, row[2])
    for place, value in enumerate(out):
        # next to an edge a row stays in its cell as long as rounding lets it, where the noise is continuous
        expected = 0.25 + 0.5 * oracle.smooth(7, u[place], v[place], u_bits, v_bits)
        assert value == expected or value == pytest.approx(expected, abs=1e-12)


def test_noise_away_from_the_edges_of_cells_is_equal_bit_for_bit():
    u, v = 3.7 * np.arange(2000.0) - 2500.3, 1.3 * np.arange(2000.0) - 900.7
    out = np.zeros(2000)
    lib.fill_fractal(
        2**55 + 1,
        *(pointer(a, np.float64, (2000,)) for a in (u, v)),
        2000,
        10,
        4,
        ffi.from_buffer("double[]", out),
    )
    expected = [oracle.fractal(2**55 + 1, east, north, 10, 4) for east, north in zip(u, v, strict=True)]
    np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize(
    ("crs", "left", "top"), [("EPSG:32610", 551_180.0, 5_289_800.0), ("EPSG:32701", 99_960.0, 8_128_330.0)]
)
def test_positions(crs, left, top):
    grid = SourceGrid(crs, (10.0, 0.0, left, 0.0, -10.0, top), (3, 200))
    lattice = world_lattice(crs, grid.bounds)
    u, v = np.empty((2, 200))
    for row, expected in enumerate(rows_of(grid)):
        lib.locate_row(
            pixel_grid(lattice, (left, top, 10.0), grid.shape),
            row + 0.5,
            200,
            *(pointer(values, np.float64, (200,)) for values in (u, v)),
        )
        assert list(zip(u, v, strict=True)) == expected


@pytest.mark.parametrize(
    ("pixel", "left", "top"),
    [(10.0, 554_340.0, 5_288_570.0), (170.0, 540_000.0, 5_290_000.0), (900.0, 520_000.0, 5_280_000.0)],
)
def test_land(pixel, left, top, pool):
    grid = SourceGrid("EPSG:32610", (pixel, 0.0, left, 0.0, -pixel, top), SHAPE)
    made = make_ground(9, grid, pool)
    places = rows_of(grid, 1)
    seed = derive_seed(9, "ground")
    for row, column in np.ndindex(SHAPE):
        around = places[row][column], places[row][column + 1], places[row + 1][column]
        assert tuple(int(layer[row, column]) for layer in made) == oracle.ground(seed, *around, pixel)


def test_land_of_every_kind_was_compared(pool):
    grid = SourceGrid("EPSG:32610", (170.0, 0.0, 520_000.0, 0.0, -170.0, 5_290_000.0), (130, 130))
    made = make_ground(9, grid, pool)
    places = rows_of(grid, 1)
    seed = derive_seed(9, "ground")
    for cover in range(12):
        found = np.argwhere(made.cover == cover)
        assert len(found) > 0, cover
        for row, column in found[:20]:
            around = places[row][column], places[row][column + 1], places[row + 1][column]
            assert tuple(int(layer[row, column]) for layer in made) == oracle.ground(seed, *around, 170.0)


@pytest.mark.parametrize(
    "thresholds", [(0.1, 0.05, 0.0), (-math.inf, -math.inf, -math.inf), (math.inf, 0.0, math.inf)]
)
@pytest.mark.parametrize("edge", [(0.0, 0.0), (-AROUND * 0.9, 7_500_000.0)])
def test_sky(thresholds, edge):
    grid = SourceGrid("EPSG:32610", (400.0, 0.0, 520_000.0, 0.0, -400.0, 5_280_000.0), SHAPE)
    left, _, _, top = grid.bounds
    made = Weather(*np.zeros((4, *SHAPE), np.uint8), np.zeros(SHAPE, np.bool_))
    conditions = weather_module._Conditions(*thresholds, edge, (0.6, -0.8))
    weather_module._sky(11, world_lattice(grid.crs, grid.bounds), (left, top, 400.0), conditions, made)
    for row, places in enumerate(rows_of(grid)):
        for column, place in enumerate(places):
            layers = (made.cloud, made.cirrus, made.haze, made.seen)
            expected = oracle.sky(11, *place, *thresholds, edge, (0.6, -0.8))
            assert tuple(layer[row, column] for layer in layers) == expected
    assert not made.shadow.any()


def test_perfect_sensor(land):
    made = clear_reflectance(land, SEASON, "B08")
    for place in np.ndindex(SHAPE):
        pixel = [int(layer[place]) for layer in land]
        reflectance = SEASON.spectra[oracle.dressed(*pixel, SEASON.snow_line), SPECTRAL_BANDS.index("B08")]
        assert made[place] == max(1, math.floor(oracle.lit(reflectance, pixel[1]) + 0.5))


def test_scene_classification(land, sky, pool):
    made = classify(land, SEASON, sky, pool)
    for row, column in np.ndindex(made.shape):
        four = [(2 * row + i, 2 * column + j) for i in (0, 1) for j in (0, 1)]
        pixels = [tuple(int(layer[place]) for layer in land) for place in four]
        above = [int(layer[row, column]) for layer in (sky.cloud, sky.shadow, sky.cirrus, sky.seen)]
        left_open = (7 * row + 3 * column) % 11 < 4
        assert made[row, column] == oracle.scene_class(pixels, SEASON.snow_line, *above, left_open=left_open)
    assert set(np.unique(made)) >= {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}


@pytest.mark.parametrize("bands", [SPECTRAL_BANDS, ("B12", "B02", "B8A")])
def test_sensor(bands, land, sky, pool):
    response = Response.of(9, CLEAR_AUTUMN[0], 30.0)
    grid = SourceGrid("EPSG:32610", (10.0, 0.0, 554_340.0, 0.0, -10.0, 5_288_570.0), SHAPE)
    made = measure(land, SEASON, sky, response, bands=bands, grid=grid, pool=pool)
    additions = response.additions(55_434, SHAPE[1])
    for index, row, column in np.ndindex(made.shape):
        band = SPECTRAL_BANDS.index(bands[index])
        cover, light, height = (int(layer[row, column]) for layer in land)
        above = [int(layer[row // 2, column // 2]) for layer in sky]
        value = oracle.lit(
            SEASON.spectra[oracle.dressed(cover, light, height, SEASON.snow_line), band], light
        )
        if any(above[:4]):
            value = oracle.through(value, above[:4], *_EFFECTS[:, band])
        value = value * float(response.gain[band]) + float(additions[band, column])
        noise = 30.0 / _TWO_BYTES * oracle.grain(response.seed, band, 55_434 + column, 528_857 - row)
        number = max(1, math.floor(value + noise + 0.5) + response.offset)
        assert made[index, row, column] == (number if above[4] else 0)


@pytest.mark.parametrize(
    ("array", "dtype", "shape"),
    [
        (np.zeros((2, 3), np.uint8), np.uint16, (2, 3)),
        (np.zeros((2, 3), np.uint8), np.uint8, (3, 2)),
        (np.zeros((3, 2), np.uint8).T, np.uint8, (2, 3)),
        (np.zeros((2, 6), np.uint8)[:, ::2], np.uint8, (2, 3)),
    ],
)
def test_an_array_that_does_not_fit_is_refused(array, dtype, shape):
    with pytest.raises(ValueError, match=r"was given uint8 of shape .* are wanted"):
        pointer(array, dtype, shape)


@pytest.mark.parametrize("shift", [(-20.0, 0.0), (640.0, 0.0), (0.0, 640.0), (0.0, -20.0)])
def test_pixels_beyond_a_lattice_are_refused(shift):
    lattice = world_lattice("EPSG:32610", (640_000.0, 5_120_000.0, 640_630.0, 5_120_630.0))
    pixel_grid(lattice, (640_000.0, 5_120_630.0, 10.0), (63, 63))
    with pytest.raises(ValueError, match="reach beyond a lattice of"):
        pixel_grid(lattice, (640_000.0 + shift[0], 5_120_630.0 + shift[1], 10.0), (63, 63))
