"""Granules of one overpass that overlap: one vote, each pixel read once, nothing read for nothing."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as stn
from pyproj import Transformer

from cloudless_mosaic.compositing.pixel_mapping import map_pixels
from cloudless_mosaic.compositing.resampling import needed_samples, resample

CLEAR, CLOUD = 4, 9
ORIGIN = 499980.0, 5300040.0


def ground(value, shape=(64, 64)):
    return np.full(shape, value, np.uint16)


def classes(code=CLEAR, shape=(32, 32)):
    return np.full(shape, code, np.uint8)


def pixels_read(reader, href):
    """How many pixels of a raster were asked for."""
    reads = [read for read in reader.reads if read.href == href]
    return sum(
        read.shape[0] * read.shape[1] if read.target is None else read.target.clear.sum() for read in reads
    )


@pytest.mark.parametrize("resolution", [10.0, 20.0, 40.0])
def test_each_pixel_is_read_from_one_granule(world, make_geobox, resolution):
    world.add(ground(500), classes(), id="a", granule="a")
    world.add(ground(900), classes(), id="b", granule="b", origin=(ORIGIN[0] + 320, ORIGIN[1]))
    reader = world.reader()
    columns = round(96 * 10 / resolution)
    mosaic = world.mosaic(make_geobox((round(640 / resolution), columns), resolution), reader=reader)
    assert (mosaic.count == 1).all()
    assert (mosaic.data[0, :, : columns * 2 // 3] == 500).all()
    assert (mosaic.data[0, :, columns * 2 // 3 :] == 900).all()
    assert pixels_read(reader, "a/red.tif") == 64 * 64
    assert pixels_read(reader, "b/red.tif") == 64 * 32


def test_granule_that_adds_only_the_outside_of_the_swath_is_not_read(world, make_geobox):
    """Neither has data in the east; what the second has, the first has too."""
    scl = classes()
    scl[:, 16:] = 0
    pixels = np.where(scl.repeat(2, 0).repeat(2, 1) == 0, 0, 500).astype(np.uint16)
    world.add(pixels, scl, id="a", granule="a")
    world.add(pixels, scl, id="b", granule="b")
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((64, 64)), reader=reader)
    assert "b/red.tif" not in {read.href for read in reader.reads}
    assert mosaic.used == {"a"}
    assert (mosaic.count[:, :32] == 1).all()


def test_without_a_mask_the_next_granule_is_read_where_pixels_are_left(world, make_geobox):
    half = ground(500)
    half[:, 40:] = 0
    for day in (1, 2):
        world.add(half, id=f"a{day}", granule="a", day=day)
        world.add(ground(900), id=f"b{day}", granule="b", day=day)
        world.add(ground(100), id=f"c{day}", granule="c", day=day)
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((64, 64)), reader=reader, mask="none")
    assert (mosaic.data[0, :, :40] == 500).all()
    assert (mosaic.data[0, :, 40:] == 900).all()
    assert (mosaic.count == 2).all()
    assert pixels_read(reader, "b1/red.tif") == 64 * 24
    assert {read.href[0] for read in reader.reads} == {"a", "b"}


def test_without_a_mask_a_granule_that_fails_leaves_its_pixels_to_the_next(world, make_geobox):
    world.add(ground(500), id="a", granule="a")
    world.add(ground(900), id="b", granule="b")
    world.failing.add("a/red.tif")
    mosaic = world.mosaic(make_geobox((64, 64)), mask="none")
    assert (mosaic.data == 900).all()
    assert [lost.scene_id for lost in mosaic.lost] == ["a"]


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:32634"])
def test_overpass_in_two_zones_is_one_vote(world, make_geobox, crs):
    """The next zone sees the same ground; its granule is turned by some degrees."""
    size = 200
    x, y = Transformer.from_crs("EPSG:32633", "EPSG:32634", always_xy=True).transform(*ORIGIN)
    for day in (1, 2, 3):
        world.add(
            ground(day * 100, (size, size)),
            classes(shape=(size // 2,) * 2),
            id=f"w{day}",
            granule="w",
            day=day,
        )
        world.add(
            ground(day * 100, (size, size)),
            classes(shape=(size // 2,) * 2),
            id=f"e{day}",
            granule="e",
            day=day,
            origin=(np.floor(x / 20) * 20 + 1000, np.ceil(y / 20) * 20),
            crs="EPSG:32634",
        )
    reader = world.reader()
    corner = ORIGIN if crs == "EPSG:32633" else (np.floor(x / 10) * 10, np.ceil(y / 10) * 10)
    mosaic = world.mosaic(make_geobox((150, 280), 10.0, corner, crs), reader=reader)
    assert mosaic.count.max() == 3
    assert mosaic.count[30:130, 20:260].min() == 3
    assert set(np.unique(mosaic.data)) <= {0, 200}
    assert pixels_read(reader, "e1/red.tif") < 0.75 * size * size


@given(
    stn.arrays(np.uint16, (12, 12), elements=st.integers(0, 65535)),
    st.sampled_from([5.0, 7.0, 10.0, 20.0, 25.0]),
    st.sampled_from([0.0, 3.0, 10.0]),
    stn.arrays(bool, (9, 9)),
    st.sampled_from(["EPSG:32633", "EPSG:32634"]),
)
def test_what_no_wanted_pixel_needs_is_not_needed(make_grid, make_geobox, samples, edge, shift, wanted, crs):
    """Wanted pixels come out the same when nothing else is read; nothing more is marked than has weight."""
    grid = make_grid((12, 12), 10.0, ORIGIN)
    x, y = Transformer.from_crs("EPSG:32633", crs, always_xy=True).transform(*ORIGIN)
    mapping = map_pixels(make_geobox((9, 9), edge, (x - shift, y + shift), crs), grid)
    if mapping is None:
        return
    window = samples[mapping.window.slices]
    needed = needed_samples(wanted, mapping)
    whole, part = resample(window, mapping), resample(np.where(needed, window, np.uint16(0)), mapping)
    np.testing.assert_array_equal(whole[wanted], part[wanted])
    if not wanted.any():
        assert not needed.any()


def test_granule_order_is_the_same_whatever_is_read_first(world, make_geobox):
    """The first granule by time and id has the pixel, in every block."""
    world.add(ground(900), classes(), id="b", granule="b")
    world.add(ground(500), classes(), id="a", granule="a")
    world.scenes.reverse()
    assert (world.mosaic(make_geobox((64, 64))).data == 500).all()
    world.scenes[0] = replace(world.scenes[0], id="z")
    assert (world.mosaic(make_geobox((64, 64))).data == 900).all()
