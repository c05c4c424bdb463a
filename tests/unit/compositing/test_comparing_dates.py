"""Composites whose mask compares dates: the bands it looks at, its levels, and what it took out."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.domain.results import MaskCounts
from cloudless_mosaic.geo.blocks import Blocks
from mask_oracles import HARD, kept_by_dates, multidate_levels
from random_stacks import median

BANDS = ("blue", "green", "red", "nir")
LIMITS = (250, 200, 350, 300, 400)
ORIGIN = 499980.0, 5300040.0
SHAPE = 120, 160


def blobs(rng, shape, codes=(0, 3, 8, 9, 10, 7, 11), number=7):
    scl = np.full(shape, 4, np.uint8)
    for _ in range(number):
        row, column = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        height, width = rng.integers(1, 12, 2)
        scl[row : row + height, column : column + width] = rng.choice(codes)
    return scl


def hazy_dates(make_world, seed, days=(1, 2, 3, 4, 5), shape=SHAPE, granules=((0, "33TWL"),)):
    """Noisy dates with patches of haze and shadow; pixels, shape (date, band, y, x), and SCL."""
    rng = np.random.default_rng(seed)
    world, pixels, scls = make_world(), [], []
    land = rng.integers(200, 1500, (4, 1, 1)) + rng.integers(0, 300, (4, *shape))
    land[3] += 1500
    for day in days:
        veil = np.kron(rng.random((shape[0] // 20, shape[1] // 20)) < 0.25, np.ones((20, 20), bool))
        shade = np.kron(rng.random((shape[0] // 20, shape[1] // 20)) < 0.15, np.ones((20, 20), bool))
        now = land + rng.integers(-40, 40, land.shape)
        now = now + veil * np.array([700, 600, 450, 200])[:, None, None]
        now = np.where(shade, now * np.array([0.6, 0.5, 0.45, 0.35])[:, None, None], now).astype(np.uint16)
        now[:, rng.random(shape) < 0.02] = 0
        now[rng.integers(0, 4), rng.random(shape) < 0.02] = 0
        scl = blobs(rng, (shape[0] // 2, shape[1] // 2))
        pixels.append(now)
        scls.append(scl)
        for east, granule in granules:
            half = np.s_[:, east : east + shape[1]]
            bands = {name: band[half].copy() for name, band in zip(BANDS, now, strict=True)}
            world.add(
                bands,
                scl[:, east // 2 :],
                day=day,
                granule=granule,
                origin=(ORIGIN[0] + 10 * east, ORIGIN[1]),
                overviews=(2, 4),
            )
    return world, np.array(pixels), np.array(scls)


def expected(pixels, scls, bands):
    """What the mosaic has to be, without blocks; and the observations each step took out of each date."""
    stack = np.ascontiguousarray(pixels.swapaxes(0, 1)).astype(np.uint16)
    levels = np.array([multidate_levels(scl, 20.0, 120.0, 300.0) for scl in scls])
    levels = levels.repeat(2, axis=1).repeat(2, axis=2)
    looked_at = sorted({0, 2, 3} | {BANDS.index(band) for band in bands})
    guides = tuple(looked_at.index(band) for band in (0, 2, 3))
    read = np.where(levels == HARD, 0, stack)[looked_at]
    kept, _ = kept_by_dates(read, guides, levels, LIMITS)
    complete = (read > 0).all(axis=0)
    asked = stack[[BANDS.index(band) for band in bands]]
    has_data = (scls != 0).repeat(2, axis=1).repeat(2, axis=2)
    counts = [
        MaskCounts(int(data.sum()), int((data & (level == HARD)).sum()), int(gone.sum()))
        for data, level, gone in zip(has_data, levels, complete & ~kept, strict=True)
    ]
    return median(np.where(kept, asked, 0).astype(np.uint16)), counts


@pytest.mark.parametrize("bands", [("red",), ("green", "nir"), ("nir", "red", "blue"), ("green",)])
def test_mosaics_are_those_of_numpy_and_each_step_says_what_it_took_out(make_world, make_geobox, bands):
    world, pixels, scls = hazy_dates(make_world, 3)
    mosaic = world.mosaic(make_geobox(SHAPE), bands=bands, mask="multidate", cloud_dilation=None)
    reduced, counts = expected(pixels, scls, bands)
    np.testing.assert_array_equal(mosaic.data, reduced.data)
    np.testing.assert_array_equal(mosaic.count, reduced.count)
    (composite,) = mosaic.composites
    assert dict(composite.masked) == dict(zip([one.id for one in world.scenes], counts, strict=True))
    assert all(one.by_dates > 100 for one in counts)


def test_bands_that_are_asked_for_do_not_change_the_mask(make_world, make_geobox):
    world, _, _ = hazy_dates(make_world, 4)
    counts = [
        world.mosaic(make_geobox(SHAPE), bands=bands, mask="multidate", cloud_dilation=None).count
        for bands in (("red",), ("blue", "red", "nir"), ("nir",))
    ]
    np.testing.assert_array_equal(counts[0], counts[1])
    np.testing.assert_array_equal(counts[0], counts[2])


TWO_DEKADS = {"period": "dekad", "end_date": date(2023, 8, 20), "mask": "multidate", "cloud_dilation": None}


def with_neighbours(pixels, scls, own, most):
    """What the mosaic of red has to be where pixels of few observations are compared with later dates."""
    stack = np.ascontiguousarray(pixels.swapaxes(0, 1)[[0, 2, 3]]).astype(np.uint16)
    levels = np.array([multidate_levels(scl, 20.0, 120.0, 300.0) for scl in scls])
    levels = levels.repeat(2, axis=1).repeat(2, axis=2)
    stack[:, levels == HARD] = 0
    count = (stack[:, :own] > 0).all(axis=0).sum(axis=0)
    stack[:, own:, count > most] = 0
    kept, _ = kept_by_dates(stack, (0, 1, 2), levels, LIMITS)
    return median(np.where(kept, stack[1], 0)[None, :own].astype(np.uint16))


@pytest.mark.parametrize("most", [0, 1, 2])
def test_pixels_of_few_observations_are_compared_with_neighbouring_periods(make_world, make_geobox, most):
    world, pixels, scls = hazy_dates(make_world, 6, days=(3, 6, 12, 14, 18))
    options = TWO_DEKADS | {"mask_options": (("neighbours", str(most)),), "layers": ("mask",)}
    whole = world.mosaic(make_geobox(SHAPE), **options)
    reduced = with_neighbours(pixels, scls, 2, most)
    np.testing.assert_array_equal(whole.data, reduced.data)
    np.testing.assert_array_equal(whole.count, reduced.count)
    (composite,) = whole.composites
    assert [scene for scene, _ in composite.masked] == [one.id for one in world.scenes[:2]]
    assert composite.observations == (5 if most else 2)
    if most:
        assert (reduced.count < with_neighbours(pixels, scls, 2, 0).count).sum() > 100
    cut = world.mosaic(make_geobox(SHAPE), Blocks((0, 50, 120), (0, 30, 160)), **options)
    np.testing.assert_array_equal(cut.data, whole.data)
    assert added_up(cut.composites) == added_up(whole.composites)
    layers = [sum(int(one.layers["mask"].sum()) for one in made.composites) for made in (whole, cut)]
    assert layers[0] == layers[1]


def test_a_neighbour_that_cannot_be_read_is_lost(make_world, make_geobox):
    world, _, _ = hazy_dates(make_world, 6, days=(3, 12))
    world.failing.add("scene-1/blue.tif")
    mosaic = world.mosaic(make_geobox(SHAPE), **TWO_DEKADS, mask_options=(("neighbours", "1"),))
    assert [one.scene_id for one in mosaic.composites[0].lost] == ["scene-1"]
    assert mosaic.composites[0].observations == 2


GRIDS = {
    "native": ((SHAPE[0] + 10, SHAPE[1] + 6), 10.0, (ORIGIN[0] - 50, ORIGIN[1] + 70), "EPSG:32633"),
    "20 m": ((62, 84), 20.0, (ORIGIN[0] - 60, ORIGIN[1] + 40), "EPSG:32633"),
    "25 m": ((50, 66), 25.0, (ORIGIN[0] - 45, ORIGIN[1] + 65), "EPSG:32633"),
    "80 m": ((16, 22), 80.0, (ORIGIN[0] - 60, ORIGIN[1] + 60), "EPSG:32633"),
    "next zone": ((70, 90), 20.0, (948_700.0, 5_317_640.0), "EPSG:32632"),
}


def cuts(data, length):
    inner = data.draw(st.sets(st.integers(1, length - 1), max_size=3))
    return tuple(sorted({0, length, *inner}))


def added_up(composites):
    total = {}
    for composite in composites:
        for scene_id, counts in composite.masked:
            total[scene_id] = total[scene_id].plus(counts) if scene_id in total else counts
    return total


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS)
@settings(max_examples=6)
@given(st.data())
def test_any_blocks_give_the_same_mosaic_as_a_single_one(make_world, make_geobox, grid, data):
    world, _, _ = hazy_dates(make_world, data.draw(st.integers(0, 3)), granules=((0, "33TWL"), (80, "33TXL")))
    geobox = make_geobox(*GRIDS[grid])
    options = {"bands": ("green", "nir"), "mask": "multidate", "cloud_dilation": None}
    whole = world.mosaic(geobox, **options)
    blocks = Blocks(*(cuts(data, length) for length in geobox.shape))
    mosaic = world.mosaic(geobox, blocks, **options)
    assert whole.count.any()
    np.testing.assert_array_equal(mosaic.data, whole.data)
    np.testing.assert_array_equal(mosaic.count, whole.count)
    assert added_up(mosaic.composites) == added_up(whole.composites)


def test_granules_of_one_overpass_give_what_a_single_one_does(make_world, make_geobox):
    """Each pixel has the level of the granule that filled it, and is counted for that one."""
    one, _, _ = hazy_dates(make_world, 5)
    two, _, _ = hazy_dates(make_world, 5, granules=((80, "33TXL"), (0, "33TWL")))
    options = {"bands": ("red",), "mask": "multidate", "cloud_dilation": None}
    single, shared = one.mosaic(make_geobox(SHAPE), **options), two.mosaic(make_geobox(SHAPE), **options)
    np.testing.assert_array_equal(single.data[..., :80], shared.data[..., :80])
    # pixels near cloud that only the other granule shows differ at most by their level
    taken_out = [sum(counts.by_dates for _, counts in each.composites[0].masked) for each in (single, shared)]
    assert abs(taken_out[0] - taken_out[1]) < 0.1 * taken_out[0]
    seen = [sum(counts.pixels for _, counts in each.composites[0].masked) for each in (single, shared)]
    assert seen[0] == seen[1]


def test_an_observation_without_a_band_that_only_the_mask_looks_at_does_not_count(world, make_geobox):
    full = np.full((20, 20), 400, np.uint16)
    partly = full.copy()
    partly[:5] = 0
    world.add({"blue": partly, "red": full, "nir": full}, np.full((10, 10), 4))
    mosaic = world.mosaic(make_geobox((20, 20)), mask="multidate")
    assert not mosaic.count[:5].any()
    assert (mosaic.count[5:] == 1).all()
    assert dict(mosaic.composites[0].masked) == {"scene-0": MaskCounts(400, 0, 0)}


def test_a_block_without_a_scene_is_empty(world, make_geobox):
    world.add(dict.fromkeys(("blue", "red", "nir"), np.full((20, 20), 400, np.uint16)), np.full((10, 10), 9))
    mosaic = world.mosaic(make_geobox((20, 20)), mask="multidate")
    assert not mosaic.count.any()
    assert dict(mosaic.composites[0].masked) == {"scene-0": MaskCounts(400, 400, 0)}


def test_without_a_mask_nothing_is_counted(world, make_geobox):
    world.add({"red": np.full((20, 20), 400, np.uint16)})
    assert world.mosaic(make_geobox((20, 20)), mask="none").composites[0].masked == ()
