"""Which radiometry a scene gets: one row per provider, baseline and flag, through a whole item."""

import json
from datetime import date

import pytest

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.request import MosaicRequest

BAND = {"href": "https://files.example.com/{}.tif", "type": "image/tiff; application=geotiff"}
COMMON = {"datetime": "2018-07-03T10:30:31Z", "platform": "sentinel-2a", "eo:cloud_cover": 1.0}

STYLES = {
    # collection, key of the red band, the property of the baseline, what else tells the provider
    "pc": ("sentinel-2-l2a", "B04", "s2:processing_baseline", {"s2:mgrs_tile": "32TNT"}),
    "es-v1": ("sentinel-2-l2a", "red", "s2:processing_baseline", {"earthsearch:payload_id": "x"}),
    "es-c1": ("sentinel-2-c1-l2a", "red", "s2:processing_baseline", {"earthsearch:payload_id": "x"}),
    "es-v0": ("sentinel-s2-l2a-cogs", "B04", "sentinel:processing_baseline", {"sentinel:sequence": "0"}),
    "cdse": ("sentinel-2-l2a", "B04_10m", "processing:version", {"eopf:instrument_mode": "INS-NOBS"}),
    "other": ("sentinel-2-l2a", "red", "s2:processing_baseline", {}),
}
FLAGS = {"es-v1": "earthsearch:boa_offset_applied", "es-v0": "sentinel:boa_offset_applied"}
FLAGS["es-c1"] = FLAGS["es-v1"]

# style, baseline, flag, advertised reflectance offset, offset or the reason of a refusal
TABLE = [
    ("pc", "02.12", None, None, 0),
    ("pc", "03.01", None, None, 0),
    ("pc", "04.00", None, None, -1000),
    ("pc", "05.10", None, None, -1000),
    ("pc", None, None, None, "no processing baseline"),
    ("pc", "00.01", None, None, 0),
    ("pc", "99.99", None, None, "none of ESA's"),
    ("es-v1", "02.14", False, 0, 0),
    ("es-v1", "02.14", None, 0, 0),
    ("es-v1", "04.00", False, -0.1, -1000),
    ("es-v1", "04.00", True, -0.1, 0),
    ("es-v1", "05.09", True, -0.1, 0),
    ("es-v1", "05.09", True, 0, 0),
    ("es-v1", None, True, -0.1, 0),
    ("es-v1", "02.14", True, 0, 0),
    ("es-v1", None, False, 0, "no processing baseline"),
    ("es-v1", "05.09", None, -0.1, "no flag says"),
    ("es-v1", "05.09", "true", -0.1, "neither true nor false"),
    ("es-v1", None, None, -0.1, "no processing baseline"),
    ("es-v0", "02.14", None, None, 0),
    ("es-v0", "02.14", False, None, 0),
    ("es-v0", "02.14", True, None, 0),
    ("es-v0", None, None, None, "no processing baseline"),
    ("es-v0", None, False, None, "no processing baseline"),
    ("es-v0", None, True, None, 0),
    ("es-v0", "05.11", True, None, 0),
    ("es-v0", "05.11", False, None, -1000),
    ("es-v0", "05.11", None, None, "no flag says"),
    ("es-c1", "05.00", None, -0.1, -1000),
    ("es-c1", "05.11", None, None, -1000),
    ("es-c1", "02.14", None, 0, 0),
    ("es-c1", "05.00", None, 0, "metadata says 0"),
    ("es-c1", "02.14", None, -0.1, "metadata says -1000"),
    ("es-c1", "05.00", True, -0.1, "a flag says"),
    ("es-c1", "05.00", False, -0.1, -1000),
    ("es-c1", "02.14", False, 0, 0),
    ("es-c1", "02.14", True, 0, "a flag says"),
    ("es-c1", None, None, -0.1, "no processing baseline"),
    ("es-c1", None, False, -0.1, "no processing baseline"),
    ("es-c1", None, True, -0.1, "no processing baseline"),
    ("cdse", "05.00", None, -0.1, -1000),
    ("cdse", "02.14", None, 0, 0),
    ("cdse", "05.00", None, 0, "metadata says 0"),
    ("cdse", None, None, -0.1, "no processing baseline"),
    ("other", "02.14", None, None, 0),
    ("other", "02.14", None, 0, 0),
    ("other", "05.09", None, -0.1, -1000),
    ("other", "05.09", None, None, "nothing says"),
    ("other", "05.09", None, 0, "metadata says 0"),
    ("other", None, None, None, "no processing baseline"),
]


def test_the_table_has_a_row_for_every_provider_baseline_and_flag():
    ages = {None: "unknown"} | {row[1]: "old" if row[1] < "04" else "new" for row in TABLE if row[1]}
    rows = {(style, ages[baseline], flag) for style, baseline, flag, *_ in TABLE}
    for style in STYLES:
        flags = (None, False, True) if style in FLAGS else (None,)
        assert {(style, age, flag) for age in ("old", "new", "unknown") for flag in flags} <= rows


def item_of(style, baseline, flag, advertised):
    collection, key, baseline_property, traits = STYLES[style]
    properties = {**COMMON, **traits, baseline_property: baseline}
    if flag is not None:
        properties[FLAGS[style]] = flag
    asset = {**BAND, "href": BAND["href"].format(key)}
    if advertised is not None and style == "cdse":
        asset |= {"raster:scale": 0.0001, "raster:offset": advertised}
    elif advertised is not None:
        asset |= {"raster:bands": [{"scale": 0.0001, "offset": advertised}]}
    ring = [[9.0, 47.0], [10.0, 47.0], [10.0, 48.0], [9.0, 47.0]]
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "id": "S2A_32TNT_20180703_0_L2A",
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": properties,
        "assets": {key: asset},
    }


def find(tmp_path, item, **changes):
    path = tmp_path / "item.json"
    path.write_text(json.dumps(item), "utf-8")
    return find_scenes(
        MosaicRequest(
            start_date=date(2018, 7, 1),
            end_date=date(2018, 7, 31),
            aoi=Aoi(9, 47, 10, 48),
            bands=("B04",),
            collection=item["collection"],
            stac_url=str(path),
            mask="none",
            **changes,
        )
    )


@pytest.mark.parametrize(("style", "baseline", "flag", "advertised", "expected"), TABLE)
def test_provider_baseline_and_flag_decide(tmp_path, style, baseline, flag, advertised, expected):
    found = find(tmp_path, item_of(style, baseline, flag, advertised))
    if isinstance(expected, int):
        assert [scene.offset for scene in found.scenes] == [expected], found.dropped
        assert found.scenes[0].offset_reason
    else:
        assert not found.scenes
        assert expected in found.dropped[0].reason
        assert "`boa_offset` 0 or -1000" in found.dropped[0].reason or "neither" in found.dropped[0].reason
        assert found.dropped[0].datetime is not None


@pytest.mark.parametrize("given", [0, -1000])
def test_an_offset_that_is_given_decides_for_every_scene(tmp_path, given):
    for row in TABLE:
        found = find(tmp_path, item_of(*row[:4]), boa_offset=given)
        assert [(scene.offset, scene.offset_reason) for scene in found.scenes] == [
            (given, "given by boa_offset for all scenes")
        ], row


def test_an_offset_that_is_given_does_not_cover_another_scale(tmp_path):
    item = item_of("es-v1", "05.09", flag=True, advertised=-0.1)
    item["assets"]["red"]["raster:bands"][0]["scale"] = 1
    found = find(tmp_path, item, boa_offset=0)
    assert not found.scenes
    assert "the scale of its asset red" in found.dropped[0].reason


# policy of a profile, baseline, its flag, advertised, offset or the reason of a refusal
PROFILES = [
    ("raw", "05.09", None, None, -1000),
    ("raw", "02.14", None, None, 0),
    ("removed", "05.09", None, -0.1, 0),
    ("removed", None, None, None, 0),
    ("flagged", "05.09", True, None, 0),
    ("flagged", "05.09", False, None, -1000),
    ("flagged", "05.09", None, None, "no flag says"),
    ("flagged", "05.09", "yes", None, "its x:shifted is 'yes', neither true nor false"),
    ("declared", "05.09", None, None, "nothing says"),
    ("declared", "05.09", None, -0.1, -1000),
]


@pytest.mark.parametrize(("policy", "baseline", "flag", "advertised", "expected"), PROFILES)
def test_a_profile_decides_for_items_of_any_provider(tmp_path, policy, baseline, flag, advertised, expected):
    profile = ProviderProfile(name="Mine", offset=policy, offset_flag="x:shifted")
    item = item_of("pc", baseline, None, advertised)
    item["properties"]["x:shifted"] = flag
    found = find(tmp_path, item, profile=profile)
    if isinstance(expected, int):
        assert [scene.offset for scene in found.scenes] == [expected]
        assert found.scenes[0].offset_reason.startswith("Mine: ")
    else:
        assert expected in found.dropped[0].reason
