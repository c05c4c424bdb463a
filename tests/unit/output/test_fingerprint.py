import json
import os
import shutil
from dataclasses import fields, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.domain.request import MosaicRequest, declaration_of
from cloudless_mosaic.domain.scenes import SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.output import fingerprint as module
from cloudless_mosaic.output.fingerprint import differences, fingerprint, plan_record
from cloudless_mosaic.planning.plan import make_plan
from request_values import has_two_values, two_values
from written_months import make_plan as plan_of_months

PLAN = plan_of_months()


def with_scenes(plan, change):
    """The plan with its first scene changed."""
    first, *others = plan.scene_set.scenes
    return replace(plan, scene_set=SceneSet((change(first), *others), plan.scene_set.dropped))


def with_request(plan, **changes):
    return replace(plan, request=replace(plan.request, **changes))


GRID = SourceGrid("EPSG:32610", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (10980, 10980))

CHANGES = {
    "bands": lambda plan: with_request(plan, bands=("red",)),
    "resolution": lambda plan: with_request(plan, resolution=20.0),
    "mask": lambda plan: with_request(plan, mask="none"),
    "exact": lambda plan: with_request(plan, exact=True),
    "compression": lambda plan: with_request(plan, compression="zstd"),
    "grid": lambda plan: replace(plan, geobox=plan.geobox.pad(1)),
    "offset": lambda plan: with_scenes(plan, lambda scene: replace(scene, offset=-1000)),
    "time": lambda plan: with_scenes(
        plan, lambda scene: replace(scene, datetime=scene.datetime + timedelta(1))
    ),
    "file": lambda plan: with_scenes(
        plan, lambda scene: replace(scene, rasters={"B04": SourceRaster("https://a.example/b.tif", GRID)})
    ),
    "dropped": lambda plan: replace(plan, scene_set=SceneSet(plan.scene_set.scenes, ())),
}


@pytest.mark.parametrize("what", CHANGES)
def test_what_decides_the_bytes_decides_the_fingerprint(plan, what):
    before, after = plan_record(plan), plan_record(CHANGES[what](plan))
    assert fingerprint(before) != fingerprint(after)
    assert differences(before, after)


def test_the_view_decides_where_the_reducer_scores_it(plan):
    seen = with_scenes(plan, lambda scene: replace(scene, view=9.0))
    assert plan_record(seen) == plan_record(plan)
    bands = ("blue", "red")
    before, after = (plan_record(with_request(one, reducer="best", bands=bands)) for one in (plan, seen))
    assert fingerprint(before) != fingerprint(after)


@pytest.mark.parametrize("name", [one.name for one in fields(MosaicRequest) if has_two_values(one.name)])
@settings(max_examples=20)
@given(data=st.data())
def test_the_declaration_of_a_field_is_true(name, data):
    """The fingerprint changes with each field that decides pixels or their place, and with no other."""
    decides = declaration_of(MosaicRequest, name).decides
    one, other = data.draw(two_values(name))
    before, after = (fingerprint(plan_record(with_request(PLAN, **{name: value}))) for value in (one, other))
    assert (before == after) == (decides == "neither")


def test_tokens_in_addresses_do_not(plan):
    signed = with_scenes(plan, lambda scene: replace(scene, href=scene.href.replace("secret", "other")))
    assert signed != plan
    assert fingerprint(plan_record(plan)) == fingerprint(plan_record(signed))
    assert "sig=" not in json.dumps(plan_record(plan))


def test_the_size_of_blocks_does_not(plan):
    halved = replace(plan, blocks=plan.blocks.halved())
    assert halved != plan
    assert plan_record(plan) == plan_record(halved)


@pytest.mark.slow
def test_the_place_of_a_local_catalogue_does_not(trial_archive, trial_request, tmp_path, monkeypatch):
    """Parts of one plan may run in containers that each see the catalogue at another place."""
    (tmp_path / "link").symlink_to(trial_archive.folder)
    shutil.copytree(trial_archive.folder, tmp_path / "copy/of/it", copy_function=os.link)
    monkeypatch.chdir(tmp_path)
    places = (
        str(trial_archive.catalog),
        str(trial_archive.folder),
        trial_archive.catalog.as_uri(),
        "link/catalog.json",
        "copy/of/it/catalog.json",
    )

    def record(place):
        request = replace(trial_request, stac_url=place)
        return plan_record(make_plan(request, find_scenes(request)))

    first, *others = map(record, places)
    assert first["scenes"]
    assert all(other == first for other in others)


def test_a_record_survives_its_file(plan):
    record = plan_record(plan)
    assert fingerprint(json.loads(json.dumps(record))) == fingerprint(record)


def test_differences_are_named(plan, monkeypatch):
    def between(one, other):
        return differences(plan_record(one), plan_record(other))

    assert between(plan, CHANGES["resolution"](plan)) == "resolution is 40.0 there and 20.0 here"
    assert "bands is red,green,blue,nir there and red here" in between(plan, CHANGES["bands"](plan))
    assert "1 changed, S2A_1 for example" in between(plan, CHANGES["offset"](plan))
    fewer = replace(plan, scene_set=SceneSet(plan.scene_set.scenes[1:], plan.scene_set.dropped))
    assert "1 new, S2A_1 for example" in between(fewer, plan)
    assert "1 gone, S2A_1 for example" in between(plan, fewer)
    theirs = plan_record(plan)
    assert differences({"parameters": theirs["parameters"]}, theirs) == "the search gives other scenes"
    assert differences({}, theirs) == "it doesn't say how it was made"
    monkeypatch.setattr(module, "__version__", "99.0")
    assert "this is 99.0" in differences(theirs, plan_record(plan))
