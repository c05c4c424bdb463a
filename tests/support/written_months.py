from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

import numpy as np
import pytest
from shapely.geometry import box

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.results import LostObservation, PeriodResult, SceneNote
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.output import BlockSink, OutputFolder
from cloudless_mosaic.planning.grid import mosaic_geobox, utm_crs
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import MosaicPlan

AOI = Aoi(-122.28, 47.5, -121.9, 47.75)


def make_scene(name, day, href, offset=0):
    return Scene(
        id=name,
        collection="sentinel-2-l2a",
        datetime=datetime(2020, 10, day, 19, 2, 39, tzinfo=UTC),
        cloud_cover=3.0,
        platform="sentinel-2a",
        granule="10TET",
        overpass=f"2020-10-{day}",
        datastrip="",
        baseline="05.00" if offset else "02.14",
        generated="",
        footprint=box(-123, 47, -121, 48),
        rasters={},
        scl=None,
        offset=offset,
        offset_reason="baseline 05.00 carries the offset" if offset else "baseline before 04.00",
        href=href,
    )


SCENES = (
    make_scene("S2A_1", 1, "https://user:pw@stac.example/items/S2A_1?sig=secret#top"),
    make_scene("S2A_2", 6, "https://stac.example/items/S2A_2", offset=-1000),
    make_scene("S2A_3", 11, ""),
    make_scene("S2A_4", 16, "https://stac.example/items/S2A_4"),
)
DROPPED = (
    DroppedScene("S2A_0", datetime(2020, 10, 1, tzinfo=UTC), "reprocessed twin of S2A_1"),
    DroppedScene("S2A_9", datetime(2020, 11, 1, tzinfo=UTC), "of another month"),
    DroppedScene("S2A_8", None, "without a time"),
)


def make_plan(bands=("red", "green", "blue", "nir"), resolution=40.0, aoi=AOI, scenes=SCENES, **changes):
    """A plan of three months of which the first has scenes."""
    request = MosaicRequest(
        start_date=date(2020, 10, 1),
        end_date=date(2020, 12, 31),
        aoi=aoi,
        bands=bands,
        resolution=resolution,
        **changes,
    )
    geobox = mosaic_geobox(aoi, resolution, request.crs or utm_crs(aoi))
    first, *others = request.periods
    periods = [
        PeriodPlan(first, scenes, len(scenes) + 1),
        *(PeriodPlan(period, (), found) for found, period in enumerate(others)),
    ]
    # blocks that don't fit the tiles of the files
    edges = (
        tuple(sorted({0, length, *range(phase, length, 256)}))
        for length, phase in zip(geobox.shape, (50, 25), strict=True)
    )
    blocks = Blocks(*edges)
    return MosaicPlan(request, geobox, blocks, tuple(periods), SceneSet(scenes, DROPPED))


@dataclass
class Month:
    """Pixels of a whole period, and the composites they are cut into."""

    plan: MosaicPlan
    data: np.ndarray
    count: np.ndarray

    @classmethod
    def random(cls, plan, seed=0):
        rng = np.random.default_rng(seed)
        rows, columns = plan.geobox.shape
        count = rng.integers(0, 4, (rows, columns), np.uint16)
        count[: rows // 3, : columns // 4] = 0
        data = rng.integers(1, 6000, (len(plan.request.bands), rows, columns), np.uint16)
        return cls(plan, data * (count > 0), count)

    def composites(self, seed=None):
        blocks = list(self.plan.blocks)
        if seed is not None:
            blocks = [blocks[place] for place in np.random.default_rng(seed).permutation(len(blocks))]
        for block in blocks:
            lost = block.index == (1, 0)
            yield Composite(
                period=self.plan.periods[0].period,
                block=block,
                data=np.ascontiguousarray(self.data[:, *block.window]),
                count=np.ascontiguousarray(self.count[block.window]),
                scene_pixels=(("S2A_1", 40), ("S2A_3", 7)) if block.index == (0, 0) else (("S2A_2", 50),),
                observations=4,
                lost=(LostObservation("S2A_4", block.index, "B04 is truncated"),) if lost else (),
                notes=(SceneNote("S2A_1", "its file lies elsewhere"),),
                statistics=(("S2A_2", PixelStatistics(offset=-1000, classes=300, unknown=7)),),
            )


def output_of(plan, folder, **changes):
    """The output folder of a plan at a place of its own."""
    return OutputFolder(replace(plan, request=replace(plan.request, output_dir=folder, **changes)))


def write_month(month, folder, seed=None, threads=1, **changes):
    """Writes the first period of a plan."""
    with output_of(month.plan, folder, **changes) as output:
        sink = BlockSink(output, output.mosaics[0])
        with ThreadPoolExecutor(threads) as pool:
            for _ in pool.map(sink.write, month.composites(seed)):
                pass
        return sink.close()


def empty(period):
    return PeriodResult(period.period, period.found, (), 0.0, 0.0, 0, (), ())


def write_run(month, folder, **changes):
    """Writes a whole run, of which only the first period has scenes; gives the catalog."""
    with output_of(month.plan, folder, **changes) as output:
        others = month.plan.periods[1:]
        results = list(output.finished.values())
        if not results:
            sink = BlockSink(output, output.mosaics[0])
            restored = {facts.block.index for kept in sink.kept for facts in sink.restore(kept)}
            for composite in month.composites():
                if composite.block.index not in restored:
                    sink.write(composite)
            results = [sink.close()]
        return output.complete([*results, *map(empty, others)])


@pytest.fixture
def output():
    return output_of


@pytest.fixture
def write():
    return write_month


@pytest.fixture
def run():
    return write_run


@pytest.fixture
def plan_of():
    return make_plan


@pytest.fixture
def plan():
    return make_plan()


@pytest.fixture
def scene_of():
    return make_scene


@pytest.fixture
def month_of():
    return Month.random


@pytest.fixture
def month(plan):
    return Month.random(plan)
