import numpy as np
import pytest

from cloudless_mosaic.compositing.pixel_mapping import Window, map_pixels, pixel_size, read_level

LEVELS = [10, 20, 40, 80, 160]


@pytest.mark.parametrize("shift", [(640.0, 0.0), (-640.0, 0.0), (0.0, 640.0), (0.0, -640.0)])
def test_block_beside_the_source_does_not_meet_it(make_grid, make_geobox, shift):
    origin = 499980.0 + shift[0], 5300040.0 + shift[1]
    assert map_pixels(make_geobox((64, 64), origin=origin), make_grid((64, 64))) is None


def test_block_at_the_other_side_of_the_earth_does_not_meet_the_source(make_grid, make_geobox):
    """The plane around the north pole ends at the equator; everything beyond is infinitely far away."""
    plane = "+proj=gnom +lat_0=90 +lon_0=0 +datum=WGS84"
    south = make_grid((64, 64), 10.0, (500000.0, 6000000.0), "EPSG:32733")
    north = make_grid((64, 64), 10.0, (500000.0, 9000000.0), "EPSG:32633")
    assert map_pixels(make_geobox((8, 8), 100.0, (0.0, 0.0), plane), south) is None
    beyond = make_geobox((2, 2), 1e9, (1e15, 1e15), plane)
    assert map_pixels(beyond, north) is None


@pytest.mark.parametrize(
    ("resolution", "level"),
    [
        (5, 0),
        (10, 0),
        (19, 0),
        (20, 0),
        (39, 0),
        (40, 1),
        (60, 1),
        (80, 2),
        (100, 2),
        (160, 3),
        (320, 4),
        (5000, 4),
    ],
)
def test_level_is_the_coarsest_that_is_twice_finer(make_grid, make_geobox, resolution, level):
    levels = tuple(make_grid((16 * 64 * 10 // edge,) * 2, edge) for edge in LEVELS)
    assert read_level(levels, make_geobox((2, 2), resolution), exact=False) == level
    assert read_level(levels, make_geobox((2, 2), resolution), exact=True) == 0


def test_overview_of_odd_size_is_fine_enough(make_grid, make_geobox):
    levels = make_grid((10980, 10980), 10), make_grid((1373, 1373), 109800 / 1373)
    assert read_level(levels, make_geobox((2, 2), 160), exact=False) == 1


def test_next_zone_reads_the_same_level(make_grid, make_geobox):
    """A metre of one zone is 0.9996 to 1.001 metres of the next."""
    for x in (250000.0, 499980.0, 700020.0):
        levels = tuple(
            make_grid((10980 * 10 // edge,) * 2, edge, (x, 5300040.0), "EPSG:32634") for edge in LEVELS
        )
        for resolution, level in ((20, 0), (40, 1), (80, 2), (160, 3)):
            assert read_level(levels, make_geobox((2, 2), resolution), exact=False) == level


def test_pixel_in_degrees_is_measured_on_both_axes(make_grid, make_geobox):
    grid = make_grid((10980, 10980), 10.0, (499980.0, 6700020.0))
    width, height = pixel_size(make_geobox((2, 2), 0.001, (15.0, 60.4), "EPSG:4326"), grid)
    assert height == pytest.approx(111.4, rel=2e-3)
    assert width == pytest.approx(111.3 * np.cos(np.radians(59.95)), rel=5e-3)


def test_web_mercator_pixel_is_smaller_on_the_ground(make_grid, make_geobox):
    grid = make_grid((10980, 10980), 10.0, (499980.0, 6700020.0))
    size = pixel_size(make_geobox((2, 2), 80.0, (1.67e6, 8.4e6), "EPSG:3857"), grid)
    assert size == pytest.approx((40.1, 40.1), rel=5e-3)


def test_window_grows_inside_its_grid():
    window = Window(3, 10, (4, 5))
    assert window.grown(2, (100, 100)) == Window(1, 8, (8, 9))
    assert window.grown(5, (9, 12)) == Window(0, 5, (9, 7))
    assert window.grown(0, (100, 100)) == window
