"""What of a comparison is written and fingerprinted."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import box

from cloudless_mosaic.burned.pair import ScenePair
from cloudless_mosaic.burned.plan import make_plan
from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.burned.stac import plan_fingerprint, run_parameters
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.request import declaration_of
from cloudless_mosaic.domain.scenes import Scene, SourceGrid, SourceRaster
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.projection import project
from request_values import two_values

pytestmark = pytest.mark.slow

GRID = SourceGrid("EPSG:32610", (10.0, 0.0, 600000.0, 0.0, -10.0, 4500000.0), (1098, 1098))


def scene(name, day):
    return Scene(
        id=name,
        collection="sentinel-2-l2a",
        datetime=datetime(2021, 7, 13, 18, 49, 19, tzinfo=UTC) + timedelta(days=day),
        cloud_cover=1.0,
        platform="sentinel-2a",
        granule="10TFK",
        overpass=f"S2A_{day}",
        datastrip="S1",
        baseline="03.01",
        generated="",
        footprint=project(box(*GRID.bounds), GRID.crs, "EPSG:4326"),
        rasters={band: SourceRaster(f"https://a.example/{band}.tif", GRID) for band in ("B08", "B12")},
        scl=None,
        offset=0,
        offset_reason="",
    )


REQUEST = BurnedAreaRequest(pre_fire_url="a.json", post_fire_url="b.json")
PLAN = make_plan(REQUEST, ScenePair(scene("a", 0), scene("b", 5)), lambda _: GRID)


def with_request(**changes):
    """The plan for a changed request, everything else as it was."""
    request = replace(REQUEST, **changes)
    return replace(PLAN, request=request, sources=replace(PLAN.sources, request=request))


@pytest.mark.parametrize("name", [field.name for field in fields(BurnedAreaRequest)])
@settings(max_examples=20)
@given(data=st.data())
def test_the_declaration_of_a_field_is_true(name, data):
    """The fingerprint changes with each field that decides pixels or their place, and with no other."""
    decides = declaration_of(BurnedAreaRequest, name).decides
    one, other = data.draw(two_values(name, REQUEST.mask))
    before, after = (plan_fingerprint(with_request(**{name: value})) for value in (one, other))
    assert (before == after) == (decides == "neither")


def test_the_record_is_as_it_has_always_been():
    plan = with_request(
        post_fire_url="https://me:pw@a.example/b.json?token=t",
        aoi=Aoi(-121.5, 40.4, -121.4, 40.5),
        profile=ProviderProfile(name="Mine", offset="raw"),
        boa_offset=0,
    )
    assert json.dumps(run_parameters(plan)) == (
        '{"pre_fire": "a", "post_fire": "https://a.example/b.json", "index": "dnbr", '
        '"aoi": "-121.5,40.4,-121.4,40.5", "resolution": 10.0, "profile": {"name": "Mine", "offset": "raw"}, '
        '"boa_offset": 0, "mask": "scl", "scl_clear": [2, 4, 5, 7], "cloud_dilation": 100.0, '
        '"compression": "deflate"}'
    )
    assert json.dumps(run_parameters(with_request(mask="none"))) == (
        '{"pre_fire": "a", "post_fire": "b", "index": "dnbr", "resolution": 10.0, "boa_offset": "auto", '
        '"mask": "none", "compression": "deflate"}'
    )


def test_a_scene_that_is_not_named_is_refused():
    with pytest.raises(UsageError, match="post_fire_url is empty; give the address or file of a STAC item"):
        BurnedAreaRequest(pre_fire_url="a.json", post_fire_url=" ")


def test_a_map_coarser_than_the_scenes_is_planned_as_a_mosaic_is():
    assert not REQUEST.exact
    assert all(not task.before.exact and not task.after.exact for task in PLAN.tasks())
