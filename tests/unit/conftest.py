"""Scenes over arrays: what plans, composites and screens are tested with."""

import os
import signal
import sys
import warnings
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from pyproj import Transformer
from shapely import transform
from shapely.geometry import box

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import MosaicPlan
from memory_reader import MemoryRaster, MemoryReader

ORIGIN = 499980.0, 5300040.0
"""Upper left corner of the granule that scenes lie in by default."""


def scaled(pixels, factor, method):
    """An array at a coarser resolution: mean of the samples that have data, or the first of them."""
    rows, columns = pixels.shape[0] // factor, pixels.shape[1] // factor
    cells = pixels.reshape(rows, factor, columns, factor)
    if method == "nearest":
        return cells[:, 0, :, 0].copy()
    number = np.count_nonzero(cells, axis=(1, 3))
    return np.rint(cells.sum(axis=(1, 3)) / np.maximum(number, 1)).astype(pixels.dtype)


def source_grid(shape, resolution=10.0, origin=ORIGIN, crs="EPSG:32633"):
    return SourceGrid(crs, (float(resolution), 0.0, origin[0], 0.0, -float(resolution), origin[1]), shape)


def geobox_of(shape, resolution=10.0, origin=ORIGIN, crs="EPSG:32633"):
    return GeoBox(shape, Affine(resolution, 0, origin[0], 0, -resolution, origin[1]), crs)


@dataclass
class World:
    """Scenes with the arrays that a reader finds behind them."""

    scenes: list = field(default_factory=list)
    rasters: dict = field(default_factory=dict)
    failing: set = field(default_factory=set)

    def add(self, bands, scl=None, *, day=1, overviews=(), resolution=10.0, scl_resolution=20.0, **fields):
        """Adds a scene: ``bands`` by name or one array for ``red``; the day is its overpass by default."""
        bands = bands if isinstance(bands, dict) else {"red": bands}
        origin, crs = fields.pop("origin", ORIGIN), fields.pop("crs", "EPSG:32633")
        name = fields.pop("id", f"scene-{len(self.scenes)}")
        rasters = {
            canonical_band(band): self._raster(
                f"{name}/{band}.tif", pixels, source_grid(pixels.shape, resolution, origin, crs), overviews
            )
            for band, pixels in bands.items()
        }
        if scl is not None:
            grid = source_grid(scl.shape, scl_resolution, origin, crs)
            scl = self._raster(f"{name}/scl.tif", scl.astype(np.uint8), grid)
        self.scenes.append(scene_of(name, rasters, scl, day, **fields))
        return self.scenes[-1]

    def _raster(self, href, pixels, grid, overviews=()):
        levels = tuple(scaled(pixels, factor, "average") for factor in overviews)
        self.rasters[href] = MemoryRaster(grid, pixels, levels)
        return SourceRaster(href, grid)

    def reader(self):
        return MemoryReader(self.rasters, self.failing)

    def plan(self, geobox, blocks=None, **options):
        """A plan for just this grid and these blocks, whatever the AOI."""
        bands = options.pop("bands", ("red",))
        request = request_of(bands=bands, resolution=geobox.affine.a, **options)
        blocks = blocks or Blocks((0, geobox.shape[0]), (0, geobox.shape[1]))
        scene_set = SceneSet.of(self.scenes)
        periods = tuple(
            PeriodPlan(period, tuple(s for s in scene_set.scenes if s.datetime in period), len(self.scenes))
            for period in request.periods
        )
        return MosaicPlan(request, geobox, blocks, periods, scene_set)

    def mosaic(self, geobox, blocks=None, reader=None, **options):
        """The first period of a plan, composed and put together."""
        plan = self.plan(geobox, blocks, **options)
        reader = reader or self.reader()
        composites = [compose(task, reader) for task in plan.tasks(plan.periods[0])]
        return Mosaic.of(plan, composites)


@dataclass
class Mosaic:
    """Composites of one period, side by side."""

    data: np.ndarray
    count: np.ndarray
    composites: list

    @classmethod
    def of(cls, plan, composites):
        data = np.full((len(plan.request.bands), *plan.geobox.shape), 0xDEAD, np.uint16)
        count = np.full(plan.geobox.shape, 0xDEAD, np.uint16)
        for composite in composites:
            data[:, *composite.block.window] = composite.data
            count[composite.block.window] = composite.count
        return cls(data, count, composites)

    @property
    def lost(self):
        return [lost for composite in self.composites for lost in composite.lost]

    @property
    def used(self):
        return set().union(*(composite.used for composite in self.composites))


def scene_of(name, rasters, scl=None, day=1, **fields):
    grid = next(iter(rasters.values())).grid
    to_degrees = Transformer.from_crs(grid.crs, "EPSG:4326", always_xy=True).transform
    footprint = transform(box(*grid.bounds), lambda points: np.column_stack(to_degrees(*points.T)))
    moment = fields.pop("datetime", datetime(2023, 8, day, 10, tzinfo=UTC))
    return Scene(
        **{
            "id": name,
            "collection": "sentinel-2-l2a",
            "datetime": moment,
            "cloud_cover": 10.0,
            "platform": "sentinel-2a",
            "granule": "33TWL",
            "overpass": f"sentinel-2a {moment:%Y-%m-%d}",
            "datastrip": f"{moment:%Y%m%dT%H%M%S}",
            "baseline": "05.09",
            "generated": "",
            "footprint": footprint,
            "rasters": rasters,
            "scl": scl,
            "offset": 0,
            "offset_reason": "raw",
        }
        | fields
    )


def request_of(**options):
    return MosaicRequest(
        **{
            "start_date": date(2023, 8, 1),
            "end_date": date(2023, 8, 31),
            "aoi": Aoi(14.99, 47.8, 15.02, 47.86),
            "bands": ("red",),
            "mask": "scl",
            "cloud_dilation": 0.0,
        }
        | options
    )


@pytest.fixture
def world():
    return World()


@pytest.fixture(scope="session")
def make_world():
    """For property tests, which need a fresh world for every example."""
    return World


@pytest.fixture(scope="session")
def make_request():
    return request_of


@pytest.fixture(scope="session")
def make_scene():
    return scene_of


@pytest.fixture(scope="session")
def make_geobox():
    return geobox_of


@pytest.fixture(scope="session")
def make_grid():
    return source_grid


STEPS = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def _kill_before(step, root):
    """Kills this process before its so-and-so-manieth change in a folder. There's no way back."""
    taken = 0

    def count(event, arguments):
        nonlocal taken
        if event in STEPS or (event == "open" and arguments[2] & WRITING):
            taken += str(arguments[0]).startswith(str(root))
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


def _in_a_process(work):
    """Runs something in a copy of this process; true if it came to its end.

    Undisturbed runs are made in copies as well: threads of GDAL that are about to end here would leave their
    locks taken in the next copy.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
        child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


@pytest.fixture
def kill_before():
    return _kill_before


@pytest.fixture
def in_a_process():
    return _in_a_process
