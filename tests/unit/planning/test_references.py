"""Scenes of neighbouring periods that those of a period are compared with."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import pytest

from cloudless_mosaic.planning.estimate import estimate
from cloudless_mosaic.planning.references import reference_scenes

FULL = np.full((20, 20), 400, np.uint16)


@pytest.fixture
def world_of_days(make_world):
    def make(*days):
        world = make_world()
        for day in days:
            world.add(dict.fromkeys(("blue", "red", "nir"), FULL), np.full((10, 10), 4), day=day)
        return world

    return make


def plan_of(world, make_geobox, most, **options):
    limits = (("neighbours", str(most)),)
    return world.plan(make_geobox((20, 20)), mask="multidate", mask_options=limits, **options)


def test_they_are_those_of_the_periods_before_and_after(world_of_days, make_geobox):
    world = world_of_days(3, 6, 12, 25)
    plan = plan_of(world, make_geobox, 2, period="dekad")
    first, second, third = plan.periods
    ids = [[scene.id for scene in reference_scenes(plan.periods, one)] for one in plan.periods]
    assert ids == [["scene-2"], ["scene-0", "scene-1", "scene-3"], ["scene-2"]]
    (task,) = plan.tasks(second)
    granules = [granule for observation in task.references for granule in observation.granules]
    assert [one.scene_id for one in granules] == ids[1]
    assert [len(one.bands) for one in granules] == [3, 3, 3]
    assert {raster.href for one in granules for raster in one.bands} <= set(task.hrefs)
    assert not [one for other in (first, third) for one in plan.tasks(other) if len(one.references) != 1]


def test_they_are_at_most_a_month_away_and_no_scene_of_the_period_itself(world_of_days, make_geobox):
    world = world_of_days(10, 20)
    plan = plan_of(world, make_geobox, 2)
    (period,) = plan.periods
    own, other = period.scenes
    times = [datetime(2023, *day, 12, tzinfo=UTC) for day in ((9, 1), (9, 30), (10, 2), (12, 1))]
    later = [replace(other, id=f"later-{time:%m-%d}", datetime=time) for time in times]
    after = replace(
        period,
        period=replace(period.period, label="after", start=period.period.end, end=times[-1]),
        scenes=(own, *later),
    )
    found = reference_scenes((period, after), period)
    assert [scene.id for scene in found] == ["later-09-01", "later-09-30"]


def test_without_the_option_or_scenes_there_are_none_and_memory_is_planned_for(world_of_days, make_geobox):
    world = world_of_days(3, 12)
    options = {"period": "dekad", "end_date": date(2023, 8, 31)}
    off, on = (plan_of(world, make_geobox, most, **options) for most in (0, 1))
    assert not any(task.references for task in off.tasks(off.periods[0]))
    assert all(task.references for task in on.tasks(on.periods[0]))
    # a period without scenes of its own has nothing to compare
    assert not any(task.references for task in on.tasks(on.periods[2]))
    assert estimate(on).task_memory > estimate(off).task_memory
