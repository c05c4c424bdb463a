from dataclasses import replace
from datetime import date

import pytest
from click.testing import CliRunner

from cloudless_mosaic import Aoi, MosaicRequest
from cloudless_mosaic.catalog.assets import SCL, raster_assets
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.cli.mosaics import cli
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.providers import NAMED_PROVIDERS, named_provider
from cloudless_mosaic.domain.request import written_fields
from cloudless_mosaic.errors import UsageError

RECORDED = {
    "planetary-computer": "planetary-computer/S2B_MSIL2A_20240419T095549_R122_T46XER_20240419T124342",
    "earth-search": "earth-search-v1/S2A_33TWL_20230815_0_L2A",
    "earth-search-c1": "earth-search-c1/S2B_T24MUA_20250731T130245_L2A",
    "earth-search-v0": "earth-search-v0/S2B_20EPT_20250731_0_L2A",
    "copernicus": "cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416",
}


def request_of(**options):
    days = {"start_date": date(2023, 8, 1), "end_date": date(2023, 8, 31)}
    return MosaicRequest(**{**days, "aoi": Aoi(14.9, 47.8, 15, 47.9), "bands": ("red",)} | options)


@pytest.mark.parametrize("name", NAMED_PROVIDERS)
def test_a_name_stands_for_address_collection_and_profile(name):
    request, named = request_of(provider=name), NAMED_PROVIDERS[name]
    assert (request.stac_url, request.collection) == (named.stac_url, named.collection)
    assert request.profile == named.profile
    assert replace(request, max_items=5).profile == named.profile
    assert written_fields(request)["provider"] == name
    assert "provider" not in written_fields(request_of())


def test_what_a_request_says_itself_counts():
    request = request_of(provider="earth-search", stac_url="/mirror/catalog.json", collection="copies")
    assert (request.stac_url, request.collection) == ("/mirror/catalog.json", "copies")
    with pytest.raises(UsageError, match="provider and profile both say"):
        request_of(provider="earth-search", profile=ProviderProfile(name="mine", offset="raw"))


def test_every_recorded_provider_has_its_item():
    assert RECORDED.keys() == {
        name for name, one in NAMED_PROVIDERS.items() if one.evidence == "recorded items"
    }


@pytest.mark.parametrize(("name", "path"), RECORDED.items())
def test_recorded_items_have_the_assets_that_the_table_names(real_item, name, path):
    named, item = NAMED_PROVIDERS[name], real_item(f"stac-items/{path}.json")
    assets = raster_assets(RawItem.of(item), named.profile)
    assert assets["B04"].key == named.red
    assert SCL in assets
    assert item["collection"] == named.collection
    places = {one.place for one in named.profile.access}
    hrefs = [one.asset["href"] for one in assets.values()]
    assert all(href.split("/")[2] in places for href in hrefs if href.startswith("s3://"))


def test_the_command_lists_and_explains_them():
    listed = CliRunner().invoke(cli, ["providers"])
    assert listed.exit_code == 0
    assert [line.split()[0] for line in listed.output.splitlines()] == list(NAMED_PROVIDERS)
    one = CliRunner().invoke(cli, ["providers", "digital-earth-africa"]).output
    for text in ("explorer.digitalearth.africa", "s2_l2a", "af-south-1", "documentation"):
        assert text in one


def test_an_unknown_name_is_refused_with_those_there_are():
    with pytest.raises(UsageError, match=r"provider 'x' is unknown; choose one of planetary-computer, "):
        named_provider("x")
