import pickle
import random
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import box

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.scenes import DroppedScene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.planning.plan import make_plan

GRANULE = 499980.0, 5300040.0
AOI = Aoi(15.1, 47.0, 15.3, 47.2)
"""Inside the granule of EPSG:32633 at the origin above."""


def grid(resolution=10, origin=GRANULE, crs="EPSG:32633", shape=None):
    shape = shape or (109800 // resolution,) * 2
    return SourceGrid(crs, (float(resolution), 0.0, origin[0], 0.0, -float(resolution), origin[1]), shape)


@pytest.fixture(scope="session")
def scene(make_scene):
    def build(name, *, bands=("B04",), source=None, **fields):
        source = source or grid()
        rasters = {band: SourceRaster(f"https://there/{name}/{band}.tif", source) for band in bands}
        scl = SourceRaster(f"https://there/{name}/SCL.tif", replace(source))
        return make_scene(name, rasters, scl, **fields)

    return build


def plan_of(make_request, scenes, dropped=(), **options):
    return make_plan(make_request(**{"aoi": AOI, "resolution": 10.0} | options), SceneSet.of(scenes, dropped))


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
def test_order_of_the_scenes_changes_nothing(make_request, scene, chance: random.Random):
    east = grid(origin=(600000.0, 5300040.0))
    scenes = [
        scene(f"{day}-{granule}", day=day, granule=granule, source=source)
        for day in (3, 17, 9)
        for granule, source in (("33TWN", grid()), ("33TXN", east), ("33TWM", grid(20)))
    ]
    aoi = Aoi(15.9, 46.9, 16.4, 47.3)
    expected = plan_of(make_request, scenes, aoi=aoi)
    tasks = list(expected.tasks(expected.periods[0]))
    chance.shuffle(scenes)
    plan = plan_of(make_request, scenes, aoi=aoi)
    assert plan == expected
    assert list(plan.tasks(plan.periods[0])) == tasks


def test_native_resolution_lies_pixel_on_pixel(make_request, scene):
    plan = plan_of(make_request, [scene("a")])
    left, _, _, top = plan.geobox.boundingbox.bbox
    assert (left - GRANULE[0]) % 10 == (GRANULE[1] - top) % 10 == 0
    assert str(plan.geobox.crs) == "EPSG:32633"


def test_blocks_lie_on_the_internal_tiles_of_the_source(make_request, scene):
    plan = plan_of(make_request, [scene("a")])
    left, _, _, top = plan.geobox.boundingbox.bbox
    for block in plan.blocks:
        assert block.rows[0] == 0 or ((GRANULE[1] - top) / 10 + block.rows[0]) % 1024 == 0
        assert block.columns[0] == 0 or ((left - GRANULE[0]) / 10 + block.columns[0]) % 1024 == 0
    assert len(plan.blocks) == 9


def test_series_at_120_m_keeps_its_own_offset(make_request, scene):
    source = grid(120, (499980.0, 5100000.0), shape=(915, 915))
    plan = plan_of(make_request, [scene("a", source=source)], aoi=Aoi(14.9, 45, 16.5, 46.1), resolution=120.0)
    left, _, _, top = plan.geobox.boundingbox.bbox
    assert left % 120 == 499980 % 120 == 60
    assert top % 120 == 5100000 % 120 == 0


@pytest.mark.parametrize("resolution", [20.0, 60.0, 100.0])
def test_coarser_edges_are_multiples_of_the_resolution(make_request, scene, resolution):
    plan = plan_of(make_request, [scene("a")], resolution=resolution)
    assert all(edge % resolution == 0 for edge in plan.geobox.boundingbox.bbox)


def test_finest_grid_of_the_output_zone_gives_the_anchor(make_request, scene):
    other = grid(10, (300003.0, 5300043.0), "EPSG:32634")
    scenes = [scene("a", source=grid(20, (499990.0, 5300050.0))), scene("b", source=other)]
    scenes.append(scene("c", source=grid(10, (499985.0, 5300045.0))))
    plan = plan_of(make_request, scenes)
    left, _, _, top = plan.geobox.boundingbox.bbox
    assert (left % 10, top % 10) == (5, 5)


def test_most_frequent_grid_of_several_gives_the_anchor(make_request, scene):
    scenes = [
        scene(name, day=day, source=grid(10, (499983.0, 5300040.0))) for day, name in enumerate("ab", 1)
    ]
    scenes.append(scene("c", day=3, source=grid(10, (499981.0, 5300040.0))))
    assert plan_of(make_request, scenes).geobox.affine.c % 10 == 3


def test_explicit_crs_and_no_scene_in_it(make_request, scene):
    plan = plan_of(make_request, [scene("a")], crs="EPSG:3035", resolution=100.0)
    assert str(plan.geobox.crs) == "EPSG:3035"
    assert plan.geobox.affine.c % 100 == 0
    (task,) = [*plan.tasks(plan.periods[0])][:1]
    assert [observation.overpass for observation in task.observations] == ["sentinel-2a 2023-08-01"]


@pytest.mark.parametrize(
    ("resolution", "options", "edge"),
    [
        (10.0, {}, 1024),
        (20.0, {}, 1024),
        (40.0, {}, 512),
        (100.0, {}, 256),
        (100.0, {"mask": "none"}, 512),
        (100.0, {"exact": True}, 128),
        (1000.0, {}, 64),
    ],
)
def test_block_holds_no_more_source_pixels_than_memory_does(make_request, scene, resolution, options, edge):
    plan = plan_of(make_request, [scene("a")], resolution=resolution, aoi=Aoi(10, 40, 20, 50), **options)
    assert plan.blocks.largest == (edge, edge)


def test_block_in_degrees_is_as_large_as_one_in_metres(make_request, scene):
    metres = plan_of(make_request, [scene("a")], resolution=100.0, aoi=Aoi(14, 46, 16, 48))
    degrees = plan_of(make_request, [scene("a")], resolution=0.0009, aoi=Aoi(14, 46, 16, 48), crs="EPSG:4326")
    assert degrees.blocks.largest == metres.blocks.largest == (256, 256)


def test_scenes_go_to_their_periods_and_the_empty_ones_stay(make_request, scene):
    scenes = [scene(f"{month}", datetime=datetime(2023, month, 20, 10, tzinfo=UTC)) for month in (8, 10)]
    dropped = [
        DroppedScene("cloudy", datetime(2023, 9, 5, tzinfo=UTC), "too cloudy"),
        DroppedScene("broken", None, "no date"),
    ]
    plan = plan_of(make_request, scenes, dropped, end_date=date(2023, 11, 30))
    assert [(p.period.label, len(p.scenes), p.found) for p in plan.periods] == [
        ("2023-08", 1, 1),
        ("2023-09", 0, 1),
        ("2023-10", 1, 1),
        ("2023-11", 0, 0),
    ]
    assert plan.scene_set.dropped == tuple(reversed(dropped))
    assert next(plan.tasks(plan.periods[1])).observations == ()


def test_task_has_only_the_scenes_that_touch_its_block(world, make_geobox):
    ground = np.ones((32, 32), np.uint16)
    world.add(ground, origin=(500000.0, 5300000.0), id="west", granule="west")
    world.add(ground, origin=(501000.0, 5300000.0), id="east", granule="east")
    world.add(ground, origin=(501000.0, 5300000.0), id="later", day=2)
    plan = world.plan(make_geobox((32, 132), 10.0, (500000.0, 5300000.0)))
    plan = replace(plan, blocks=replace(plan.blocks, column_edges=(0, 46, 80, 132)))
    names = [
        [[granule.scene_id for granule in one.granules] for one in task.observations]
        for task in plan.tasks(plan.periods[0])
    ]
    assert names == [[["west"]], [], [["east"], ["later"]]]


@pytest.mark.parametrize("crs", ["EPSG:32633", "EPSG:32634"])
def test_scene_whose_item_misplaces_it_is_looked_for_in_its_footprint_too(world, make_geobox, crs):
    """The item's grid is 300 km off, or in another zone; its footprint is right."""
    scene = world.add(np.ones((32, 32), np.uint16), origin=(500000.0, 5300000.0))
    far = replace(scene.rasters["B04"].grid, crs=crs, transform=(10.0, 0.0, 2e5, 0.0, -10.0, 5300000.0))
    world.scenes[0] = replace(scene, rasters={"B04": replace(scene.rasters["B04"], grid=far)})
    plan = world.plan(make_geobox((32, 32), 10.0, (500000.0, 5300000.0)))
    assert next(plan.tasks(plan.periods[0])).observations


def test_scene_is_looked_for_a_pixel_or_two_beside_its_grid(world, make_geobox):
    world.add(np.ones((32, 32), np.uint16), origin=(500000.0, 5300000.0))
    touched = [
        bool(next(plan.tasks(plan.periods[0])).observations)
        for plan in (world.plan(make_geobox((8, 8), 10.0, (500320.0 + off, 5300000.0))) for off in (60, 200))
    ]
    assert touched == [True, False]


def test_scene_without_a_grid_is_found_by_its_footprint_and_some_more(make_request, make_scene):
    raster = {"B04": SourceRaster("red.tif", None)}
    area = box(15.0, 47.0, 15.01, 47.01)
    near = make_scene("near", {"B04": SourceRaster("x", grid())}, day=1)
    bare = replace(near, rasters=raster, scl=None, footprint=area)
    for crs, resolution in (("EPSG:32633", 100.0), ("EPSG:4326", 0.001)):
        plan = plan_of(make_request, [bare], aoi=Aoi(14.5, 46.5, 15.5, 47.5), crs=crs, resolution=resolution)
        reached = [task.geobox.boundingbox for task in plan.tasks(plan.periods[0]) if task.observations]
        assert 1 <= len(reached) <= 4
        assert len(reached) < len(plan.blocks)


def test_granules_of_an_overpass_are_one_observation(make_request, scene):
    scenes = [
        scene("twin-north", day=4, granule="33TWN"),
        scene("twin-south", day=4, granule="33TWM"),
        scene("other", day=2),
    ]
    plan = plan_of(make_request, scenes)
    task = next(plan.tasks(plan.periods[0]))
    assert [len(observation.granules) for observation in task.observations] == [1, 2]
    assert [granule.scene_id for granule in task.observations[1].granules] == ["twin-north", "twin-south"]


def test_bands_come_in_the_order_of_the_request_and_by_any_name(make_request, scene):
    scenes = [scene("a", bands=("B02", "B03", "B04", "B08"), offset=-1000)]
    plan = plan_of(make_request, scenes, bands=("nir", "B02", "red"))
    (granule,) = next(plan.tasks(plan.periods[0])).observations[0].granules
    assert [raster.href[-7:] for raster in granule.bands] == ["B08.tif", "B02.tif", "B04.tif"]
    assert granule.scl.href.endswith("SCL.tif")
    assert granule.offset == -1000


def test_without_a_mask_no_scene_classification_is_read(make_request, scene):
    plan = plan_of(make_request, [scene("a")], mask="none")
    assert next(plan.tasks(plan.periods[0])).observations[0].granules[0].scl is None


def test_tasks_travel_light(make_request, scene):
    """With addresses as long as those of the Planetary Computer."""
    scenes = [scene(f"{day:02}" * 105, day=day, bands=("B02", "B03", "B04")) for day in range(1, 13)]
    plan = plan_of(make_request, scenes, bands=("red", "green", "blue"))
    task = next(plan.tasks(plan.periods[0]))
    parcel = pickle.dumps(task)
    assert len(task.observations) == 12
    assert len(parcel) < 10_000
    assert pickle.loads(parcel) == task


def test_blocks_that_the_same_scenes_touch_share_their_observations(make_request, scene):
    """So that parts pickle small, and clients of large clusters plan in time."""
    east = grid(origin=(600000.0, 5300040.0))
    plan = plan_of(
        make_request,
        [scene("a"), scene("b", granule="33TXN", source=east)],
        aoi=Aoi(15.9, 46.9, 16.4, 47.3),
    )
    kinds = {}
    for task in plan.tasks(plan.periods[0]):
        touching = tuple(granule.scene_id for one in task.observations for granule in one.granules)
        assert kinds.setdefault(touching, task.observations) is task.observations
    assert len(kinds) > 1
