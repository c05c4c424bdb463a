"""Filled pixels against numpy: every way, in every order, wherever blocks and series are cut."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from cloudless_mosaic.compositing.series import compose_series
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import make_plan
from cloudless_mosaic.planning.series import Series
from fill_oracle import FLAGS, FillOracle, Overpass
from memory_reader import MemoryRaster, MemoryReader

SHAPE = 24, 31
GRID = SourceGrid("EPSG:32610", (20.0, 0.0, 500_000.0, 0.0, -20.0, 5_300_000.0), SHAPE)
FIRST, LAST = date(2020, 10, 3), date(2020, 10, 27)
"""Four periods of six days and one of a single day."""
WAYS = ("window:13", "neighbours:2", "relax", "interpolate")
BANDS = {"red": "B04", "nir": "B08"}
CLEAR_CLASSES = (2, 4, 5, 6, 11)


def overpasses(seed):
    """Scenes around the periods: some clear, some under clouds, some without a clear pixel."""
    rng = np.random.default_rng(seed)
    days = range(-14, (LAST - FIRST).days + 15)
    found = []
    for day in sorted(rng.choice(days, rng.integers(1, 14), replace=False)):
        clouds, unclassified, missing = (
            rng.choice([0, 0.005, 0.03, 1]),
            0.1 * rng.random(),
            0.2 * rng.random(),
        )
        scl = np.full(SHAPE, 4, np.uint8)
        scl[rng.random(SHAPE) < unclassified] = 7
        scl[rng.random(SHAPE) < clouds] = rng.choice([3, 8, 9, 10])
        scl[: int(missing * SHAPE[0])] = 0
        bands = rng.integers(1, 9000, (len(BANDS), *SHAPE), np.uint16) * (scl > 0)
        cover = rng.choice([5.0, 95.0], p=[0.7, 0.3])
        found.append(Overpass(FIRST + timedelta(days=int(day)), cover, scl, bands.astype(np.uint16)))
    return found


def scene_of(place, overpass):
    def raster(name):
        return SourceRaster(f"{place}/{name}", GRID)

    return Scene(
        id=f"S2A_{place}",
        collection="sentinel-2-l2a",
        datetime=datetime.combine(overpass.day, time(19, 2), UTC),
        cloud_cover=overpass.cloud_cover,
        platform="sentinel-2a",
        granule="10TET",
        overpass=f"{place}",
        datastrip="",
        baseline="02.14",
        generated="",
        footprint=box(-124, 47, -121, 49),
        rasters={name: raster(name) for name in BANDS.values()},
        scl=raster("SCL"),
        offset=0,
        offset_reason="",
    )


def reader_of(found):
    rasters = {}
    for place, one in enumerate(found):
        rasters[f"{place}/SCL"] = MemoryRaster(GRID, one.scl)
        for name, pixels in zip(BANDS.values(), one.bands, strict=True):
            rasters[f"{place}/{name}"] = MemoryRaster(GRID, pixels)
    return MemoryReader(rasters)


def plan_of(found, **changes):
    request = MosaicRequest(
        start_date=FIRST,
        end_date=LAST,
        aoi=Aoi(-123.0, 47.8, -122.99, 47.85),
        like=GRID,
        resolution=20,
        bands=tuple(BANDS),
        period="6days",
        mask="scl",
        cloud_dilation=50.0,
        clear_classes=CLEAR_CLASSES,
        max_cloud_cover=50,
        **changes,
    )
    scenes = [scene_of(place, one) for place, one in enumerate(found)]
    own = [s for s in scenes if FIRST <= s.datetime.date() <= LAST and s.cloud_cover <= 50]
    spare = [scene for scene in scenes if scene not in own]
    return make_plan(request, SceneSet(tuple(own), spare=tuple(spare)))


def composites(plan, reader, periods):
    """Planes of every period, put together from blocks; series are made of some periods each."""
    every = [Mosaic(plan, period) for period in plan.periods]
    whole = {}
    for mosaics in cut(every, periods):
        for task in Series(plan, mosaics).tasks({}):
            for composite in compose_series(task, reader):
                rows, columns = task.block.window
                planes = whole.setdefault(composite.period.label, empty())
                planes["values"][:, rows, columns] = composite.data
                planes["count"][rows, columns] = composite.count
                planes["filled"].append(dict(composite.filled))
                for name in ("flags", "date"):
                    planes[name][rows, columns] = composite.layers[name][0]
    return [whole[period.period.label] for period in plan.periods]


def cut(values, length):
    return [values[start : start + length] for start in range(0, len(values), length)]


def empty():
    planes = {name: np.zeros(SHAPE, np.int64) for name in ("count", "flags", "date")}
    return planes | {"values": np.zeros((len(BANDS), *SHAPE), np.uint16), "filled": []}


ORDERS = st.permutations(WAYS).flatmap(lambda ways: st.integers(1, 4).map(lambda number: ways[:number]))
CUTS = st.sampled_from([((0, 24), (0, 31)), ((0, 7, 24), (0, 16, 30, 31))])


@pytest.mark.slow
@settings(max_examples=25)
@given(st.integers(0, 2**32), ORDERS, st.sampled_from(["median", "first"]), CUTS, st.integers(1, 5))
def test_filled_pixels_are_those_of_numpy(seed, ways, reducer, cuts, length):
    found = overpasses(seed)
    plan = plan_of(found, fill=",".join(ways), reducer=reducer, layers=("date",))
    made = composites(replace(plan, blocks=Blocks(*cuts)), reader_of(found), length)
    periods = [
        (period.start.date(), (period.end - timedelta(days=1)).date()) for period in plan.request.periods
    ]
    oracle = FillOracle(found, periods, 50, CLEAR_CLASSES, 2.5, reducer)
    fills = [(way, int(number or 0)) for way, _, number in (text.partition(":") for text in ways)]
    for planes, expected in zip(made, oracle.results(fills), strict=True):
        np.testing.assert_array_equal(planes["flags"], expected.flags)
        np.testing.assert_array_equal(planes["values"], expected.values)
        np.testing.assert_array_equal(planes["count"], expected.count)
        if reducer == "first":
            np.testing.assert_array_equal(
                planes["date"][expected.count > 0], expected.days[expected.count > 0]
            )
        # what the composites say is what the flags show
        said = {way: sum(one.get(way, 0) for one in planes["filled"]) for way in FLAGS}
        assert said == {way: np.count_nonzero(planes["flags"] == flag) for way, flag in FLAGS.items()}
