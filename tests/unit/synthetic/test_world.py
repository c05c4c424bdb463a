import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from archive_loops import cell_hash, mix, share
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.ground import make_ground
from cloudless_mosaic.synthetic.native import lib, pointer
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.world import (
    AROUND,
    geographic_position,
    pixel_grid,
    world_lattice,
    world_position,
)


def add_smooth(u, v, bits, height, out):
    row = (pointer(values, np.float64, out.shape) for values in (u, v))
    lib.add_smooth(7, *row, out.size, bits, bits, height, pointer(out, np.float64, out.shape))


def locate(lattice, x, y):
    u, v = np.empty((2, 1))
    row = (pointer(values, np.float64, (1,)) for values in (u, v))
    lib.locate_row(pixel_grid(lattice, (x - 5.0, y + 5.0, 10.0), (1, 1)), 0.5, 1, *row)
    return u[0], v[0]


def smooth(u, v, bits):
    """Smooth noise at single places, or at one."""
    out = np.zeros(np.size(u))
    for place, (east, north) in enumerate(zip(np.ravel(u), np.ravel(v), strict=True)):
        add_smooth(np.array([east]), np.array([north]), bits, 1.0, out[place : place + 1])
    return out.reshape(np.shape(u))


positions = st.tuples(st.floats(-AROUND, AROUND), st.floats(-AROUND / 3, AROUND / 3))


@given(st.floats(-180, 180), st.floats(-84, 84))
def test_world_position_is_undone(longitude, latitude):
    assert geographic_position(*world_position(longitude, latitude)) == pytest.approx((longitude, latitude))


@given(st.floats(0, 109_800), st.floats(0, 109_800))
def test_lattice_follows_the_projection_within_two_centimetres(x, y):
    x, y = 499_980 + x, 5_190_240 + y
    lattice = world_lattice("EPSG:32610", (499_980, 5_190_240, 609_780, 5_300_040))
    exact = world_position(*Transformer.from_crs("EPSG:32610", "EPSG:4326", always_xy=True).transform(x, y))
    assert math.dist(locate(lattice, x, y), exact) < 0.025  # world units; 0.8 m each here


def test_positions_do_not_depend_on_the_window():
    wide = world_lattice("EPSG:32610", (499_980, 5_190_240, 609_780, 5_300_040))
    narrow = world_lattice("EPSG:32610", (600_000, 5_200_000, 601_000, 5_201_000))
    for x, y in ((600_005.0, 5_200_005.0), (600_995.0, 5_200_995.0)):
        assert locate(wide, x, y) == locate(narrow, x, y)


@given(positions, st.tuples(st.floats(-300, 300), st.floats(-300, 300)), st.integers(4, 16))
def test_noise_of_a_row_is_that_of_its_places(position, step, bits):
    u, v = (start + length * np.arange(60) for start, length in zip(position, step, strict=True))
    out = np.full(60, 0.25)
    add_smooth(u, v, bits, 0.5, out)
    np.testing.assert_array_equal(out, 0.25 + 0.5 * smooth(u, v, bits))


def test_noise_ends_just_outside_of_a_cell():
    u = np.array([-1e-300, 0.0, -1e-300])
    out = np.zeros(3)
    add_smooth(u, u, 10, 1.0, out)  # minus next to nothing is in the cell before, and 1 from its edge
    np.testing.assert_array_equal(out, smooth(u, u, 10))
    assert np.isfinite(out).all()


@given(positions, st.integers(4, 16))
def test_noise_closes_on_itself_round_the_globe(position, bits):
    u, v = (math.floor(value) + 0.5 for value in position)
    assert smooth(u, v, bits) == pytest.approx(smooth(u + AROUND, v, bits), abs=1e-9)
    assert cell_hash(7, u, v, bits) == cell_hash(7, u + AROUND, v, bits)


@given(positions)
def test_noise_is_continuous_and_bounded(position):
    u, v = position
    here = smooth(u, v, 10)
    assert abs(here) < 1
    assert abs(smooth(u + 0.1, v, 10) - here) < 0.001
    assert abs(smooth(u, v + 0.1, 10) - here) < 0.001


def test_noise_is_spread_as_the_thresholds_of_the_weather_expect():
    places = np.random.default_rng(0).uniform(0, AROUND, (20_000, 2))
    values = np.empty(len(places))
    u, v = (pointer(row.copy(), np.float64, values.shape) for row in places.T)
    lib.fill_fractal(7, u, v, values.size, 13, 4, pointer(values, np.float64, values.shape))
    assert values.mean() == pytest.approx(0, abs=0.01)
    assert values.std() == pytest.approx(0.205, abs=0.01)


def test_hash_shares_are_even():
    shares = np.array(
        [[share(mix(7, i, j), part) for part in range(4)] for i in range(60) for j in range(60)]
    )
    assert shares.min() >= 0
    assert shares.max() < 1
    assert np.allclose(shares.mean(axis=0), 0.5, atol=0.02)
    assert np.abs(np.corrcoef(shares.T) - np.eye(4)).max() < 0.06


def test_seeds_are_stable_over_versions_and_machines():
    assert derive_seed(9, "ground") == 68_326_999_373_350_461
    assert derive_seed(9, "sky", "a") != derive_seed(9, "sky", "b")


@pytest.mark.parametrize(
    ("crs", "other", "longitude", "latitude"),
    [
        ("EPSG:32610", "EPSG:32611", -120.0, 47.7),
        ("EPSG:32632", "EPSG:32633", 12.0, 47.0),
        ("EPSG:32760", "EPSG:32701", 180.0, -17.2),
    ],
)
def test_zones_see_the_same_land(crs, other, longitude, latitude, pool):
    size = 400
    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    x, y = (round(value, -1) for value in transformer.transform(longitude, latitude))
    grid = SourceGrid(crs, (10.0, 0.0, x - 2000, 0.0, -10.0, y + 2000), (size, size))
    ground = make_ground(9, grid, pool)
    across = Transformer.from_crs(crs, other, always_xy=True)
    there_x, there_y = across.transform(x, y)
    reach = 2400
    left, top = round(there_x, -1) - reach, round(there_y, -1) + reach
    there = make_ground(9, SourceGrid(other, (10.0, 0.0, left, 0.0, -10.0, top), (480, 480)), pool)
    rows, columns = np.mgrid[:size, :size]
    xs, ys = across.transform(x - 2000 + 10 * columns + 5, y + 2000 - 10 * rows - 5)
    nearest = there.cover[((top - ys) // 10).astype(int), ((xs - left) // 10).astype(int)]
    assert len(np.unique(ground.cover)) > 1
    assert (nearest == ground.cover).mean() > 0.97
