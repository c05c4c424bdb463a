import pytest

from cloudless_mosaic.catalog.providers import (
    COPERNICUS,
    EARTH_SEARCH_C1,
    EARTH_SEARCH_V0,
    EARTH_SEARCH_V1,
    GENERIC,
    PLANETARY_COMPUTER,
    PROVIDERS,
    recognise,
)
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.errors import MetadataError

REAL = [
    ("planetary-computer/S2B_MSIL2A_20240419T095549_R122_T46XER_20240419T124342", PLANETARY_COMPUTER),
    ("earth-search-v1/S2A_33TWL_20230815_0_L2A", EARTH_SEARCH_V1),
    ("earth-search-c1/S2B_T24MUA_20250731T130245_L2A", EARTH_SEARCH_C1),
    ("earth-search-v0/S2B_20EPT_20250731_0_L2A", EARTH_SEARCH_V0),
    ("cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416", COPERNICUS),
    ("aws-jp2/S2A_OPER_MSI_L2A_TL_2APS_20230602T025701_A041483_T01WCR", GENERIC),
    ("stactools-and-examples/S2B_T33XWJ_20220413T150756_L2A", GENERIC),
]

HOSTS = [
    ("planetarycomputer.microsoft.com", "sentinel-2-l2a", PLANETARY_COMPUTER),
    ("earth-search.aws.element84.com", "sentinel-2-l2a", EARTH_SEARCH_V1),
    ("earth-search.aws.element84.com", "sentinel-2-pre-c1-l2a", EARTH_SEARCH_V1),
    ("earth-search.aws.element84.com", "sentinel-2-c1-l2a", EARTH_SEARCH_C1),
    ("earth-search.aws.element84.com", "sentinel-s2-l2a-cogs", EARTH_SEARCH_V0),
    ("stac.dataspace.copernicus.eu", "sentinel-2-l2a", COPERNICUS),
    ("stac.example.com", "sentinel-2-l2a", GENERIC),
    ("", "sentinel-2-l2a", GENERIC),
    ("planetarycomputer.microsoft.com", "another", GENERIC),
    ("planetarycomputer.microsoft.com", ["sentinel-2-l2a"], GENERIC),
]


@pytest.mark.parametrize(("path", "provider"), REAL)
def test_a_real_item_is_recognised_without_its_api(real_item, path, provider):
    assert recognise(RawItem.of(real_item(f"stac-items/{path}.json"))) is provider


@pytest.mark.parametrize(("host", "collection", "provider"), HOSTS)
def test_host_and_collection_decide_before_properties(host, collection, provider):
    bare = {"collection": collection, "properties": {}, "assets": {}}
    assert recognise(RawItem.of(bare, host=host)) is provider


def test_an_item_of_a_known_api_is_not_mistaken_for_another_by_its_properties(real_item):
    item = real_item("stac-items/earth-search-v1/S2A_33TWL_20230815_0_L2A.json")
    assert recognise(RawItem.of(item, host="planetarycomputer.microsoft.com")) is PLANETARY_COMPUTER


def test_collection_1_is_known_by_its_files_when_the_collection_is_gone(real_item):
    item = real_item("stac-items/earth-search-c1/S2B_T24MUA_20250731T130245_L2A.json")
    assert recognise(RawItem.of({**item, "collection": "copied"})) is EARTH_SEARCH_C1
    item = real_item("stac-items/earth-search-v1/S2A_33TWL_20230815_0_L2A.json")
    assert recognise(RawItem.of({**item, "collection": "copied"})) is EARTH_SEARCH_V1


@pytest.mark.parametrize(
    "broken", [{}, {"properties": None}, {"properties": {}}, {"properties": {}, "assets": []}]
)
def test_an_item_without_properties_or_assets_has_no_provider(broken):
    with pytest.raises(MetadataError, match=r"no properties|no assets"):
        recognise(RawItem.of(broken))


def test_names_are_unique_and_flagged_providers_name_their_flag():
    profiles = [provider.profile for provider in PROVIDERS]
    assert len({profile.name for profile in profiles}) == len(profiles)
    assert all(profile.offset_flag for profile in profiles if profile.offset == "flagged")
