"""Files against their items, and pixels against their metadata: what a composite makes of it."""

from dataclasses import replace

import numpy as np
import pytest
from pyproj import CRS, Transformer

from cloudless_mosaic.compositing.placing import _is_near
from cloudless_mosaic.domain.results import SceneNote
from cloudless_mosaic.domain.scenes import SourceGrid
from memory_reader import MemoryRaster

CLEAR = 4
ORIGIN = 499980.0, 5300040.0


def ground(value=1000, shape=(64, 64)):
    return np.full(shape, value, np.uint16)


def classes(code=CLEAR, shape=(32, 32)):
    return np.full(shape, code, np.uint8)


def declare(world, scene, **changes):
    """The item of a scene says something else of the red band; the file stays as it is."""
    raster = scene.rasters["B04"]
    grid = replace(raster.grid, **changes) if changes else None
    world.scenes[world.scenes.index(scene)] = replace(
        scene, rasters={**scene.rasters, "B04": replace(raster, grid=grid)}
    )


def notes(mosaic):
    return {note for composite in mosaic.composites for note in composite.notes}


@pytest.mark.parametrize("shift", [5.0, 10.0, -60.0])
def test_the_file_counts_where_its_item_places_it_elsewhere(world, make_geobox, shift):
    pixels = np.random.default_rng(1).integers(1, 9000, (64, 64)).astype(np.uint16)
    scene = world.add(pixels, classes(), id="shifted")
    declare(world, scene, transform=(10.0, 0.0, ORIGIN[0] + shift, 0.0, -10.0, ORIGIN[1]))
    mosaic = world.mosaic(make_geobox((64, 64)))
    np.testing.assert_array_equal(mosaic.data[0], pixels)
    (note,) = notes(mosaic)
    assert (note.scene_id, note.warning) == ("shifted", False)
    assert note.text.startswith(
        f"its item places it at {499980 + shift:g}, 5300040 (10 m, EPSG:32633), its file"
    )
    assert note.text.endswith("its file at 499980, 5300040 (10 m, EPSG:32633); the file counts")


def test_the_file_counts_where_its_item_is_in_another_zone(world, make_geobox):
    scene = world.add(ground(), classes())
    declare(world, scene, crs="EPSG:32632")
    mosaic = world.mosaic(make_geobox((64, 64)))
    assert (mosaic.data == 1000).all()
    (note,) = notes(mosaic)
    assert "EPSG:32632" in note.text
    assert "EPSG:32633" in note.text


def test_a_shifted_file_leaves_no_gap_at_the_border_of_blocks(world, make_geobox):
    """The item's grid ends 20 m before the second block begins, the file reaches into it."""
    scene = world.add(ground(), classes())
    declare(world, scene, transform=(10.0, 0.0, ORIGIN[0] - 20, 0.0, -10.0, ORIGIN[1]))
    geobox = make_geobox((64, 66))
    blocks = type(world.plan(geobox).blocks)((0, 64), (0, 62, 66))
    mosaic = world.mosaic(geobox, blocks)
    assert (mosaic.count[:, :64] == 1).all()


def test_what_the_item_does_not_declare_contradicts_nothing(world, make_geobox):
    scene = world.add(ground(), classes())
    declare(world, scene)
    mosaic = world.mosaic(make_geobox((64, 64)))
    assert (mosaic.count == 1).all()
    assert not notes(mosaic)


@pytest.mark.parametrize("off", [1e-4, -1e-4])
def test_rounding_is_no_contradiction(world, make_geobox, off):
    scene = world.add(ground(), classes())
    declare(world, scene, transform=(10.0, 0.0, ORIGIN[0] + off, 0.0, -10.0, ORIGIN[1]))
    assert not notes(world.mosaic(make_geobox((64, 64))))


def test_another_name_of_the_same_crs_is_no_contradiction(world, make_geobox):
    scene = world.add(ground(), classes())
    declare(world, scene, crs=CRS.from_epsg(32633).to_wkt())
    mosaic = world.mosaic(make_geobox((64, 64)))
    assert (mosaic.count == 1).all()
    assert not notes(mosaic)


def test_a_shape_at_odds_with_the_file_is_refused(world, make_geobox):
    scene = world.add(ground(), classes(), id="odd")
    declare(world, scene, shape=(10980, 10980))
    mosaic = world.mosaic(make_geobox((64, 64)))
    (lost,) = mosaic.lost
    assert lost.scene_id == "odd"
    assert "has 64 x 64 pixels, its item says 10980 x 10980" in lost.reason
    assert not mosaic.count.any()


def test_a_file_wider_than_a_granule_is_refused(world, make_geobox):
    """10 km too wide, with no more pixels than the product has."""
    scene = world.add(ground(), classes())
    grid = SourceGrid("EPSG:32633", (60.0, 0.0, ORIGIN[0], 0.0, -60.0, ORIGIN[1]), (2000, 100))
    world.rasters["scene-0/red.tif"] = MemoryRaster(grid, np.ones(grid.shape, np.uint16))
    declare(world, scene)
    mosaic = world.mosaic(make_geobox((64, 64)))
    assert "wider than a granule" in mosaic.lost[0].reason


def test_a_classification_in_another_zone_than_its_bands_is_refused(world, make_geobox):
    """Masks are carried over inside of one CRS."""
    scene = world.add(ground(), classes(), id="torn")
    x, y = Transformer.from_crs("EPSG:32633", "EPSG:32632", always_xy=True).transform(*ORIGIN)
    world.rasters["torn/scl.tif"] = MemoryRaster(
        SourceGrid("EPSG:32632", (20.0, 0.0, x - 2000, 0.0, -20.0, y + 2000), (300, 300)),
        np.full((300, 300), CLEAR, np.uint8),
    )
    world.scenes[0] = replace(scene, scl=replace(scene.scl, grid=None))
    mosaic = world.mosaic(make_geobox((64, 64)))
    (lost,) = mosaic.lost
    assert "EPSG:32633" in lost.reason
    assert "EPSG:32632" in lost.reason


def test_impossible_pixels_lose_the_observation_and_leave_the_others(world, make_geobox):
    for day, value in ((1, 400), (2, 65036), (3, 600)):
        world.add({"red": ground(value), "nir": ground(2000)}, classes(), day=day, id=f"day-{day}")
    mosaic = world.mosaic(make_geobox((64, 64)), bands=("red", "nir"))
    assert (mosaic.data[0] == 500).all()
    assert (mosaic.count == 2).all()
    (lost,) = mosaic.lost
    assert (lost.scene_id, lost.reason) == (
        "day-2",
        "day-2 can't be used here: its pixels are impossible: reflectances above 2",
    )
    assert mosaic.used == {"day-1", "day-3"}


def test_a_classification_that_is_none_loses_the_observation(world, make_geobox):
    world.add(ground(400), classes(), day=1)
    world.add(ground(900), classes(77), day=2, id="odd")
    reader = world.reader()
    mosaic = world.mosaic(make_geobox((64, 64)), reader=reader)
    assert (mosaic.data == 400).all()
    assert [lost.scene_id for lost in mosaic.lost] == ["odd"]
    assert "odd/red.tif" not in {read.href for read in reader.reads}


def test_statistics_of_blocks_are_those_of_the_scene(world, make_geobox):
    for day, code, offset in ((1, CLEAR, 0), (2, CLEAR, -1000)):
        world.add(ground(300), classes(code), day=day, id=f"day-{day}", offset=offset)
    mosaic = world.mosaic(make_geobox((64, 64)))
    statistics = dict(mosaic.composites[0].statistics)
    assert statistics["day-1"].contradicting == 0
    assert statistics["day-2"].contradicting == statistics["day-2"].dark == 64 * 64
    assert not notes(mosaic)
    assert SceneNote("a", "b") < SceneNote("b", "a")


def test_a_file_in_another_zone_than_its_item_is_lost_with_the_reason(world, make_geobox):
    """Its numbers are those of the item, its CRS is not: it lies six degrees away."""
    scene = world.add(ground(), classes(), id="astray")
    for raster in (scene.rasters["B04"], scene.scl):
        stored = world.rasters[raster.href]
        world.rasters[raster.href] = replace(stored, grid=replace(stored.grid, crs="EPSG:32632"))
    mosaic = world.mosaic(make_geobox((64, 64)))
    (lost,) = mosaic.lost
    assert (lost.scene_id, lost.lasting) == ("astray", "content")
    assert "red.tif lies elsewhere than its item: at 499980, 5300040 (10 m, EPSG:32632)" in lost.reason


@pytest.mark.parametrize(
    ("footprint", "near"),
    [
        ((14.9, 47.8, 15.0, 47.9), True),
        ((14.9 - 360, 47.8, 15.0 - 360, 47.9), True),
        ((374.9, 47.8, 375.0, 47.9), True),
        ((-180, 47.8, 180, 47.9), True),
        ((15.06, 47.8, 15.2, 47.9), False),
        ((8.9, 47.8, 9.0, 47.9), False),
        ((14.9, 47.0, 15.0, 47.7), False),
        ((14.9, 48.0, 15.0, 48.7), False),
    ],
)
def test_a_file_is_near_its_item_or_not(make_grid, footprint, near):
    """The file covers 14.9997 to 15.0083 degrees east, 47.8493 to 47.8551 north."""
    assert _is_near(make_grid((64, 64)), footprint) == near
