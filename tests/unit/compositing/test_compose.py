import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from cloudless_mosaic.geo.blocks import Blocks
from memory_reader import MemoryRaster

CLEAR = 4
CLOUD = 9
ORIGIN = 499980.0, 5300040.0


def ground(shape=(8, 8), value=1000):
    return np.full(shape, value, np.uint16)


def classes(shape=(4, 4), code=CLEAR):
    return np.full(shape, code, np.uint8)


def nan_median(stack):
    values = np.where(stack, stack.astype(float), np.nan)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.nan_to_num(np.rint(np.nanmedian(values, axis=0))).astype(np.uint16)


def assert_nodata_rules(mosaic):
    """Count is 0 exactly where data is, in every band."""
    for band in mosaic.data:
        np.testing.assert_array_equal(band == 0, mosaic.count == 0)


def blobs(rng, shape, share):
    """Patches of cloud, shadow and missing data on clear ground."""
    scl = np.full(shape, CLEAR, np.uint8)
    for _ in range(round(share * 12)):
        row, column = rng.integers(0, shape[0]), rng.integers(0, shape[1])
        height, width = rng.integers(1, 9, 2)
        scl[row : row + height, column : column + width] = rng.choice([0, 3, 8, 9, 10, 7])
    return scl


def test_median_of_clear_pixels_is_that_of_numpy(world, make_geobox):
    rng = np.random.default_rng(11)
    shape, dates = (40, 60), []
    for day in range(1, 6):
        offset = -1000 if day > 3 else 0
        raw = rng.integers(0, 4000, (2, *shape), np.uint16)
        raw[rng.random(raw.shape) < 0.1] = 0
        scl = blobs(rng, (20, 30), day / 4)
        world.add({"red": raw[0], "nir": raw[1]}, scl, day=day, offset=offset)
        clear = ~np.isin(scl, (0, 3, 8, 9, 10)).repeat(2, axis=0).repeat(2, axis=1)
        valid = clear & raw.all(axis=0)
        values = np.clip(raw.astype(int) + offset, 1, 65535)
        dates.append(np.where(valid, values, 0))
    stack = np.array(dates).astype(np.uint16)
    mosaic = world.mosaic(make_geobox(shape), bands=("red", "nir"))
    np.testing.assert_array_equal(mosaic.data, nan_median(stack))
    np.testing.assert_array_equal(mosaic.count, stack.any(axis=1).sum(axis=0))
    assert_nodata_rules(mosaic)
    assert mosaic.used == {scene.id for scene in world.scenes}
    assert not mosaic.lost


def region(make_world, seed):
    """Three overpasses over two granules that overlap, with clouds, gaps and one strip that ends."""
    rng = np.random.default_rng(seed)
    world = make_world()
    for day in (1, 2, 3):
        for granule, east in (("west", 0.0), ("east", 480.0)):
            bands = {band: rng.integers(1, 9000, (96, 96), np.uint16) for band in ("red", "nir")}
            scl = blobs(rng, (48, 48), 1.0)
            if day == 2:
                scl[np.add.outer(np.arange(48), np.arange(48)) < 40] = 0
            missing = (scl == 0).repeat(2, axis=0).repeat(2, axis=1)
            for pixels in bands.values():
                pixels[missing] = 0
            origin = ORIGIN[0] + east, ORIGIN[1]
            world.add(bands, scl, day=day, granule=granule, origin=origin, overviews=(2, 4))
    return world


def cuts(data, length):
    inner = data.draw(st.sets(st.integers(1, length - 1), max_size=4))
    return tuple(sorted({0, length, *inner}))


GRIDS = {
    "native": ((110, 160), 10.0, (ORIGIN[0] - 50, ORIGIN[1] + 70), "EPSG:32633"),
    "20 m": ((52, 80), 20.0, (ORIGIN[0] - 60, ORIGIN[1] + 40), "EPSG:32633"),
    "25 m": ((44, 66), 25.0, (ORIGIN[0] - 45, ORIGIN[1] + 65), "EPSG:32633"),
    "60 m": ((18, 26), 60.0, (ORIGIN[0] - 40, ORIGIN[1] + 20), "EPSG:32633"),
    "80 m": ((14, 20), 80.0, (ORIGIN[0] - 60, ORIGIN[1] + 60), "EPSG:32633"),
    "next zone": ((70, 90), 20.0, None, "EPSG:32632"),
    "degrees": ((40, 60), 0.00025, None, "EPSG:4326"),
}


def named_grid(make_geobox, name):
    shape, resolution, origin, crs = GRIDS[name]
    if origin is None:
        x, y = Transformer.from_crs("EPSG:32633", crs, always_xy=True).transform(*ORIGIN)
        origin = np.floor(x / resolution - 3) * resolution, np.ceil(y / resolution + 3) * resolution
    return make_geobox(shape, resolution, origin, crs)


@pytest.mark.slow
@pytest.mark.parametrize("grid", GRIDS)
@settings(max_examples=12)
@given(st.data(), st.integers(0, 5), st.sampled_from([0.0, 20.0, 50.0, 130.0]))
def test_any_blocks_give_the_same_mosaic_as_a_single_one(make_world, make_geobox, grid, data, seed, dilation):
    geobox = named_grid(make_geobox, grid)
    world = region(make_world, seed)
    options = {"bands": ("red", "nir"), "cloud_dilation": dilation}
    whole = world.mosaic(geobox, **options)
    blocks = Blocks(cuts(data, geobox.shape[0]), cuts(data, geobox.shape[1]))
    parts = world.mosaic(geobox, blocks, **options)
    np.testing.assert_array_equal(parts.count, whole.count)
    np.testing.assert_array_equal(parts.data, whole.data)
    assert parts.used == whole.used
    assert whole.count.max() == 3
    assert_nodata_rules(whole)


def test_dilation_reaches_over_the_border_of_a_block(world, make_geobox):
    scl = classes((32, 32))
    scl[15, 10] = CLOUD
    world.add(ground((64, 64)), scl)
    blocks = Blocks((0, 32, 64), (0, 64))
    mosaic = world.mosaic(make_geobox((64, 64)), blocks, cloud_dilation=60.0)
    masked = mosaic.count == 0
    assert masked[32:].any()
    rows, columns = np.nonzero(masked)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (24, 37, 14, 27)


def test_two_granules_of_an_overpass_are_one_vote(world, make_geobox):
    for day in (1, 2, 3):
        for granule, east in (("west", 0.0), ("east", 80.0)):
            world.add(
                ground((16, 16), 1000 * day),
                classes((8, 8)),
                day=day,
                granule=granule,
                origin=(ORIGIN[0] + east, ORIGIN[1]),
            )
    mosaic = world.mosaic(make_geobox((16, 24)))
    assert (mosaic.count == 3).all()
    assert (mosaic.data == 2000).all()
    assert [composite.observations for composite in mosaic.composites] == [6]


def test_overlap_belongs_to_the_first_granule_even_under_its_cloud(world, make_geobox):
    """It is one observation: the other granule's pixel would be the same cloud, classified apart."""
    world.add(ground((8, 8), 500), classes(code=CLOUD), id="a", granule="a")
    world.add(ground((8, 8), 900), classes(), id="b", granule="b", origin=(ORIGIN[0] + 40, ORIGIN[1]))
    mosaic = world.mosaic(make_geobox((8, 12)))
    assert (mosaic.count[:, :8] == 0).all()
    assert (mosaic.data[0, :, 8:] == 900).all()
    assert mosaic.used == {"b"}


def test_pixel_in_the_seam_goes_to_the_granule_under_its_centre(world, make_geobox):
    """Pixels of 100 m; the strip of the first granule ends 30 m into the third of them."""
    scl = classes((20, 20), code=0)
    scl[:, :12] = CLEAR
    pixels = np.where(scl.repeat(2, axis=0).repeat(2, axis=1) == 0, 0, 500).astype(np.uint16)
    pixels[:, 23:] = 0
    world.add(pixels, scl, id="a", granule="a")
    alone = world.mosaic(make_geobox((4, 4), 100.0), exact=True)
    assert alone.data[0, 0].tolist() == [500, 500, 500, 0]
    world.add(ground((40, 40), 900), classes((20, 20)), id="b", granule="b")
    both = world.mosaic(make_geobox((4, 4), 100.0), exact=True)
    assert both.data[0, 0].tolist() == [500, 500, 900, 900]
    assert (both.count == 1).all()


def test_seam_where_no_granule_lies_under_the_centre_is_filled_all_the_same(world, make_geobox):
    left, right = classes((20, 20), code=0), classes((20, 20), code=0)
    left[:, :11], right[:, 14:] = CLEAR, CLEAR
    for name, scl, value in (("a", left, 500), ("b", right, 900)):
        pixels = np.where(scl.repeat(2, axis=0).repeat(2, axis=1) == 0, 0, value).astype(np.uint16)
        world.add(pixels, scl, id=name, granule=name)
    mosaic = world.mosaic(make_geobox((4, 4), 100.0), exact=True)
    assert mosaic.data[0, 0].tolist() == [500, 500, 500, 900]


@pytest.mark.parametrize("mask", ["scl", "none"])
def test_halves_of_a_granule_are_fused(world, make_geobox, mask):
    for name, rows, value in (("north", slice(0, 4), 700), ("south", slice(4, 8), 800)):
        pixels, scl = np.zeros((8, 8), np.uint16), classes(code=0)
        pixels[rows] = value
        scl[rows.start // 2 : rows.stop // 2] = CLEAR
        world.add(pixels, scl, id=name, datastrip=name)
    mosaic = world.mosaic(make_geobox((8, 8)), mask=mask)
    assert (mosaic.count == 1).all()
    assert (mosaic.data[0, :4] == 700).all()
    assert (mosaic.data[0, 4:] == 800).all()
    assert mosaic.used == {"north", "south"}


@pytest.mark.parametrize("failing", ["red", "nir", "scl"])
def test_scene_that_fails_in_one_raster_is_lost_in_all_bands(world, make_geobox, failing):
    for day in (1, 2, 3):
        bands = {"red": ground((8, 8), 100 * day), "nir": ground((8, 8), 1000 * day)}
        world.add(bands, classes(), day=day, id=f"day-{day}")
    world.failing.add(f"day-3/{failing}.tif")
    mosaic = world.mosaic(make_geobox((8, 8)), Blocks((0, 4, 8), (0, 8)), bands=("red", "nir"))
    assert (mosaic.count == 2).all()
    assert (mosaic.data[0] == 150).all()
    assert (mosaic.data[1] == 1500).all()
    assert [(lost.scene_id, lost.block) for lost in mosaic.lost] == [("day-3", (0, 0)), ("day-3", (1, 0))]
    assert all("fails on purpose" in lost.reason for lost in mosaic.lost)
    assert [composite.observations for composite in mosaic.composites] == [3, 3]
    assert mosaic.used == {"day-1", "day-2"}


@pytest.mark.parametrize("missing", ["red", "scl"])
def test_scene_with_a_missing_file_is_lost(world, make_geobox, missing):
    world.add(ground(value=500), classes(), day=1)
    world.add(ground(value=900), classes(), day=2, id="gone")
    del world.rasters[f"gone/{missing}.tif"]
    mosaic = world.mosaic(make_geobox((8, 8)))
    assert (mosaic.data == 500).all()
    assert (mosaic.count == 1).all()
    (lost,) = mosaic.lost
    assert (lost.scene_id, lost.reason) == (
        "gone",
        f"gone/{missing}.tif can't be read: there is no such raster",
    )
    assert mosaic.composites[0].observations == 2


def test_all_scenes_lost_is_an_empty_composite(world, make_geobox):
    world.add(ground(), classes(), day=1)
    world.failing.add("scene-0/red.tif")
    mosaic = world.mosaic(make_geobox((8, 8)))
    assert not mosaic.data.any()
    assert not mosaic.count.any()
    assert mosaic.used == set()
    assert len(mosaic.lost) == 1


def test_lost_granule_leaves_the_rest_of_its_overpass(world, make_geobox):
    world.add(ground((8, 8), 500), classes(), id="a", granule="a")
    world.add(ground((8, 8), 900), classes(), id="b", granule="b", origin=(ORIGIN[0] + 40, ORIGIN[1]))
    world.failing.add("a/red.tif")
    mosaic = world.mosaic(make_geobox((8, 12)))
    assert (mosaic.data[0, :, 8:] == 900).all()
    assert [lost.scene_id for lost in mosaic.lost] == ["a"]
    assert mosaic.used == {"b"}


def test_bands_of_a_scene_that_is_nowhere_clear_are_not_read(world, make_geobox):
    world.add(ground(value=500), classes(), day=1, id="clear")
    world.add(ground(value=900), classes(code=CLOUD), day=2, id="cloudy")
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((8, 8)), reader=reader)
    assert {read.href for read in reader.reads} == {"clear/red.tif", "clear/scl.tif", "cloudy/scl.tif"}
    assert (mosaic.data == 500).all()
    assert mosaic.used == {"clear"}


def test_masks_are_read_before_bands(world, make_geobox):
    for day in (1, 2):
        world.add(ground(), classes(), day=day)
    reader = world.reader()
    world.mosaic(make_geobox((8, 8)), reader=reader)
    names = [read.href.rsplit("/")[-1] for read in reader.reads]
    assert names == ["scl.tif", "scl.tif", "red.tif", "red.tif"]


def test_granule_that_only_repeats_another_is_not_read(world, make_geobox):
    world.add(ground(value=500), classes(), id="a", granule="a")
    world.add(ground(value=900), classes(), id="b", granule="b")
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((8, 8)), reader=reader)
    assert "b/red.tif" not in {read.href for read in reader.reads}
    assert (mosaic.data == 500).all()


def test_without_a_mask_every_pixel_with_data_counts(world, make_geobox):
    pixels = ground(value=500)
    pixels[0, 0] = 0
    world.add(pixels, classes(code=CLOUD), day=1)
    world.add(ground(value=701), None, day=2)
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((8, 8)), reader=reader, mask="none")
    assert mosaic.data[0, 0, 0] == 701
    assert (mosaic.data[0, 1:, 1:] == 600).all()
    assert mosaic.count[0, 0] == 1
    assert not any("scl" in read.href for read in reader.reads)


def test_pixel_needs_every_band(world, make_geobox):
    red, nir = ground(value=500), ground(value=2000)
    red[0, 0] = nir[1, 1] = 0
    world.add({"red": red, "nir": nir}, classes())
    mosaic = world.mosaic(make_geobox((8, 8)), bands=("nir", "red"))
    assert np.argwhere(mosaic.count == 0).tolist() == [[0, 0], [1, 1]]
    assert_nodata_rules(mosaic)


def test_dark_pixels_stay_valid_after_the_offset(world, make_geobox):
    pixels = ground(value=3000)
    pixels[0, :4] = 0, 1, 999, 1001
    world.add(pixels, classes(), offset=-1000)
    mosaic = world.mosaic(make_geobox((8, 8)))
    assert mosaic.data[0, 0, :5].tolist() == [0, 1, 1, 1, 2000]
    assert mosaic.count[0, :5].tolist() == [0, 1, 1, 1, 1]


def test_bands_of_several_resolutions_share_the_output_grid(world, make_geobox):
    fine, coarse = ground((8, 8), 500), np.arange(1, 17, dtype=np.uint16).reshape(4, 4)
    scene = world.add({"red": fine}, classes())
    href = "scene-0/swir16.tif"
    grid = replace(
        scene.rasters["B04"].grid, transform=(20.0, 0.0, ORIGIN[0], 0.0, -20.0, ORIGIN[1]), shape=(4, 4)
    )
    world.rasters[href] = MemoryRaster(grid, coarse)
    world.scenes[0] = replace(
        scene, rasters={**scene.rasters, "B11": replace(scene.rasters["B04"], href=href, grid=grid)}
    )
    mosaic = world.mosaic(make_geobox((8, 8)), bands=("red", "swir16"))
    np.testing.assert_array_equal(mosaic.data[1], coarse.repeat(2, axis=0).repeat(2, axis=1))


def test_period_without_a_scene_over_the_block(world, make_geobox):
    world.add(ground(), classes())
    mosaic = world.mosaic(make_geobox((8, 8), origin=(ORIGIN[0] + 5000, ORIGIN[1])))
    assert not mosaic.data.any()
    assert not mosaic.count.any()
    assert mosaic.composites[0].observations == 0


def test_scene_beside_the_block_is_no_observation_of_it(world, make_geobox):
    """The item's grid touches the block, the file's own doesn't."""
    scene = world.add(ground(), classes())
    moved = replace(scene.rasters["B04"].grid, transform=(10.0, 0.0, ORIGIN[0] + 900, 0.0, -10.0, ORIGIN[1]))
    world.rasters["scene-0/red.tif"] = MemoryRaster(moved, ground())
    mosaic = world.mosaic(make_geobox((8, 8)))
    assert not mosaic.count.any()
    assert mosaic.composites[0].observations == 0
    assert not mosaic.lost


def test_block_beside_the_scene_classification_is_not_read(world, make_geobox):
    """The bands of a scene reach farther than its classification."""
    world.add(ground((8, 8)), classes((4, 2)))
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((8, 4), origin=(ORIGIN[0] + 40, ORIGIN[1])), reader=reader)
    assert not mosaic.count.any()
    assert reader.reads == ()
    whole = world.mosaic(make_geobox((8, 8)))
    assert (whole.count[:, :4] == 1).all()
    assert not whole.count[:, 4:].any()


def test_coarse_output_reads_overviews_and_exact_does_not(world, make_geobox):
    rng = np.random.default_rng(2)
    pixels = rng.integers(1, 9000, (64, 64), np.uint16)
    world.add(pixels, classes((32, 32)), overviews=(2, 4))
    reader = world.reader()
    geobox = make_geobox((8, 8), 80.0)
    coarse = world.mosaic(geobox, reader=reader)
    exact = world.mosaic(geobox, reader=reader, exact=True)
    assert [(read.href[8:], read.level) for read in reader.reads] == [
        ("scl.tif", 0),
        ("red.tif", 2),
        ("scl.tif", 0),
        ("red.tif", 0),
    ]
    expected = pixels.reshape(8, 8, 8, 8).mean(axis=(1, 3))
    np.testing.assert_array_equal(exact.data[0], np.rint(expected))
    assert np.abs(coarse.data[0] - expected).max() <= 1


def test_cloud_inside_a_coarse_pixel_is_left_out_of_its_mean(world, make_geobox):
    pixels, scl = ground((40, 40), 600), classes((20, 20))
    pixels[:20, :20] = 9000
    scl[:10, :10] = CLOUD
    world.add(pixels, scl, overviews=(2, 4))
    mosaic = world.mosaic(make_geobox((2, 2), 200.0))
    assert mosaic.data[0].tolist() == [[0, 600], [600, 600]]
    world.rasters["scene-0/scl.tif"].pixels[0, 0] = CLEAR
    shifted = world.mosaic(make_geobox((1, 1), 400.0))
    assert shifted.data[0].item() == 600


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:32632", "EPSG:32634"])
@pytest.mark.parametrize("resolution", [10.0, 20.0, 60.0, 100.0])
def test_bright_pixel_stays_where_it_is_in_the_world(world, make_geobox, crs, resolution):
    pixels = ground((240, 240), 100)
    row, column = 120, 120
    pixels[row, column] = 60000
    world.add(pixels, classes((120, 120)), overviews=(2, 4))
    native = ORIGIN[0] + 10 * (column + 0.5), ORIGIN[1] - 10 * (row + 0.5)
    x, y = Transformer.from_crs("EPSG:32633", crs, always_xy=True).transform(*native)
    half = int(1000 // resolution)
    corner = (np.floor(x / resolution) - half) * resolution, (np.ceil(y / resolution) + half) * resolution
    mosaic = world.mosaic(make_geobox((2 * half + 1,) * 2, resolution, corner, crs))
    brightness = mosaic.data[0].astype(float) - 100
    brightness[mosaic.count == 0] = 0
    peak = np.unravel_index(brightness.argmax(), brightness.shape)
    # the overview that is read may spread the pixel over the next one too
    spread = resolution if resolution > 10 else 10.0
    found_x, found_y = corner[0] + resolution * (peak[1] + 0.5), corner[1] - resolution * (peak[0] + 0.5)
    assert abs(found_x - x) <= spread / 2 + 5
    assert abs(found_y - y) <= spread / 2 + 5
    weights = brightness / brightness.sum()
    mean_x = (weights * (corner[0] + resolution * (np.arange(weights.shape[1]) + 0.5))).sum()
    mean_y = (weights.T * (corner[1] - resolution * (np.arange(weights.shape[0]) + 0.5))).sum()
    assert abs(mean_x - x) <= spread / 2
    assert abs(mean_y - y) <= spread / 2


@pytest.mark.parametrize("swapped", [False, True])
def test_order_of_the_granules_decides_and_the_order_of_reading_does_not(world, make_geobox, swapped):
    values = {"a": 500, "b": 900}
    for name in sorted(values, reverse=swapped):
        world.add(ground(value=values[name]), classes(), id=name, granule=name)
    assert (world.mosaic(make_geobox((8, 8))).data == 500).all()
    assert (world.mosaic(make_geobox((8, 8)), mask="none").data == 500).all()


@pytest.mark.parametrize(
    ("raster", "pixels"),
    [
        ("red", np.full((8, 8), 0.2, np.float32)),
        ("red", np.full((8, 8), 200, np.int16)),
        ("scl", np.full((4, 4), 4, np.complex64)),
    ],
)
def test_raster_of_another_type_is_lost(world, make_geobox, raster, pixels):
    world.add(ground(), classes())
    href = f"scene-0/{raster}.tif"
    world.rasters[href] = replace(world.rasters[href], pixels=pixels)
    mosaic = world.mosaic(make_geobox((8, 8)))
    (lost,) = mosaic.lost
    assert f"{href} holds {pixels.dtype} pixels" in lost.reason
    assert not mosaic.count.any()


def test_raster_larger_than_a_granule_is_lost(world, make_geobox):
    """A header of some bytes can declare any size; nothing of that size is ever asked for."""
    scene = world.add(ground(), classes())
    huge = np.broadcast_to(np.uint16(1), (10981, 10981))
    grid = replace(scene.rasters["B04"].grid, shape=huge.shape)
    world.rasters["scene-0/red.tif"] = MemoryRaster(grid, huge)
    reader = world.reader()
    (lost,) = world.mosaic(make_geobox((8, 8)), reader=reader).lost
    assert "scene-0/red.tif has 10981 x 10981 pixels" in lost.reason
    assert reader.reads == ()
