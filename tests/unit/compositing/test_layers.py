"""Layers of a block: where its pixels come from, and why others have nothing."""

from collections import Counter
from datetime import date

import numpy as np
import pytest

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.layers import LAYERS
from cloudless_mosaic.reducers import parse_reducer
from reducer_oracles import ORACLES

CLEAR, CLOUD = 4, 9
ORIGIN = 499980.0, 5300040.0


def ground(value, shape=(64, 64)):
    return np.full(shape, value, np.uint16)


def layers_of(world, make_geobox, *names, **options):
    (composite,) = world.mosaic(make_geobox((64, 96)), layers=names, **options).composites
    return composite.layers


@pytest.fixture
def cloudy(world):
    """Clear in the west, cloud in the middle, nothing in the east third."""
    scl = np.full((32, 32), CLEAR, np.uint8)
    scl[:, 16:] = CLOUD
    world.add(ground(500), scl, id="first", day=5)
    return world


def test_flags_say_why_a_pixel_has_nothing(cloudy, make_geobox):
    flags = layers_of(cloudy, make_geobox, "flags")["flags"]
    assert flags.dtype == np.uint8
    assert (flags[0, :, :32] == 0).all()
    assert (flags[0, :, 32:64] == 2).all()
    assert (flags[0, :, 64:] == 1).all()


@pytest.mark.parametrize("failing", ["scl", "red"])
def test_pixels_under_a_lost_scene_may_have_been_clear(cloudy, make_geobox, failing):
    origin = ORIGIN[0] + 320, ORIGIN[1]
    cloudy.add(ground(700), np.full((32, 32), CLEAR), id="second", day=9, origin=origin)
    cloudy.failing.add(f"second/{failing}.tif")
    flags = layers_of(cloudy, make_geobox, "flags")["flags"]
    assert (flags[0, :, :32] == 0).all()
    assert (flags[0, :, 32:] == 3).all()


def test_the_mask_says_which_steps_took_something_out(world, make_geobox):
    """Cloud on one date in the middle, rows of haze on another, of shadow on a third."""
    scl = np.full((32, 32), CLEAR, np.uint8)
    scl[:, 20:] = CLOUD
    plain = {"blue": 500, "red": 600, "nir": 3000}
    hazy, shady = (np.zeros((64, 64), bool) for _ in range(2))
    hazy[:20], shady[20:30] = True, True
    world.add({band: ground(value) for band, value in plain.items()}, scl, id="cloudy", day=1)
    classes = np.full((32, 32), CLEAR, np.uint8)
    haze = {band: np.where(hazy, value + 500, value).astype(np.uint16) for band, value in plain.items()}
    world.add(haze, classes, id="hazy", day=6)
    shade = {band: np.where(shady, value // 2, value).astype(np.uint16) for band, value in plain.items()}
    world.add(shade, classes, id="shady", day=11)
    options = {"bands": ("red",), "mask": "multidate", "cloud_dilation": 0, "mask_options": {"far": "0"}}
    mask = layers_of(world, make_geobox, "mask", **options)["mask"][0]
    expected = np.full((64, 96), 255)
    expected[:, :64] = 2 * hazy + 4 * shady
    expected[:, 40:64] += 1
    np.testing.assert_array_equal(mask, expected)


@pytest.mark.parametrize("mask", ["scl", "none"])
def test_without_comparing_dates_the_mask_has_classes_at_most(cloudy, make_geobox, mask):
    found = layers_of(cloudy, make_geobox, "mask", mask=mask, cloud_dilation=0)["mask"][0]
    assert (found[:, :32] == 0).all()
    assert (found[:, 32:64] == (mask == "scl")).all()
    assert (found[:, 64:] == 255).all()


def test_granules_of_one_overpass_are_told_apart(world, make_geobox):
    classes = np.full((32, 32), CLEAR, np.uint8)
    world.add(ground(500), classes, id="a", granule="a")
    world.add(ground(900), classes, id="b", granule="b", origin=(ORIGIN[0] + 320, ORIGIN[1]))
    mosaic = world.mosaic(make_geobox((64, 96)), layers=("source", "date", "age"))
    (composite,) = mosaic.composites
    source, days, age = (composite.layers[name][0] for name in ("source", "date", "age"))
    assert (source[:, :64] == 1).all()
    assert (source[:, 64:] == 2).all()
    assert set(days.ravel()) == {(date(2023, 8, 1) - date(1970, 1, 1)).days}
    assert set(age.ravel()) == {-15}
    assert dict(composite.scene_pixels) == {"a": 64 * 64, "b": 64 * 32}


def test_a_mixed_pixel_is_from_the_observation_nearest_to_it(world, make_geobox):
    for name, day, value in (("a", 1, 500), ("b", 6, 520), ("c", 11, 900)):
        world.add(ground(value), np.full((32, 32), CLEAR), id=name, day=day)
    layers = layers_of(world, make_geobox, "source", "spread")
    assert (layers["source"][0, :, :64] == 2).all()
    assert (layers["source"][0, :, 64:] == 0).all()
    assert (layers["spread"][0, :, :64] == 20).all()
    assert np.isnan(layers["spread"][0, :, 64:]).all()


def test_scenes_that_were_not_chosen_are_not_used(world, make_geobox):
    for name, day in (("a", 1), ("b", 15)):
        world.add(ground(500), np.full((32, 32), CLEAR), id=name, day=day)
    mosaic = world.mosaic(make_geobox((64, 64)), reducer="nearest")
    assert mosaic.used == {"b"}


def index_of(world, make_geobox, **options):
    options = {"bands": ("red", "nir"), "indices": ("NDVI",), **options}
    (composite,) = world.mosaic(make_geobox((64, 64)), **options).composites
    return composite.layers["NDVI"][0]


@pytest.fixture
def green(world):
    """Three dates whose indices have another median than the index of the median bands."""
    for day, (red, nir) in enumerate(((1000, 3000), (2000, 5000), (4000, 4000)), 5):
        world.add({"red": ground(red), "nir": ground(nir)}, id=f"day {day}", day=day)
    return world


def test_an_index_of_the_composite_is_of_its_bands(green, make_geobox):
    assert (index_of(green, make_geobox, mask="none") == np.float32(2000 / 6000)).all()


def test_an_index_of_the_dates_is_reduced_like_the_bands(green, make_geobox):
    options = {"mask": "none", "index_of": "dates"}
    dates = np.array([2000 / 4000, 3000 / 7000, 0], np.float32)
    assert (index_of(green, make_geobox, **options) == dates[1]).all()
    mean = index_of(green, make_geobox, reducer="mean", **options)
    np.testing.assert_allclose(mean, dates.mean(), rtol=1e-6)


def test_a_chosen_observation_has_one_index(green, make_geobox):
    for index_kind in ("composite", "dates"):
        index = index_of(green, make_geobox, mask="none", reducer="max:NDVI", index_of=index_kind)
        assert (index == np.float32(0.5)).all()


@pytest.mark.parametrize("index_kind", ["composite", "dates"])
def test_an_index_is_nan_where_nothing_is_clear(cloudy, make_geobox, index_kind):
    cloudy.add({"red": ground(1000), "nir": ground(3000)}, np.full((32, 32), CLOUD, np.uint8), day=9)
    cloudy.scenes.pop(0)
    assert np.isnan(index_of(cloudy, make_geobox, index_of=index_kind)).all()


def passes(world, shape):
    """Five overpasses, each seen by two granules that overlap, with clouds, shadows and missing parts."""
    rng = np.random.default_rng(5)
    for day in range(1, 10, 2):
        for granule, east in (("west", 0.0), ("east", 10.0 * (shape[1] // 2))):
            bands = {band: rng.integers(1, 9000, shape, np.uint16) for band in ("red", "nir", "blue")}
            scl = np.full((shape[0] // 2, shape[1] // 2), CLEAR)
            for code in (0, 3, 7, 8, 9, 9):
                row, column = (rng.integers(0, length) for length in scl.shape)
                scl[row : row + 9, column : column + 9] = code
            world.add(
                bands,
                scl,
                id=f"{day} {granule}",
                day=day,
                granule=granule,
                origin=(ORIGIN[0] + east, ORIGIN[1]),
                view=float(rng.integers(2, 9)),
            )


def layers_for(reducer):
    """All layers that a reducer can have."""
    for name, layer in LAYERS.items():
        try:
            layer.check(parse_reducer(reducer))
        except UsageError:
            continue
        yield name


REDUCTIONS = [
    *((text, "composite") for text in ORACLES),
    *((text, "dates") for text in ("median", "percentile:25", "mean")),
]


@pytest.mark.slow
@pytest.mark.parametrize(("reducer", "index_of"), REDUCTIONS)
def test_layers_are_the_same_wherever_blocks_are_cut(world, make_geobox, reducer, index_of):
    shape = 80, 72
    passes(world, shape)
    layers = tuple(layers_for(reducer))
    assert set(layers) >= {"date", "age", "source", "flags", "mask"}
    options = {"bands": ("red", "nir", "blue"), "reducer": reducer, "layers": layers}
    options |= {"indices": ("NDVI",), "index_of": index_of}
    geobox = make_geobox((90, 120))
    whole = world.mosaic(geobox, **options)
    (one,) = whole.composites
    assert set(one.layers) == {*layers, "NDVI"}
    parts = world.mosaic(geobox, Blocks((0, 33, 34, 90), (0, 64, 101, 120)), **options)
    np.testing.assert_array_equal(parts.data, whole.data)
    np.testing.assert_array_equal(parts.count, whole.count)
    pixels = Counter()
    for composite in parts.composites:
        pixels.update(dict(composite.scene_pixels))
        for name, layer in composite.layers.items():
            np.testing.assert_array_equal(layer, one.layers[name][:, *composite.block.window], name)
    assert +pixels == +Counter(dict(one.scene_pixels))
