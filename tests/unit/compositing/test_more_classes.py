"""Cloud probabilities and masks of bits beside, or in place of, the scene classification."""

from dataclasses import replace

import numpy as np
import pytest

from cloudless_mosaic.domain.bit_classes import parse_bits
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.geo.blocks import Blocks

SHAPE = 60, 80
"""Pixels of the classification, 20 m."""


def add_probability(world, percent, resolution):
    """Gives the last scene a cloud probability."""
    scene = world.scenes.pop()
    grid = scene.scl.grid
    width, _, x, _, height, y = grid.transform
    scale = resolution / grid.resolution
    own = type(grid)(grid.crs, (width * scale, 0.0, x, 0.0, height * scale, y), percent.shape)
    name = f"{scene.id}/cld.tif"
    world.rasters[name] = type(world.rasters[scene.scl.href])(own, percent)
    world.scenes.append(replace(scene, cloud_probability=SourceRaster(name, own)))


@pytest.fixture
def rng():
    return np.random.default_rng(4)


def grown(mask, metres):
    """A mask of 20 m grown by a disk, by distances."""
    rows, columns = np.nonzero(mask)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    nearest = np.full(mask.shape, np.inf)
    for row, column in zip(rows, columns, strict=True):
        nearest = np.minimum(nearest, np.hypot(y - row, x - column))
    return nearest * 20 <= metres


@pytest.mark.parametrize("resolution", [20, 60])
def test_probable_clouds_are_masked_and_grow(world, make_geobox, rng, resolution):
    factor = resolution // 20
    scl = rng.choice([4, 5, 6], SHAPE).astype(np.uint8)
    scl[:10, :10] = 0
    world.add(rng.integers(500, 3000, (120, 160)).astype(np.uint16), scl)
    percent = np.where(rng.random((60 // factor, -(-80 // factor))) < 0.005, rng.integers(0, 101), 3)
    percent[2, 2] = percent[12, 20] = 65
    percent[9, 9] = 255
    add_probability(world, percent.astype(np.uint8), resolution)
    options = {"mask": "scl", "cloud_dilation": 40.0, "mask_options": (("probability", "65"),)}
    geobox = make_geobox((120, 160))
    whole = world.mosaic(geobox, **options)
    fine = percent.repeat(factor, axis=0).repeat(factor, axis=1)[:60, :80]
    clouds = (fine >= 65) & (fine <= 100) & (scl != 0)
    clear = ~grown(clouds, 40) & (scl != 0)
    np.testing.assert_array_equal(whole.count > 0, clear.repeat(2, axis=0).repeat(2, axis=1))
    cut = world.mosaic(geobox, Blocks((0, 50, 120), (0, 30, 160)), **options)
    np.testing.assert_array_equal(cut.data, whole.data)
    # without the option it isn't read
    assert (world.mosaic(geobox, mask="scl").count[40:, 40:] == 1).all()


def test_a_scene_whose_probability_cannot_be_read_is_lost(world, make_geobox):
    world.add(np.full((120, 160), 900, np.uint16), np.full(SHAPE, 4, np.uint8))
    add_probability(world, np.zeros(SHAPE, np.uint8), 20)
    world.failing.add("scene-0/cld.tif")
    mosaic = world.mosaic(make_geobox((120, 160)), mask="scl", mask_options=(("probability", "50"),))
    assert "scene-0/cld.tif can't be read" in mosaic.lost[0].reason


def test_bits_are_masked_as_classes_are(world, make_geobox, rng):
    bits = parse_bits({"no_data": 0, "cloud": 3, "shadow": 4, "water": 7})
    qa = rng.choice([64, 128, 192], SHAPE).astype(np.uint16)
    qa[30, 40] = 8 + 64
    qa[50, 10] = 16
    qa[:5] = 1
    world.add(rng.integers(500, 3000, (120, 160)).astype(np.uint16), qa)
    scene = world.scenes.pop()
    raster = world.rasters[scene.scl.href]
    world.rasters[scene.scl.href] = type(raster)(raster.grid, qa)
    world.scenes.append(replace(scene, scl=replace(scene.scl, bits=bits)))
    clear = ~grown((qa == 72) | (qa == 16), 60) & (qa != 1)
    mosaic = world.mosaic(make_geobox((120, 160)), mask="scl", cloud_dilation=60.0)
    np.testing.assert_array_equal(mosaic.count > 0, clear.repeat(2, axis=0).repeat(2, axis=1))
