"""Whatever is written into an item, it is a scene, it is refused with a reason, or it wasn't asked for."""

import copy
import json
import math
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.errors import UsageError

JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(
        [10**300, -1, math.nan, math.inf, "", "x", "\x1b[31m", "../../etc/passwd", "/vsicurl/x", "EPSG:None"]
    ),
    st.text(max_size=20),
    st.lists(st.none() | st.integers() | st.floats() | st.text(max_size=3), max_size=9),
    st.dictionaries(st.text(max_size=5), st.none() | st.integers() | st.text(max_size=3), max_size=3),
)
PATHS = (
    *((field,) for field in ("id", "type", "collection", "geometry", "properties", "assets", "links")),
    *(
        ("properties", name)
        for name in (
            *(
                "datetime",
                "platform",
                "eo:cloud_cover",
                "proj:epsg",
                "proj:code",
                "proj:wkt2",
                "proj:projjson",
            ),
            *("proj:shape", "proj:transform", "s2:mgrs_tile", "grid:code", "mgrs:utm_zone", "s2:datatake_id"),
            *(
                "s2:datastrip_id",
                "s2:product_type",
                "s2:processing_baseline",
                "s2:generation_time",
                "updated",
            ),
            *("earthsearch:boa_offset_applied", "sentinel:product_id", "eopf:datastrip_id"),
        )
    ),
    *(("geometry", name) for name in ("type", "coordinates")),
    *(("assets", key) for key in ("B04", "SCL", "red", "B04_10m")),
    *(
        ("assets", "B04", name)
        for name in (
            *("href", "type", "gsd", "proj:shape", "proj:transform", "proj:epsg", "proj:wkt2"),
            *("raster:bands", "raster:offset", "raster:scale", "bands"),
        )
    ),
)


def search(path):
    return find_scenes(
        MosaicRequest(
            start_date=date(2020, 10, 1),
            end_date=date(2020, 12, 31),
            aoi=Aoi(-122.275, 47.546, -121.961, 47.746),
            bands=("red",),
            stac_url=str(path),
        )
    )


def put(item, path, value):
    """A copy of an item with one value replaced; as it was where the place isn't there."""
    changed = copy.deepcopy(item)
    *parents, last = path
    place = changed
    for name in parents:
        place = place.get(name) if isinstance(place, dict) else None
    if isinstance(place, dict):
        place[last] = value
    return changed


def write(folder, *items):
    path = folder / "items.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": items}), "utf-8")
    return path


@pytest.mark.slow
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PATHS), JUNK), min_size=1, max_size=3))
def test_junk_never_crashes_and_never_vanishes_in_silence(tmp_path, make_item, changes):
    item = make_item()
    for path, value in changes:
        item = put(item, path, value)
    good = make_item("2020-11-12")
    found = search(write(tmp_path, good, item))
    assert good["id"] in {scene.id for scene in found.scenes}
    for scene in found.scenes:
        assert scene.cloud_cover is None or 0 <= scene.cloud_cover <= 100
        assert scene.offset in {0, -1000}
        assert not scene.rasters["B04"].href.startswith("/vsi")
    for dropped in found.dropped:
        assert dropped.reason
        assert dropped.id.isprintable()
        assert dropped.reason.isprintable()


BREAKS = {
    "datetime": (("properties", "datetime"), None, "no sensing time"),
    "geometry": (("geometry",), None, "no footprint polygon"),
    "the whole world": (
        ("geometry", "coordinates"),
        [[[-180, -90], [-60, -90], [60, -90], [180, -90], [180, 90], [-180, 90], [-180, -90]]],
        "footprint",
    ),
    "classification": (("assets", "SCL"), None, "no scene classification"),
    "band": (("assets", "B04"), None, "no band red"),
    "no assets": (("assets",), None, "no assets"),
    "cloud": (("properties", "eo:cloud_cover"), -5, "not a percentage"),
    "cloudy": (("properties", "eo:cloud_cover"), 43.8, "cloud cover 43.8 % is above 25 %"),
    "hardly cloudy": (("properties", "eo:cloud_cover"), 25.01, "cloud cover 25.01 % is above 25 %"),
    "shape": (("assets", "B04", "proj:shape"), [40000, 40000], "larger than a granule"),
    "shape at 20 m": (("assets", "SCL", "proj:shape"), [10980, 10980], "larger than a granule"),
    "id": (("id",), "../../evil", "its id"),
    "hidden id": (("id",), ".evil", "its id"),
    "long id": (("id",), "x" * 129, "its id"),
    "satellite": (("properties", "platform"), "landsat-8", None),
    "level": (("properties", "s2:product_type"), "S2MSI1C", "not Level-2A"),
    "href": (("assets", "B04", "href"), "/vsicurl/https://x.example/B04.tif", "an asset lies at"),
}


@pytest.mark.parametrize(("path", "value", "reason"), BREAKS.values(), ids=BREAKS)
def test_bad_metadata_drops_that_scene_alone_with_its_reason(tmp_path, make_item, path, value, reason):
    good, bad = make_item("2020-11-12"), put(make_item(), path, value)
    found = search(write(tmp_path, good, bad))
    if reason is None:
        # the satellite is told by the id, too
        assert len(found.scenes) == 2
        return
    assert [scene.id for scene in found.scenes] == [good["id"]]
    (dropped,) = found.dropped
    assert reason in dropped.reason
    if path != ("properties", "datetime"):
        # counted as found in its month
        assert dropped.datetime is not None


@pytest.mark.parametrize("epsg", [None, "EPSG:None", "", 0, 99999999, "32610x", []], ids=repr)
def test_a_projection_that_is_none_leaves_the_grid_to_the_file(tmp_path, make_item, epsg):
    (scene,) = search(write(tmp_path, put(make_item(), ("properties", "proj:epsg"), epsg))).scenes
    assert scene.rasters["B04"].grid is None
    assert scene.scl.grid is None


def test_a_missing_cloud_cover_is_taken_with_one_warning(tmp_path, make_item):
    items = [
        put(make_item(f"2020-10-{day:02}"), ("properties", "eo:cloud_cover"), None) for day in range(1, 8)
    ]
    found = search(write(tmp_path, *items))
    assert len(found.scenes) == 7
    (warning,) = found.warnings
    assert "cloud cover" in warning
    assert "and 2 more" in warning


def test_a_band_that_no_scene_has_is_a_mistake_of_the_user(tmp_path, make_item):
    items = [put(make_item(day), ("assets", "B04"), None) for day in ("2020-10-08", "2020-11-12")]
    with pytest.raises(UsageError, match=r"no band red; its bands: blue, green, nir"):
        search(write(tmp_path, *items))
