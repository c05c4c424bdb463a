"""The stages of a granule: what each of them holds, and for how long."""

import gc
import weakref
from dataclasses import FrozenInstanceError, replace

import numpy as np
import pytest

from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.granules import LostGranule, ReadGranule, SelectedGranule
from cloudless_mosaic.compositing.masking import mask_granules
from cloudless_mosaic.compositing.placing import place_granules

CLEAR, CLOUD = 4, 9


def ground(value=1000, shape=(64, 64)):
    return np.full(shape, value, np.uint16)


def classes(code=CLEAR, shape=(32, 32)):
    return np.full(shape, code, np.uint8)


@pytest.fixture
def task_of(world, make_geobox):
    def planning(bands=("red",), **options):
        plan = world.plan(make_geobox((64, 64)), bands=bands, **options)
        (task,) = plan.tasks(plan.periods[0])
        return task

    return planning


def masked(task, reader):
    return mask_granules(place_granules(task, reader), task.mask, reader)


def test_a_granule_is_masked_and_selected_without_changing_the_stage_before(world, task_of):
    world.add(ground(), classes())
    (granule,) = masked(task_of(), world.reader()).granules
    selected = SelectedGranule.of(granule)
    for stage, field in ((granule.placed, "bands"), (granule, "mask"), (selected, "needed")):
        with pytest.raises(FrozenInstanceError):
            setattr(stage, field, None)
    assert selected.placed is granule.placed
    assert selected.statistics is granule.statistics


def test_bands_of_one_resolution_share_their_needed_samples(world, task_of):
    world.add({"red": ground(), "nir": ground(), "swir16": ground(shape=(32, 32))}, classes())
    (granule,) = masked(task_of(("red", "nir")), world.reader()).granules
    selected = SelectedGranule.of(granule)
    red, nir = granule.placed.bands
    assert red.part == nir.part
    assert list(selected.needed) == [red.part]


@pytest.mark.parametrize(("code", "chosen"), [(CLEAR, True), (CLOUD, False)])
def test_a_granule_under_cloud_is_not_selected(world, task_of, code, chosen):
    world.add(ground(), classes(code))
    (granule,) = masked(task_of(), world.reader()).granules
    assert (SelectedGranule.of(granule) is not None) == chosen
    unread = granule.unread()
    assert isinstance(unread, ReadGranule)
    assert not unread.filled
    assert unread.statistics == granule.statistics


def test_lost_granules_keep_their_place_and_say_why(world, task_of):
    world.add(ground(), classes(), day=1, id="good")
    world.add(ground(), classes(code=99), day=2, id="garbage")
    world.add(ground(), classes(), day=3, id="unreadable")
    world.failing.add("unreadable/scl.tif")
    found = masked(task_of(), world.reader())
    assert [one.placed.number for one in found.granules] == [0]
    lost = {one.number: one for one in found.lost}
    assert all(isinstance(one, LostGranule) for one in lost.values())
    assert "garbage can't be used here: " in lost[1].reason
    assert lost[1].statistics.unknown > 0
    assert lost[2].scene_id == "unreadable"
    assert lost[2].statistics is None


@pytest.mark.parametrize("shared", [False, True])
def test_masks_are_freed_before_the_stack_is_reduced(world, task_of, monkeypatch, shared):
    """The memory of masks is free for others by the time that the reducer runs."""
    for day in (1, 2, 3):
        world.add(ground(), classes(), day=day, id=f"a{day}", granule="a")
        if shared:
            half = classes()
            half[:, 16:] = 0
            world.scenes.pop()
            world.add(ground(), half, day=day, id=f"a{day}", granule="a")
            world.add(ground(), classes(), day=day, id=f"b{day}", granule="b")
    alive, left, task = [], [], task_of()

    def keep_track(*args):
        found = mask_granules(*args)
        alive.extend(weakref.ref(one.mask.clear) for one in found.granules)
        return found

    class Watching:
        cloud_reach = 0.0
        scores_view = False

        def reduce(self, stack):
            gc.collect()
            left.append(sum(one() is not None for one in alive))
            return task.reducer.reduce(stack)

    monkeypatch.setattr("cloudless_mosaic.compositing.compose.mask_granules", keep_track)
    mosaic = compose(replace(task, reducer=Watching()), world.reader())
    assert (mosaic.count == 3).all()
    assert len(alive) == (6 if shared else 3)
    assert left == [0]
