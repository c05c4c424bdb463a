from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudless_mosaic.catalog.identity import (
    baseline_of,
    generated_of,
    granule_of,
    overpass_of,
    platform_of,
    require_id,
    require_level_2a,
    sensing_time,
    shown_id,
    strip_of,
)
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.errors import MetadataError

MORNING = datetime(2020, 3, 5, 10, 32, tzinfo=UTC)

PRODUCT = "S2A_MSIL2A_20200305T103021_N0500_R108_T32TMT_20230410T034512"


def item(scene_id="S2A_32TMT_20200305_0_L2A", **properties):
    properties = {name.replace("__", ":"): value for name, value in properties.items()}
    return RawItem.of({"id": scene_id, "properties": properties})


@pytest.mark.parametrize(
    "scene_id", ["a", "S2A_32TMT_20200305_0_L2A", f"{PRODUCT}.SAFE", "x" * 128, "-", "_1.0"]
)
def test_ids_of_products_are_taken(scene_id):
    assert require_id(RawItem.of({"id": scene_id})) == shown_id(RawItem.of({"id": scene_id})) == scene_id


HOSTILE = [
    *("", ".", "..", "../../etc/passwd", ".hidden", "a/b", "a\\b", "a b", "a\nb", "a\x1b[2Jb", "a\x00", "ü"),
    *("x" * 129, "a:b", "a%2e", "<script>", "a\n", None, 7, ["a"], {"a": 1}, True),
]


@pytest.mark.parametrize("scene_id", HOSTILE, ids=repr)
def test_hostile_ids_are_refused_and_shown_without_harm(scene_id):
    with pytest.raises(MetadataError, match="its id has other characters"):
        require_id(RawItem.of({"id": scene_id}))
    shown = shown_id(RawItem.of({"id": scene_id}))
    assert shown.isprintable()
    assert len(shown) <= 130


def test_a_missing_id_is_refused():
    with pytest.raises(MetadataError, match="its id"):
        require_id(RawItem.of({}))


@given(st.text(max_size=200))
def test_whatever_the_id_a_message_can_show_it(text):
    assert shown_id(RawItem.of({"id": text})).isprintable()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2020-03-05T10:32:00Z", MORNING),
        ("2020-03-05T11:32:00+01:00", MORNING),
        ("2020-03-05T10:32:00", MORNING),
        ("2020-03-05T10:32:00.024000Z", MORNING.replace(microsecond=24000)),
    ],
)
def test_the_sensing_time_is_told_in_utc(text, instant):
    sensed = sensing_time(item(datetime=text))
    assert sensed == instant
    assert sensed.tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [None, "", "yesterday", "2020-13-01T00:00:00Z", 1583404320, [], "0001-01-01T00:00:00+05:00"],
    ids=repr,
)
def test_without_a_sensing_time_an_item_is_refused(text):
    with pytest.raises(MetadataError, match="no sensing time"):
        sensing_time(item(datetime=text))


@pytest.mark.parametrize(
    ("properties", "scene_id"),
    [
        ({"s2__mgrs_tile": "32TMT"}, "x"),
        ({"grid__code": "MGRS-32TMT"}, "x"),
        ({"mgrs__utm_zone": 32, "mgrs__latitude_band": "T", "mgrs__grid_square": "MT"}, "x"),
        ({"sentinel__utm_zone": 32, "sentinel__latitude_band": "T", "sentinel__grid_square": "MT"}, "x"),
        ({"s2__product_uri": f"{PRODUCT}.SAFE"}, "x"),
        ({"sentinel__product_id": PRODUCT}, "x"),
        ({}, PRODUCT),
        ({}, "S2A_32TMT_20200305_0_L2A"),
        ({}, "S2A_T32TMT_20200305T103021_L2A"),
        ({}, "S2A_OPER_MSI_L2A_TL_2APS_20200305T103021_A024569_T32TMT"),
        ({"s2__granule_id": "S2A_OPER_MSI_L2A_TL_ESRI_20200305T_A024569_T32TMT_N02.14"}, "x"),
    ],
)
def test_the_granule_is_found_wherever_a_provider_writes_it(properties, scene_id):
    assert granule_of(item(scene_id, **properties)) == "32TMT"


def test_granules_of_the_first_zones_are_written_in_one_way():
    told = [
        item("S2B_5QKB_20200101_0_L2A"),
        item("S2B_T05QKB_20200101T000000_L2A"),
        item("x", mgrs__utm_zone=5, mgrs__latitude_band="Q", mgrs__grid_square="KB"),
        item("x", grid__code="MGRS-5QKB"),
    ]
    assert {granule_of(one) for one in told} == {"05QKB"}


@pytest.mark.parametrize(
    "bad",
    [
        item("x"),
        item("2020T103021"),
        item("x", mgrs__utm_zone="../..", mgrs__latitude_band="T", mgrs__grid_square="MT"),
        item("x", grid__code="MGRS-32IMT"),
        item("x", grid__code=32),
        item(7),
    ],
)
def test_an_item_of_no_granule_is_refused(bad):
    with pytest.raises(MetadataError, match="no MGRS tile"):
        granule_of(bad)


@pytest.mark.parametrize(
    ("told", "platform"),
    [
        (item("x", platform="Sentinel-2A"), "sentinel-2a"),
        (item("x", platform="sentinel-2c"), "sentinel-2c"),
        (item("x", platform="SENTINEL2B"), "sentinel-2b"),
        (item(PRODUCT), "sentinel-2a"),
        (item("S2B_32TMT_20200305_0_L2A", platform=None), "sentinel-2b"),
        (item("x", s2__datatake_id="GS2B_20200305T103021_024569_N05.00"), "sentinel-2b"),
    ],
)
def test_the_satellite_is_told_in_one_way(told, platform):
    assert platform_of(told) == platform


@pytest.mark.parametrize("platform", [None, "landsat-8", "sentinel-1a", 2, ["sentinel-2a"]], ids=repr)
def test_a_scene_of_another_satellite_is_refused(platform):
    with pytest.raises(MetadataError, match="none of the Sentinel-2 satellites"):
        platform_of(item("LC08_L2SP", platform=platform))


TOLD_BY_NAMES = [
    item("x", s2__datatake_id="GS2A_20200305T103021_024569_N02.09"),
    item("x", eopf__datatake_id="GS2A_20200305T103021_024569_N05.00"),
    item("x", s2__product_uri=f"{PRODUCT}.SAFE"),
    item("S2A_MSIL2A_20200305T103021_R108_T32TMT_20201004T054732"),
    item("S2A_MSIL2A_20200305T103021_R108_T31UGP_20201004T054732"),
]


def test_all_granules_of_a_datatake_are_one_overpass_at_every_provider():
    names = {overpass_of(told, "sentinel-2a", MORNING, 9.0) for told in TOLD_BY_NAMES}
    assert names == {"S2A_20200305T103021"}


def test_the_absolute_orbit_stands_for_a_datatake_without_a_name():
    orbits = {
        overpass_of(item(f"S2A_OPER_MSI_L2A_TL_2APS_{time}_A041483_{tile}"), "sentinel-2a", MORNING, 9.0)
        for time, tile in (("20230602T025701", "T01WCR"), ("20230603T011111", "T60WWA"))
    }
    assert orbits == {"S2A_A041483"}


def test_the_day_by_the_sun_is_the_last_resort():
    late = datetime(2020, 1, 1, 23, 50, tzinfo=UTC)
    early = datetime(2020, 1, 2, 0, 10, tzinfo=UTC)
    for longitude in (160.0, -160.0):
        labels = {overpass_of(item("x"), "sentinel-2b", sensed, longitude) for sensed in (late, early)}
        assert len(labels) == 1
    assert overpass_of(item("x"), "sentinel-2b", early, -160.0) == "S2B_20200101"
    # over Fiji, minutes apart on either side of the antimeridian
    evening = datetime(2020, 1, 1, 22, 25, tzinfo=UTC)
    fiji = {overpass_of(item("x"), "sentinel-2b", evening, longitude) for longitude in (179.5, 180.0, -179.5)}
    assert fiji == {"S2B_20200102"}
    midnight = datetime(2020, 1, 1, 23, 59, 58, tzinfo=UTC)
    chukotka = {
        overpass_of(item("x"), "sentinel-2b", midnight + timedelta(seconds=seconds), longitude)
        for seconds, longitude in ((0, 179.0), (4, -179.0), (9, -176.0))
    }
    assert len(chukotka) == 1
    assert overpass_of(item("x"), "sentinel-2a", early, -160.0) == "S2A_20200101"


def test_strips_tell_halves_from_twins():
    first = "S2A_OPER_MSI_L2A_DS_MTI__20200305T140000_S20200305T103024_N02.09"
    again = "S2A_OPER_MSI_L2A_DS_S2RP_20230410T034512_S20200305T103024_N05.00"
    other = "S2A_OPER_MSI_L2A_DS_MTI__20200305T140000_S20200305T103212_N02.09"
    strips = [strip_of(item(s2__datastrip_id=text)) for text in (first, again, other)]
    assert strips == ["S20200305T103024", "S20200305T103024", "S20200305T103212"]
    assert strip_of(item(eopf__datastrip_id=first)) == "S20200305T103024"
    assert strip_of(item()) == ""
    assert strip_of(item(s2__datastrip_id=7)) == ""


@pytest.mark.parametrize(
    ("told", "baseline"),
    [
        (item(s2__processing_baseline="05.09"), "05.09"),
        (item(s2__processing_baseline=5.1), "05.10"),
        (item(sentinel__processing_baseline="04.00"), "04.00"),
        (item(processing__version="05.12"), "05.12"),
        (item(PRODUCT), "05.00"),
        (item(s2__product_uri=f"{PRODUCT}.SAFE"), "05.00"),
        (item(s2__datatake_id="GS2A_20200305T103021_024569_N02.09"), "02.09"),
        (item(s2__processing_baseline="N0500", s2__product_uri=f"{PRODUCT}.SAFE"), "05.00"),
        (item(s2__processing_baseline=None), ""),
        (item(s2__processing_baseline="newest"), ""),
        (item(s2__processing_baseline=float("nan")), ""),
        (item(s2__processing_baseline=["05.00"]), ""),
        (item(processing__version="1.2.3"), ""),
    ],
)
def test_the_baseline_is_found_wherever_a_provider_writes_it(told, baseline):
    assert baseline_of(told) == baseline


@pytest.mark.parametrize(
    ("told", "generated"),
    [
        (item(s2__generation_time="2020-10-07T21:46:51.024Z"), "2020-10-07T21:46:51Z"),
        (item(processing__datetime="2020-10-07T22:46:51+01:00"), "2020-10-07T21:46:51Z"),
        (item(PRODUCT), "2023-04-10T03:45:12Z"),
        (item(s2__generation_time="soon", s2__product_uri=f"{PRODUCT}.SAFE"), "2023-04-10T03:45:12Z"),
        (item(), ""),
    ],
)
def test_times_of_processing_sort_as_text(told, generated):
    assert generated_of(told) == generated


@pytest.mark.parametrize(
    "told",
    [
        item(),
        item(s2__product_type="S2MSI2A"),
        item(product__type="S2MSI2A"),
        item("S2A_MSIL2A_20200305T103021_R108_T32TMT_20201004T054732"),
    ],
)
def test_surface_reflectance_passes(told):
    require_level_2a(told)


@pytest.mark.parametrize(
    "told",
    [
        item(s2__product_type="S2MSI1C"),
        item(product__type="S2MSI_L3__MCQ"),
        item(s2__product_type=["S2MSI2A"]),
        item("S2A_MSIL1C_20200615T060641_N0209_R134_T45WWS_20200615T080720"),
        item("S2B_20EPT_20250731_0_L1C"),
        RawItem.of({"id": "x", "properties": {}, "collection": "sentinel-2-l1c"}),
    ],
)
def test_everything_else_is_refused(told):
    with pytest.raises(MetadataError, match="not Level-2A"):
        require_level_2a(told)


def test_an_item_without_properties_is_refused():
    for bad in ({"id": "x"}, {"id": "x", "properties": None}, {"id": "x", "properties": [1]}):
        with pytest.raises(MetadataError, match="no properties"):
            sensing_time(RawItem.of(bad))
