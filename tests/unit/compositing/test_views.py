"""Angles of the view on their way to the best available pixel."""

import numpy as np
import pytest

from cloudless_mosaic.geo.blocks import Blocks

BANDS = ("blue", "red", "nir")
EDGE = 40
EAST = 499980.0 + 10 * EDGE, 5300040.0


def scene(world, value, day, view, **fields):
    pixels = np.full((EDGE, EDGE), value, np.uint16)
    fields.setdefault("id", f"day {day}")
    world.add(dict.fromkeys(BANDS, pixels), day=day, view=view, **fields)


@pytest.fixture
def best(make_geobox):
    """The mosaic of two granules beside each other, by days that are as near as one another."""

    def best(world, blocks=None):
        options = {"bands": BANDS, "reducer": "best:2023-08-07", "mask": "none"}
        return world.mosaic(make_geobox((EDGE, 2 * EDGE), 10.0), blocks, **options).data[0]

    return best


@pytest.mark.parametrize(
    ("first", "second", "taken"),
    [
        (9.0, 3.0, 1001),
        (3.0, 9.0, 1000),
        (3.0, 3.0, 1000),
        (None, None, 1000),
        (None, 3.0, 1001),
        (9.0, None, 1001),
    ],
)
def test_the_observation_from_above_is_the_best(world, best, first, second, taken):
    scene(world, 1000, 6, first)
    scene(world, 1001, 8, second)
    assert (best(world)[:, :EDGE] == taken).all()


def test_a_granule_of_an_overpass_has_its_own_view_wherever_blocks_are_cut(world, best):
    for day, overpass, views in ((6, "a", (9.0, 3.0)), (8, "b", (3.0, 9.0))):
        for name, view, origin in zip("we", views, ((499980.0, 5300040.0), EAST), strict=True):
            own = {"id": f"{name} {day}", "granule": name, "overpass": overpass, "origin": origin}
            scene(world, 994 + day, day, view, **own)
    whole = best(world)
    assert (whole[:, :EDGE] == 1002).all()
    assert (whole[:, EDGE:] == 1000).all()
    for cuts in ((0, EDGE, 2 * EDGE), (0, 7, EDGE + 5, 2 * EDGE)):
        np.testing.assert_array_equal(best(world, Blocks((0, EDGE), cuts)), whole)
