from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from pyproj import Transformer

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.estimate import estimate, read_resolution


def bytes_read(world, plan):
    """What a reader is really asked for."""
    reader = world.reader()
    for task in plan.tasks(plan.periods[0]):
        compose(task, reader)
    sizes = {"scl.tif": 1}
    return sum(np.prod(read.shape) * sizes.get(read.href.rsplit("/")[-1], 2) for read in reader.reads)


@pytest.fixture
def filled(world):
    for day in (1, 2, 3):
        bands = {"red": np.full((256, 256), 900, np.uint16), "nir": np.full((256, 256), 900, np.uint16)}
        world.add(bands, np.full((128, 128), 4), day=day, overviews=(2, 4, 8))
    return world


@pytest.mark.parametrize(
    ("resolution", "options"),
    [
        (10.0, {}),
        (20.0, {}),
        (80.0, {}),
        (80.0, {"exact": True}),
        (160.0, {"mask": "none"}),
    ],
)
def test_bytes_are_those_that_are_read(filled, make_geobox, resolution, options):
    edge = int(2560 / resolution)
    blocks = Blocks((0, edge // 2, edge), (0, edge))
    plan = filled.plan(make_geobox((edge, edge), resolution), blocks, bands=("red", "nir"), **options)
    cost = estimate(plan)
    assert cost.read_bytes == pytest.approx(bytes_read(filled, plan), rel=0.02)
    assert cost.period_bytes == (cost.read_bytes,)
    assert cost.tasks == 2


def test_bytes_count_the_ground_that_scenes_cover(filled, make_geobox):
    """Half of the grid lies beside the scenes."""
    plan = filled.plan(make_geobox((256, 512)), bands=("red", "nir"))
    assert estimate(plan).read_bytes == pytest.approx(bytes_read(filled, plan), rel=0.02)


def test_bands_of_several_resolutions(filled, make_geobox):
    plan = filled.plan(make_geobox((256, 256)), bands=("red", "nir"))
    scenes = []
    for scene in plan.periods[0].scenes:
        grid = scene.rasters["B08"].grid
        coarse = replace(
            grid, transform=(20.0, 0.0, *grid.transform[2:4], -20.0, grid.transform[5]), shape=(128, 128)
        )
        scenes.append(replace(scene, rasters=scene.rasters | {"B08": SourceRaster("coarse", coarse)}))
    mixed = replace(plan, periods=(replace(plan.periods[0], scenes=tuple(scenes)),))
    share = (2 + 0.5 + 0.25) / (2 + 2 + 0.25)
    assert estimate(mixed).read_bytes == pytest.approx(share * estimate(plan).read_bytes, rel=1e-3)


def test_grids_that_are_not_declared_are_taken_for_those_of_the_product(filled, make_geobox):
    plan = filled.plan(make_geobox((256, 256)), bands=("red", "nir"))
    scenes = tuple(
        replace(
            scene,
            rasters={name: replace(raster, grid=None) for name, raster in scene.rasters.items()},
            scl=replace(scene.scl, grid=None),
        )
        for scene in plan.periods[0].scenes
    )
    bare = replace(plan, periods=(replace(plan.periods[0], scenes=scenes),))
    assert estimate(bare) == estimate(plan)


def test_degrees_cost_about_as_much_as_metres(filled, make_geobox):
    metres = estimate(filled.plan(make_geobox((128, 128), 20.0), bands=("red",)))
    west, north = Transformer.from_crs("EPSG:32633", "EPSG:4326", always_xy=True).transform(499980, 5300040)
    degrees = filled.plan(make_geobox((129, 192), 0.00018, (west, north), "EPSG:4326"), bands=("red",))
    cost = estimate(degrees)
    assert metres.read_bytes < cost.read_bytes < 2 * metres.read_bytes
    assert metres.task_memory < cost.task_memory < 3 * metres.task_memory


def test_memory_of_a_task_holds_its_stack(filled, make_geobox):
    plan = filled.plan(make_geobox((256, 256)), bands=("red", "nir"))
    stack = 3 * 2 * 256 * 256 * 2
    assert stack < estimate(plan).task_memory < 4 * stack
    halves = replace(plan, blocks=Blocks((0, 128, 256), (0, 256)))
    assert estimate(halves).task_memory == pytest.approx(estimate(plan).task_memory / 2)


def test_output_has_bands_count_picture_and_overviews(filled, make_geobox):
    plan = filled.plan(make_geobox((256, 200)), bands=("red", "nir"), end_date=date(2023, 9, 30))
    assert estimate(plan).output_bytes == pytest.approx(256 * 200 * (2 * 2 + 2 + 3) * 4 / 3, abs=1)


def test_plan_without_a_scene_costs_nothing(world, make_geobox):
    cost = estimate(world.plan(make_geobox((8, 8))))
    assert (cost.tasks, cost.read_bytes, cost.task_memory, cost.output_bytes) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("resolution", "exact", "read"),
    [
        (10, False, 10),
        (39, False, 10),
        (40, False, 20),
        (100, False, 40),
        (100, True, 10),
        (1000, False, 320),
    ],
)
def test_resolution_that_bands_are_read_at(filled, make_geobox, resolution, exact, read):
    plan = filled.plan(make_geobox((2, 2), resolution), exact=exact)
    assert read_resolution(plan, plan.periods[0].scenes[0].rasters["B04"]) == read
