"""Items of the synthetic archive look like those that the providers serve."""

import json
from dataclasses import replace

import pystac
import pytest
from pystac.validation.stac_validator import JsonSchemaSTACValidator

from cloudless_mosaic.catalog import providers
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import CLEAR_AUTUMN
from cloudless_mosaic.synthetic.copernicus import COPERNICUS
from cloudless_mosaic.synthetic.earth_search import EARTH_SEARCH_C1, EARTH_SEARCH_V1
from cloudless_mosaic.synthetic.earth_search_v0 import EARTH_SEARCH_V0
from cloudless_mosaic.synthetic.granules import SEATTLE, Extent
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER
from cloudless_mosaic.synthetic.products import Product, footprint

EXTENT = Extent(SEATTLE, (6144, 3072), (1200, 600))
NEW = replace(CLEAR_AUTUMN[0], baseline="05.11")
OLD = replace(CLEAR_AUTUMN[0], baseline="02.14")

REAL = {
    PLANETARY_COMPUTER: "planetary-computer/S2B_MSIL2A_20250312T014549_R074_T53NKG_20250312T041213",
    EARTH_SEARCH_V1: "earth-search-v1/S2B_24MUA_20250731_0_L2A",
    EARTH_SEARCH_C1: "earth-search-c1/S2B_T24MUA_20250731T130245_L2A",
    EARTH_SEARCH_V0: "earth-search-v0/S2B_20EPT_20250731_0_L2A",
    COPERNICUS: "cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416",
}
PROVIDERS = {
    PLANETARY_COMPUTER: providers.PLANETARY_COMPUTER,
    EARTH_SEARCH_V1: providers.EARTH_SEARCH_V1,
    EARTH_SEARCH_C1: providers.EARTH_SEARCH_C1,
    EARTH_SEARCH_V0: providers.EARTH_SEARCH_V0,
    COPERNICUS: providers.COPERNICUS,
}
styles = pytest.mark.parametrize("style", REAL, ids=lambda style: type(style).__name__)


def item_of(style, acquisition=NEW):
    return style.item(Product(acquisition, EXTENT), footprint(EXTENT, None), tuple(BANDS))


@pytest.fixture
def real_item(shared_data):
    return lambda style: json.loads((shared_data / f"stac-items/{REAL[style]}.json").read_text("utf-8"))


@styles
def test_no_field_is_there_that_the_real_item_lacks(real_item, style):
    real, ours = real_item(style), item_of(style)
    of_other_years = {"s2:dark_features_percentage"}
    assert set(ours["properties"]) - of_other_years <= set(real["properties"])
    for key in ours["properties"].keys() & real["properties"].keys():
        value = ours["properties"][key]
        kinds = {type(value), type(real["properties"][key])}
        assert len(kinds) == 1 or kinds == {int, float}, key
    assert set(ours["assets"]) <= set(real["assets"])
    for key, asset in ours["assets"].items():
        assert set(asset) <= set(real["assets"][key]), key
    assert ours["stac_version"] == real["stac_version"]
    assert ours["collection"] == real["collection"]
    newer = {name.replace("projection/v1.0.0", "projection/v1.1.0") for name in real["stac_extensions"]}
    assert set(ours["stac_extensions"]) <= {*real["stac_extensions"], *newer}


@styles
def test_all_that_decides_is_told_as_the_real_item_tells_it(real_item, style):
    real, ours = real_item(style), item_of(style)
    for marks in ("proj:epsg", "proj:code", "boa_offset_applied", "baseline", "processing:version", "strip"):
        assert {key for key in ours["properties"] if marks in key} == {
            key for key in real["properties"] if marks in key
        }
    flag = "earthsearch:boa_offset_applied"
    assert ours["properties"].get(flag) == real["properties"].get(flag)
    for key, asset in ours["assets"].items():
        for field in ("proj:epsg", "proj:code", "raster:offset", "raster:scale", "type"):
            known = real["assets"][key].get(field)
            assert (field in asset) == (known is not None), (key, field)
            if not field.startswith("proj:"):
                assert asset.get(field) == known, (key, field)
        assert [band.get("offset") for band in asset.get("raster:bands", ())] == [
            band.get("offset") for band in real["assets"][key].get("raster:bands", ())
        ]


@styles
def test_an_item_is_recognised_as_its_providers(style):
    for acquisition in (OLD, NEW):
        assert providers.recognise(RawItem.of(item_of(style, acquisition))) is PROVIDERS[style]


@pytest.mark.parametrize(
    ("style", "offsets"),
    [
        (PLANETARY_COMPUTER, (0, 1000, 1000)),
        (EARTH_SEARCH_V1, (0, 1000, 0)),
        (EARTH_SEARCH_C1, (0, 1000, 1000)),
        (EARTH_SEARCH_V0, (0, 0, 0)),
        (COPERNICUS, (0, 1000, 1000)),
    ],
)
def test_pixels_keep_what_the_provider_leaves_in_them(style, offsets):
    baselines = ("03.01", "04.00", "05.11")
    assert tuple(style.offset(replace(NEW, baseline=baseline)) for baseline in baselines) == offsets


@styles
def test_items_and_collections_are_valid_stac(style):
    item = json.loads(json.dumps(item_of(style)))
    item["links"] = [{"rel": "collection", "href": "./collection.json", "type": "application/json"}]
    extent = {"spatial": {"bbox": [item["bbox"]]}, "temporal": {"interval": [["2020-10-03T00:00:00Z", None]]}}
    collection = style.collection_fields(tuple(BANDS)) | {"extent": extent, "links": []}
    validator = JsonSchemaSTACValidator()
    for thing in (pystac.Item.from_dict(item), pystac.Collection.from_dict(collection)):
        document = thing.to_dict()  # of the version that pystac has the schemas of
        assert validator.validate_core(document, thing.STAC_OBJECT_TYPE, document["stac_version"])


def test_the_sequence_tells_processings_of_one_overpass_apart():
    ids = [EARTH_SEARCH_V1.item_id(Product(NEW, EXTENT, sequence=number)) for number in (0, 1)]
    assert ids == ["S2A_10TET_20201003_0_L2A", "S2A_10TET_20201003_1_L2A"]
