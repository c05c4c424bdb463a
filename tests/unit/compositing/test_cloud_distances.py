"""Distances to clouds on their way to the best available pixel."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.geo.blocks import Blocks

CLEAR, CLOUD = 4, 9
BANDS = ("blue", "red", "nir")
OPTIONS = {"bands": BANDS, "reducer": "best:2023-08-07", "mask": "scl", "cloud_dilation": 0.0}
WIDTH = 400
"""Pixels of 20 m: 8 km, more than the 3 km that a cloud is seen from."""


def scene(world, value, cloudy_columns, **fields):
    scl = np.full((8, WIDTH), CLEAR, np.uint8)
    scl[:, cloudy_columns] = CLOUD
    pixels = np.full((16, 2 * WIDTH), value, np.uint16)
    world.add(dict.fromkeys(BANDS, pixels), scl, **fields)


@pytest.fixture
def two_days(world):
    """As near to the seventh as one another; the first is cloudy in the west, the other in the east."""
    scene(world, 1000, slice(0, 100), id="first", day=6)
    scene(world, 1001, slice(300, 400), id="second", day=8)
    return world


def test_the_observation_farther_from_cloud_is_the_best(two_days, make_geobox):
    data = two_days.mosaic(make_geobox((16, 2 * WIDTH)), **OPTIONS).data[0]
    # from cloud to cloud there are 200 columns; in the middle both are as far, and the earlier is taken
    assert (data[:, :396] == 1001).all()
    assert (data[:, 404:] == 1000).all()


def test_a_mask_without_clouds_leaves_the_other_scores(two_days, make_geobox):
    mosaic = two_days.mosaic(make_geobox((16, 2 * WIDTH)), **{**OPTIONS, "mask": "none"})
    assert (mosaic.data[0] == 1000).all()


@pytest.mark.slow
@settings(max_examples=15)
@given(data=st.data())
def test_distances_do_not_depend_on_blocks(make_world, make_geobox, data):
    world, rng = make_world(), np.random.default_rng(data.draw(st.integers(0, 99)))
    for day in (6, 7, 8):
        scl = np.where(rng.random((40, WIDTH)) < 0.0005, CLOUD, CLEAR).astype(np.uint8)
        world.add(dict.fromkeys(BANDS, np.full((80, 2 * WIDTH), 1000 + day, np.uint16)), scl, day=day)
    resolution = data.draw(st.sampled_from([10.0, 20.0, 60.0]))
    geobox = make_geobox((int(800 // resolution), int(8000 // resolution)), resolution)
    cuts = data.draw(st.lists(st.integers(1, geobox.shape[1] - 1), max_size=3, unique=True).map(sorted))
    blocks = Blocks((0, geobox.shape[0]), (0, *cuts, geobox.shape[1]))
    cut, whole = (world.mosaic(geobox, one, **OPTIONS) for one in (blocks, None))
    np.testing.assert_array_equal(cut.data, whole.data)


def test_granules_of_an_observation_bring_distances_of_their_own(world, make_geobox):
    """The eastern granule of the first day is cloudy from column 100 of its own, beside the western one."""
    scene(world, 1000, slice(0, 0), id="west", day=6, granule="west", overpass="a")
    origin = 499980.0 + 20 * WIDTH, 5300040.0
    scene(world, 1000, slice(100, 400), id="east", day=6, granule="east", overpass="a", origin=origin)
    for name, where in (("west 2", 499980.0), ("east 2", origin[0])):
        scene(
            world,
            1001,
            slice(395, 400) if name == "west 2" else slice(0, 0),
            id=name,
            day=8,
            granule=name,
            overpass="b",
            origin=(where, 5300040.0),
        )
    data = world.mosaic(make_geobox((16, 4 * WIDTH)), **OPTIONS).data[0]
    assert (data[:, : 2 * WIDTH] == 1000).all()
    near = slice(2 * WIDTH + 2, 2 * WIDTH + 200)
    assert (data[:, near] == 1001).all()
