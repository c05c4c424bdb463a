import copy
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.catalog.identity import sensing_time
from cloudless_mosaic.catalog.items import MissingBandError, cloud_cover_of, parse_scene, view_of
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.provider import parse_profile
from cloudless_mosaic.errors import MetadataError

COMPUTER = "planetary-computer/S2B_MSIL2A_20240419T095549_R122_T46XER_20240419T124342"
CDSE = "cdse/S2C_MSIL2A_20260527T014651_N0512_R017_T55WFR_20260527T042005"
REAL = [
    COMPUTER,
    "earth-search-v1/S2B_20EPT_20250731_0_L2A",
    "earth-search-c1/S2B_T24MUA_20250731T130245_L2A",
    "earth-search-v0/S2B_20EPT_20250731_0_L2A",
    "cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416",
    "aws-jp2/S2A_OPER_MSI_L2A_TL_2APS_20230602T025701_A041483_T01WCR",
]


def parse(item, request, file=None, host=""):
    raw = RawItem.of(item, file, host)
    return parse_scene(raw, request, sensing_time(raw), parse_footprint(raw.geometry))


def test_a_real_item_gives_all_that_a_mosaic_needs(real_item, make_request):
    item = real_item(f"stac-items/{COMPUTER}.json")
    scene = parse(item, make_request(bands=("nir", "red"), mask="scl"))
    assert scene.id == item["id"]
    assert scene.collection == "sentinel-2-l2a"
    assert (scene.platform, scene.granule) == ("sentinel-2b", "46XER")
    assert scene.overpass == "S2B_20240419T095549"
    assert f"{scene.datetime:%Y-%m-%dT%H:%M:%S.%fZ}" == item["properties"]["datetime"]
    assert scene.cloud_cover == item["properties"]["eo:cloud_cover"]
    assert scene.baseline == item["properties"]["s2:processing_baseline"]
    assert (scene.offset, scene.offset_reason) == (
        -1000,
        f"Planetary Computer: baseline {scene.baseline} carries the offset in its pixels",
    )
    assert tuple(scene.rasters) == ("B08", "B04")
    assert scene.rasters["B04"].href == item["assets"]["B04"]["href"]
    assert scene.rasters["B04"].grid.crs == "EPSG:32646"
    assert scene.scl.grid.resolution == 20
    assert scene.href == next(link["href"] for link in item["links"] if link["rel"] == "self")


@pytest.mark.parametrize("path", REAL)
def test_every_provider_serves_the_same_request(real_item, make_request, path):
    item = real_item(f"stac-items/{path}.json")
    requests = [make_request(bands=(name,), mask="scl") for name in ("red", "B04")]
    scenes = [parse(item, request, Path("/archive/item.json")) for request in requests]
    assert scenes[0].rasters.keys() == scenes[1].rasters.keys() == {"B04"}
    assert scenes[0].rasters == scenes[1].rasters


def test_without_a_mask_no_classification_is_needed(make_item, make_request):
    item = make_item()
    del item["assets"]["SCL"]
    assert parse(item, make_request(mask="none")).scl is None
    with pytest.raises(MetadataError, match=r"\(SCL\), which the mask scl looks at; masks that work: none"):
        parse(item, make_request(mask="scl"))


def test_a_missing_band_is_named_with_those_that_are_there(make_item, make_request):
    with pytest.raises(MissingBandError) as caught:
        parse(make_item(), make_request(bands=("red", "B11", "rededge1")))
    assert str(caught.value) == "it has no band B11, rededge1; its bands: blue, green, red, nir"
    assert (caught.value.missing, caught.value.known) == (
        ("B11", "rededge1"),
        ("blue", "green", "red", "nir"),
    )


def test_bands_that_only_the_mask_looks_at_are_needed_too(make_item, make_request):
    item = make_item()
    request = make_request(bands=("green", "red"), mask="multidate")
    assert tuple(parse(item, request).rasters) == ("B03", "B04", "B02", "B08")
    del item["assets"]["B08"]
    with pytest.raises(MetadataError) as caught:
        parse(item, request)
    assert str(caught.value) == (
        "it has no band nir, which the mask multidate looks at; masks that work: scl, deafrica, cdse, "
        "worldcereal, none"
    )
    assert tuple(parse(item, make_request(bands=("red",), mask="scl")).rasters) == ("B04",)


@pytest.mark.parametrize(("path", "key"), [(REAL[1], "cloud"), (REAL[2], "cloud"), (CDSE, "CLD_20m")])
def test_the_cloud_probability_is_found_where_a_mask_looks_at_it(real_item, make_request, path, key):
    item = real_item(f"stac-items/{path}.json")
    request = make_request(mask="scl", mask_options=(("probability", "65"),))
    scene = parse(item, request, Path("/archive/item.json"))
    assert scene.cloud_probability.href == item["assets"][key]["href"]
    assert parse(item, make_request(mask="scl"), Path("/archive/item.json")).cloud_probability is None


def test_a_missing_cloud_probability_is_refused_with_the_masks_that_work(make_item, make_request):
    request = make_request(mask="scl", mask_options=(("probability", "65"),))
    with pytest.raises(MetadataError) as caught:
        parse(make_item(), request)
    assert str(caught.value).startswith(
        "it has no cloud probability (MSK_CLDPRB), which the mask scl looks at; "
        "masks that work without the option probability: multidate, ukis, omnicloudmask, scl, "
    )


def test_an_asset_that_was_not_requested_does_no_harm(make_item, make_request):
    item = make_item()
    item["assets"]["B02"] |= {"href": "/vsicurl/x", "proj:shape": [-1], "raster:bands": [{"scale": 7}]}
    item["assets"]["B11"] = 7
    assert parse(item, make_request(bands=("red",), mask="scl")).rasters.keys() == {"B04"}
    with pytest.raises(MetadataError):
        parse(item, make_request(bands=("blue",)))


def test_files_of_this_computer_are_read_for_items_in_files_only(make_item, make_request):
    item = make_item()
    for name, asset in item["assets"].items():
        asset["href"] = f"./{name}.tif"
    assert parse(item, make_request(), Path("/archive/item.json")).rasters["B04"].href == "/archive/B04.tif"
    with pytest.raises(MetadataError, match="an asset lies at"):
        parse(item, make_request(), host="stac.example.com")


def test_bands_that_advertise_different_offsets_are_refused(make_item, make_request):
    item = make_item(**{"s2:processing_baseline": "05.10"})
    for name, offset in (("B04", -0.1), ("B03", 0)):
        item["assets"][name]["raster:bands"] = [{"scale": 0.0001, "offset": offset}]
    assert parse(item, make_request(bands=("red",))).offset == -1000
    with pytest.raises(MetadataError, match="the metadata says -1000, 0"):
        parse(item, make_request(bands=("red", "green")))


def test_the_host_of_an_api_decides_on_its_provider(make_item, make_request):
    item = make_item(**{"s2:processing_baseline": "05.10"})
    assert parse(item, make_request(), host="planetarycomputer.microsoft.com").offset == -1000
    with pytest.raises(MetadataError, match="no flag says whether the provider took it out"):
        parse(item, make_request(), host="earth-search.aws.element84.com")


@pytest.mark.parametrize(
    ("value", "cover"), [(0, 0.0), (100, 100.0), (12.5, 12.5), (None, None), (math.nan, None)]
)
def test_cloud_cover_is_a_percentage(value, cover):
    assert cloud_cover_of(RawItem.of({"properties": {"eo:cloud_cover": value}})) == cover


@pytest.mark.parametrize(
    ("properties", "angle"),
    [
        ({"view:incidence_angle": 8.5}, 8.5),
        ({"view:off_nadir": 4}, 4.0),
        ({"view:incidence_angle": 8.5, "view:off_nadir": 4}, 8.5),
        ({"view:incidence_angle": 0}, 0.0),
        ({"view:off_nadir": 0}, None),
        ({}, None),
        *(({"view:incidence_angle": value}, None) for value in (-1, 91, math.nan, 10**400, True, "3", [])),
    ],
    ids=str,
)
def test_the_angle_of_the_view_is_known_or_unknown(properties, angle):
    assert view_of(RawItem.of({"properties": properties})) == angle


@pytest.mark.parametrize("name", ["sentinel:valid_cloud_cover", "s2:valid_cloud_cover"])
@pytest.mark.parametrize(
    ("valid", "cover"), [(False, None), ("false", None), (0, None), (True, 3.0), (1, 3.0), (None, 3.0)]
)
def test_a_cloud_cover_that_is_flagged_invalid_is_unknown(name, valid, cover):
    assert cloud_cover_of(RawItem.of({"properties": {"eo:cloud_cover": 3, name: valid}})) == cover


@pytest.mark.parametrize("value", [-0.1, 100.1, math.inf, 10**400, "3", [], True], ids=str)
def test_a_cloud_cover_that_is_none_is_refused(value):
    with pytest.raises(MetadataError, match=r"its cloud cover is .*, not a percentage"):
        cloud_cover_of(RawItem.of({"properties": {"eo:cloud_cover": value}}))


@pytest.mark.parametrize(
    ("links", "href"),
    [
        ([{"rel": "self", "href": "https://user:hush@x.example/i?sig=hush#hush"}], "https://x.example/i"),
        ([{"rel": "self", "href": "file:///etc/passwd"}], ""),
        ([{"rel": "self", "href": "https://[::1"}, None, 7], ""),
        ([{"rel": "root", "href": "https://x.example"}], ""),
        ("self", ""),
        (None, ""),
    ],
)
def test_the_address_of_an_item_comes_without_credentials(links, href):
    assert RawItem.of({"links": links}).href == href


# anything may be anything


junk = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([10**400, -(10**400), "NaN", "EPSG:None", "/vsicurl/x", "05.99", "S2A_MSIL2A_x_"]),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
USED = ("red", "B04", "B04_10m", "scl", "SCL", "SCL_20m")


def places(value, path=()):
    """Paths to everything in an item that is read, and to the rest of its top."""
    yield from [path] if path else []
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        if path[:1] not in {("assets",), ("links",)} or key in USED or set(path[1:2]) & set(USED):
            yield from places(child, (*path, key))


def has(place, key):
    return (isinstance(place, dict) and key in place) or (
        isinstance(place, list) and isinstance(key, int) and key < len(place)
    )


def changed(item, path, value, drop):
    """A copy of an item with a value replaced or dropped; as it was where the place is gone already."""
    item = copy.deepcopy(item)
    *parents, last = path
    place = item
    for key in parents:
        place = place[key] if has(place, key) else None
    if has(place, last):
        if drop:
            del place[last]
        else:
            place[last] = value
    return item


changes = st.lists(st.tuples(st.integers(0, 10**6), junk, st.booleans()), min_size=1, max_size=3)


@pytest.mark.slow
@settings(max_examples=300)
@given(st.sampled_from(REAL), changes, st.sampled_from([None, Path("/archive/item.json")]))
def test_a_mutilated_item_of_any_provider_is_a_scene_or_a_refusal(
    real_item, make_request, path, changes, file
):
    item = real_item(f"stac-items/{path}.json")
    paths = list(places(item))
    for number, value, drop in changes:
        item = changed(item, paths[number % len(paths)], value, drop)
    try:
        scene = parse(item, make_request(mask="scl"), file)
    except MetadataError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < 400
        return
    assert scene.offset in {0, -1000}
    assert scene.cloud_cover is None or 0 <= scene.cloud_cover <= 100
    assert scene.rasters.keys() == {"B04"}
    assert scene.id.isascii()


def test_a_scene_has_the_bits_of_its_profile(make_item, make_request):
    item = make_item()
    item["assets"]["Fmask"] = item["assets"].pop("SCL")
    profile = parse_profile(
        {"name": "x", "offset": "removed", "classification": "Fmask", "bits": {"cloud": 1}}
    )
    assert parse(item, make_request(mask="scl", profile=profile)).scl.bits == ((1, 9),)
