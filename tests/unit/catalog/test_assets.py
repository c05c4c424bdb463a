import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import CRS

from cloudless_mosaic.catalog.assets import CLOUD_PROBABILITY, SCL, raster_assets, source_rasters
from cloudless_mosaic.catalog.grids import declared_grid
from cloudless_mosaic.catalog.providers import GENERIC
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.domain.pixels import DeclaredPixels
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.hrefs import resolve_href

COG = "image/tiff; application=geotiff; profile=cloud-optimized"
TEN_METRES = {
    "proj:epsg": 32610,
    "proj:shape": [10980, 10980],
    "proj:transform": [10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0],
}
ALL = {*BANDS, SCL}


def asset(href="https://files.example.com/B04.tif", **fields):
    return {"href": href, "type": COG, **{name.replace("__", ":"): value for name, value in fields.items()}}


def best_assets(item, profile=GENERIC.profile):
    return raster_assets(RawItem.of(item), profile)


def item(**assets):
    return {"id": "x", "properties": {}, "assets": assets}


# which asset is which band


@pytest.mark.parametrize(
    "path",
    [
        "planetary-computer/S2B_MSIL2A_20240419T095549_R122_T46XER_20240419T124342",
        "earth-search-v1/S2A_33TWL_20230815_0_L2A",  # its hrefs are relative
        "earth-search-c1/S2B_T24MUA_20250731T130245_L2A",
        "earth-search-v0/S2B_20EPT_20250731_0_L2A",
        "cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416",
    ],
)
def test_every_provider_has_the_twelve_bands_and_the_classification(real_item, path):
    real = real_item(f"stac-items/{path}.json")
    assets = best_assets(real)
    assert assets.keys() - {CLOUD_PROBABILITY} == ALL
    for name, grid in (
        (name, raster.grid)
        for name, raster in source_rasters(
            assets.values(), RawItem.of(real, Path("/archive/item.json"))
        ).items()
    ):
        assert grid.resolution == (20 if name in {SCL, CLOUD_PROBABILITY} else BANDS[name].resolution), name
        assert grid.bounds[2] - grid.bounds[0] == grid.bounds[3] - grid.bounds[1] == 109_800, name


def test_cogs_come_before_jpeg_2000(real_item):
    assets = best_assets(real_item("stac-items/earth-search-v1/S2A_33TWL_20230815_0_L2A.json"))
    assert {one.asset["href"].rsplit(".")[-1] for name, one in assets.items() if name in ALL} == {"tif"}
    assert assets["B04"].key == "red"


def test_of_several_resolutions_the_native_one_is_taken(real_item):
    assets = best_assets(
        real_item("stac-items/cdse/S2A_MSIL2A_20200301T090901_N0500_R050_T35UPU_20230630T033416.json")
    )
    assert (assets["B04"].key, assets["B05"].key, assets[SCL].key) == ("B04_10m", "B05_20m", "SCL_20m")


@pytest.mark.parametrize("order", [1, -1])
def test_the_order_of_assets_makes_no_difference(order):
    keys = ["red", "B04", "B04_20m", "red-jp2", "b04_60m"][::order]
    assets = {key: asset(f"https://x.example/{key}.{'jp2' if 'jp2' in key else 'tif'}") for key in keys}
    assert best_assets(item(**assets))["B04"].key == "B04"


def test_gsd_tells_the_resolution_where_the_key_does_not():
    assets = best_assets(item(red=asset(gsd=60), B04=asset(gsd=10), b4=asset(gsd=20)))
    assert assets["B04"].key == "B04"


@pytest.mark.parametrize("gsd", [10**400, math.nan, math.inf, "10", True, [10], None], ids=repr)
def test_an_odd_gsd_does_no_harm(gsd):
    one = best_assets(item(red=asset(gsd=gsd)))["B04"]
    assert one.resolution == 10


@pytest.mark.parametrize(
    ("key", "fields"),
    [
        ("red", {"type": "application/json"}),
        ("visual", {}),
        ("aot", {}),
        ("granule-metadata", {}),
        ("B10", {}),
        ("red-thumbnail", {}),
    ],
)
def test_what_is_no_raster_of_a_band_is_passed_over(key, fields):
    assert best_assets(item(**{key: asset("https://x.example/file.json", **fields)})) == {}


@pytest.mark.parametrize("broken", [None, "text", 7, [], {}, {"href": None}, {"href": ["x"]}], ids=repr)
def test_what_is_no_asset_is_passed_over(broken):
    assert best_assets(item(red=broken, scl=asset())).keys() == {SCL}


@pytest.mark.parametrize(
    ("href", "media_type"),
    [
        ("https://x.example/B04.tif", None),
        ("https://x.example/B04.TIFF?sig=1", None),
        ("https://x.example/B04.jp2", None),
        ("https://x.example/B04", "image/tiff"),
        ("https://x.example/B04", "image/jp2"),
        ("https://x.example/B04", COG),
    ],
)
def test_rasters_are_known_by_type_or_name(href, media_type):
    assert best_assets(item(red={"href": href, "type": media_type})).keys() == {"B04"}


@pytest.mark.parametrize("assets", [None, [], "x"])
def test_an_item_without_assets_is_refused(assets):
    with pytest.raises(MetadataError, match="no assets"):
        best_assets({"properties": {}, "assets": assets})


# which asset is which band by a profile

ODD = ProviderProfile(
    name="odd", offset="raw", classification="quality", bands={"B04": "Band_4", "B8A": "nir"}
)


def keys(assets):
    return {name: one.key for name, one in assets.items()}


def test_a_profile_names_the_assets_of_all_bands():
    odd = item(Band_4=asset(), nir=asset(), quality=asset(), red=asset(), scl=asset(), B02=asset())
    assert keys(best_assets(odd, ODD)) == {
        "B04": "Band_4",
        "B8A": "nir",
        SCL: "quality",
    }


def test_a_profile_may_name_the_bands_or_the_classification_alone():
    odd = item(Band_4=asset(), quality=asset(), scl=asset(), B02=asset())
    bands = ProviderProfile(name="odd", offset="raw", bands={"B04": "Band_4"})
    assert keys(best_assets(odd, bands)) == {"B04": "Band_4", SCL: "scl"}
    quality = ProviderProfile(name="odd", offset="raw", classification="quality")
    assert keys(best_assets(odd, quality)) == {"B02": "B02", SCL: "quality"}


def test_an_asset_that_a_profile_names_is_taken_at_its_word():
    odd = item(Band_4={"href": "https://files.example.com/4", "type": "application/octet-stream"})
    assert best_assets(odd, ODD)["B04"].resolution == 10


# the offset that the metadata tells


@pytest.mark.parametrize(
    ("fields", "offset"),
    [
        ({}, None),
        ({"raster__bands": [{"scale": 0.0001, "offset": -0.1}]}, -1000),
        ({"raster__bands": [{"scale": 0.0001, "offset": 0}]}, 0),
        ({"raster__scale": 0.0001, "raster__offset": -0.1}, -1000),
        ({"bands": [{"name": "B04", "raster:scale": 0.0001, "raster:offset": -0.1}]}, -1000),
        ({"raster__bands": [{"offset": -0.1}]}, -1000),
        ({"raster__bands": []}, None),
        ({"raster__bands": "none"}, None),
        ({"raster__bands": {"0": 1}}, None),
        ({"raster__bands": ["x"]}, None),
        ({"bands": 7}, None),
    ],
)
def test_the_advertised_offset_is_told_in_digital_numbers(fields, offset):
    assert best_assets(item(red=asset(**fields)))["B04"].offset == offset


@pytest.mark.parametrize(
    "band",
    [
        {"offset": "x"},
        {"offset": [1]},
        {"offset": math.nan},
        {"offset": math.inf},
        {"offset": 10**400},
    ],
    ids=repr,
)
def test_an_offset_that_is_no_number_is_refused(band):
    one = best_assets(item(red=asset(raster__bands=[band])))["B04"]
    with pytest.raises(MetadataError, match="the offset of its asset red"):
        _ = one.offset


@pytest.mark.parametrize("scale", [1, 0.01, 0, -0.0001, "x", math.nan, math.inf, [0.0001], True], ids=repr)
def test_a_scale_that_is_not_that_of_reflectance_is_refused(scale):
    for fields in ({"raster__scale": scale}, {"raster__bands": [{"scale": scale, "offset": -0.1}]}):
        one = best_assets(item(red=asset(**fields)))["B04"]
        with pytest.raises(MetadataError, match="the scale of its asset red"):
            _ = one.pixels


# the pixels that the metadata tell


@pytest.mark.parametrize(
    ("fields", "pixels"),
    [
        ({}, DeclaredPixels()),
        (
            {"raster__bands": [{"data_type": "int16", "scale": 0.0001, "offset": -0.1, "nodata": -9999}]},
            DeclaredPixels("int16", 0.0001, -0.1, -9999.0),
        ),
        (
            {
                "bands": [
                    {"data_type": "uint16", "raster:scale": 2.75e-05, "raster:offset": -0.2, "nodata": 0}
                ]
            },
            DeclaredPixels("uint16", 2.75e-05, -0.2, 0.0),
        ),
        (
            {"data_type": "float32", "raster__scale": 1, "nodata": -1},
            DeclaredPixels("float32", 1.0, 0.0, -1.0),
        ),
        ({"raster__bands": [{"data_type": "cint16"}]}, DeclaredPixels()),
        ({"raster__bands": [{"data_type": ["uint16"]}]}, DeclaredPixels()),
    ],
)
def test_type_scale_offset_and_nodata_are_read_in_every_spelling(fields, pixels):
    assert best_assets(item(red=asset(**fields)))["B04"].pixels == pixels


@pytest.mark.parametrize(("nodata", "number"), [("nan", math.nan), ("inf", math.inf), ("-inf", -math.inf)])
def test_nodata_may_be_no_number(nodata, number):
    found = best_assets(item(red=asset(raster__bands=[{"nodata": nodata}])))["B04"].pixels.nodata
    assert found == number or (math.isnan(found) and math.isnan(number))


@pytest.mark.parametrize("nodata", ["none", [0], {}, True], ids=repr)
def test_a_nodata_that_is_none_is_refused(nodata):
    one = best_assets(item(red=asset(raster__bands=[{"nodata": nodata}])))["B04"]
    with pytest.raises(MetadataError, match="the nodata of its asset red"):
        _ = one.pixels


def test_an_offset_of_another_scale_is_none_of_the_product():
    one = best_assets(item(red=asset(raster__bands=[{"scale": 2.75e-05, "offset": -0.2}])))["B04"]
    assert one.offset is None
    assert not one.has_product_scale


# declared grids


def grid(resolution=10, properties=None, **fields):
    return declared_grid(
        {name.replace("__", ":"): value for name, value in fields.items()}, properties or {}, resolution
    )


def test_a_grid_is_read_from_the_asset_and_its_crs_from_the_item():
    fields = {**TEN_METRES}
    epsg = fields.pop("proj:epsg")
    found = declared_grid(fields, {"proj:epsg": epsg}, 10)
    assert (found.crs, found.shape, found.origin, found.resolution) == (
        "EPSG:32610",
        (10980, 10980),
        (499980.0, 5300040.0),
        10.0,
    )


def test_nine_numbers_are_a_transform_too():
    fields = {**TEN_METRES, "proj:transform": [*TEN_METRES["proj:transform"], 0, 0, 1]}
    assert declared_grid(fields, {}, 10) == declared_grid(TEN_METRES, {}, 10)


def test_the_grid_of_an_item_holds_for_assets_of_its_resolution_only():
    assert declared_grid({}, TEN_METRES, 10).shape == (10980, 10980)
    assert declared_grid({}, TEN_METRES, 20) is None


def test_a_shape_without_its_transform_is_not_completed_from_the_item():
    assert declared_grid({"proj:shape": [5490, 5490]}, TEN_METRES, 20) is None


WKT = CRS.from_epsg(32610).to_wkt()
PROJJSON = CRS.from_epsg(32610).to_json_dict()
OWN_CRS = CRS.from_proj4("+proj=laea +lat_0=47 +lon_0=12 +ellps=GRS80 +units=m").to_wkt()


@pytest.mark.parametrize(
    "fields",
    [
        {"proj:epsg": 32610},
        {"proj:code": "EPSG:32610"},
        {"proj:epsg": "32610"},
        {"proj:wkt2": WKT},
        {"proj:projjson": PROJJSON},
        {"proj:code": None, "proj:epsg": 32610},
        {"proj:code": "EPSG:None", "proj:epsg": 32610},
        {"proj:epsg": None, "proj:wkt2": WKT},
        {"proj:epsg": 999999, "proj:projjson": PROJJSON},
    ],
    ids=str,
)
@pytest.mark.parametrize("at", ["asset", "item"])
def test_every_way_to_write_a_crs_is_read(fields, at):
    pixels = {name: TEN_METRES[name] for name in ("proj:shape", "proj:transform")}
    found = (
        declared_grid({**pixels, **fields}, {}, 10) if at == "asset" else declared_grid(pixels, fields, 10)
    )
    assert found.crs == "EPSG:32610"


def test_a_crs_without_a_code_is_kept_as_text():
    found = declared_grid({**TEN_METRES, "proj:epsg": None, "proj:wkt2": OWN_CRS}, {}, 10)
    assert CRS.from_wkt(found.crs).equals(CRS.from_wkt(OWN_CRS))


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"proj:epsg": None},
        {"proj:epsg": True},
        {"proj:epsg": -1},
        {"proj:epsg": 10**30},
        {"proj:epsg": [32610]},
        {"proj:code": "EPSG:None"},
        {"proj:code": "IAU_2015:30100"},
        {"proj:code": "epsg:٣٢٦١٠"},
        {"proj:wkt2": "+init=epsg:32610"},
        {"proj:wkt2": "/etc/passwd"},
        {"proj:wkt2": "PROJCS[" * 5000},
        {"proj:wkt2": 32610},
        {"proj:projjson": {"type": "ProjectedCRS"}},
        {"proj:projjson": "EPSG:32610"},
        {"proj:projjson": {"x": "y" * 30_000}},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_an_unknown_crs_leaves_the_grid_to_the_file(fields):
    assert declared_grid({**TEN_METRES, "proj:epsg": None, **fields}, {}, 10) is None


@pytest.mark.parametrize("name", ["proj:shape", "proj:transform"])
def test_half_a_grid_leaves_it_to_the_file(name):
    assert declared_grid({**TEN_METRES, name: None}, {}, 10) is None


BAD_TRANSFORMS = [
    [10, 0, 499980, 0, 10, 5300040],
    [-10, 0, 499980, 0, -10, 5300040],
    [0, 0, 499980, 0, 0, 5300040],
    [10, 1, 499980, 0, -10, 5300040],
    [7, 7, 499980, -7, 7, 5300040],
    [10, 0, 499980, 0, -20, 5300040],
    [10, 0, 499980, 0, -10],
    [10, 0, 499980, 0, -10, 5300040, 0, 0, 2],
    [10, 0, math.nan, 0, -10, 5300040],
    [10, 0, math.inf, 0, -10, 5300040],
    [10, 0, 10**400, 0, -10, 5300040],
    ["10", 0, 499980, 0, -10, 5300040],
    [math.nan] * 6,
    [],
    {"a": 10},
    "10,0,499980,0,-10,5300040",
    7,
]


@pytest.mark.parametrize("transform", BAD_TRANSFORMS, ids=lambda value: str(value)[:40])
def test_a_transform_of_no_product_is_refused(transform):
    with pytest.raises(MetadataError, match="proj:transform"):
        declared_grid({**TEN_METRES, "proj:transform": transform}, {}, 10)


BAD_SHAPES = [
    [0, 10980],
    [-1, 10980],
    [10981, 10980],
    [10980, 10**9],
    [10980, 10**400],
    [10980.5, 10980],
    [10980],
    [10980, 10980, 3],
    [math.nan, 10980],
    ["10980", 10980],
    [],
    "10980",
    {"0": 1},
    10980,
]


@pytest.mark.parametrize("shape", BAD_SHAPES, ids=lambda value: str(value)[:40])
def test_a_shape_of_no_product_is_refused(shape):
    with pytest.raises(MetadataError, match=r"proj:shape|larger than a granule"):
        declared_grid({**TEN_METRES, "proj:shape": shape}, {}, 10)


def test_more_pixels_than_any_band_has_are_refused_however_small():
    with pytest.raises(MetadataError, match="larger than a granule"):
        declared_grid(
            {"proj:epsg": 32610, "proj:shape": [20_000] * 2, "proj:transform": [1, 0, 0, 0, -1, 0]}, {}, 1
        )


def test_a_shape_that_is_too_large_for_its_pixels_is_refused():
    with pytest.raises(MetadataError, match="larger than a granule"):
        declared_grid({**TEN_METRES, "proj:transform": [20.0, 0, 499980, 0, -20.0, 5300040]}, {}, 20)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=9) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=12,
)
NAMES = ["proj:code", "proj:epsg", "proj:wkt2", "proj:projjson", "proj:shape", "proj:transform"]
fields = st.dictionaries(st.sampled_from(NAMES), junk)


@pytest.mark.slow
@given(fields, fields, st.sampled_from([10.0, 20.0, 60.0]))
def test_junk_is_a_grid_or_none_or_a_refusal(own, inherited, resolution):
    for given_fields in (own, {**TEN_METRES, **own}):
        try:
            found = declared_grid(given_fields, {**TEN_METRES, **inherited}, resolution)
        except MetadataError:
            continue
        assert found is None or (max(found.shape) <= 10980 and all(map(math.isfinite, found.bounds)))


# hrefs


@pytest.mark.parametrize(
    "href",
    [
        "https://x.example/a/B04.tif",
        "http://127.0.0.1:8000/B04.tif",
        "s3://bucket/B04.jp2",
        "https://x.example/B04.tif?token=1",
        "https://x.example/%C3%A4/B04.tif",
    ],
)
@pytest.mark.parametrize("local", [True, False])
def test_addresses_are_kept(tmp_path, href, local):
    assert resolve_href(href, tmp_path / "item.json" if local else None, "" if local else "127.0.0.1") == href


def test_a_token_that_was_saved_with_an_item_is_taken_off():
    href = "https://sentinel2l2a01.blob.core.windows.net/s2/B04.tif"
    assert resolve_href(f"{href}?st=2020&se=2021&sig=abc", None) == href


HOSTILE = [
    *("/etc/passwd", "file:///etc/passwd", "B04.tif", "./B04.tif", "../B04.tif", ""),
    *(
        "/vsicurl/https://x.example/B04.tif",
        "/vsizip//tmp/x.zip",
        "vrt:///etc/passwd",
        "vrt://B04.tif?bands=1",
    ),
    *("<VRTDataset/>", "GTIFF_DIR:1:/etc/passwd", "NETCDF:/etc/passwd:x", "data:image/tiff;base64,AAAA"),
    *(
        "ftp://x.example/B04.tif",
        "gs://bucket/B04.tif",
        "javascript:alert(1)",
        "https:///B04.tif",
        "https://",
    ),
    *(
        "https://user:hush@x.example/B04.tif",
        "https://user@x.example/B04.tif",
        "s3://key:hush@bucket/B04.tif",
    ),
    *(
        "https://[::1/B04.tif",
        "https://x.example/\nB04.tif",
        "https://x.example/\x00",
        "https://x.example/<a>",
    ),
    *(f"https://x.example/{'a' * 5000}", "HTTPS//x.example/B04.tif", " https://x.example/B04.tif"),
]


@pytest.mark.parametrize("href", HOSTILE, ids=lambda href: repr(href)[:40])
def test_from_an_api_nothing_but_plain_addresses_is_read(href):
    with pytest.raises(MetadataError, match="an asset") as caught:
        resolve_href(href, None)
    message = str(caught.value)
    assert message.isprintable()
    assert "hush" not in message
    assert len(message) < 250


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("B04.tif", "archive/scene/B04.tif"),
        ("./B04.tif", "archive/scene/B04.tif"),
        ("../other/B04.tif", "archive/other/B04.tif"),
        ("a%20b/B04.tif", "archive/scene/a b/B04.tif"),
        ("B04:1.tif", "archive/scene/B04:1.tif"),
    ],
)
def test_paths_are_taken_from_the_folder_of_the_item(tmp_path, href, path):
    assert resolve_href(href, tmp_path / "archive/scene/item.json") == str(tmp_path / path)


def test_absolute_paths_and_file_addresses_are_kept(tmp_path):
    raster = tmp_path / "a b" / "B04.tif"
    assert resolve_href(str(raster), tmp_path / "item.json") == str(raster)
    assert resolve_href(raster.as_uri(), tmp_path / "item.json") == str(raster)


@pytest.mark.parametrize(
    "href",
    [
        *(
            "/vsicurl/https://x.example/B04.tif",
            "/vsimem/B04.tif",
            "file:///vsicurl/https://x.example/B04.tif",
        ),
        *("../" * 40 + "vsizip/x.zip", "%2fvsimem/B04.tif", "///vsimem/B04.tif"),
        *("vrt://B04.tif", "<VRTDataset/>", "data:,x", "ftp://x.example/B04.tif", "gs://b/B04.tif"),
        *("https://user:hush@x.example/B04.tif", "B04%00.tif", "B04\n.tif", "file://elsewhere/B04.tif"),
    ],
    ids=lambda href: repr(href)[:40],
)
def test_in_a_file_nothing_that_gdal_takes_for_more_than_a_path_is_read(tmp_path, href):
    with pytest.raises(MetadataError, match="an asset") as caught:
        resolve_href(href, tmp_path / "item.json")
    assert "hush" not in str(caught.value)
    assert str(caught.value).isprintable()


@given(
    st.text(max_size=60)
    | st.builds(str.__add__, st.sampled_from(["https://", "s3://", "file://", "/"]), st.text())
)
def test_any_text_is_an_address_a_path_or_a_refusal(tmp_path_factory, href):
    file = tmp_path_factory.getbasetemp() / "item.json"
    for source in (None, file):
        try:
            resolved = resolve_href(href, source)
        except MetadataError:
            continue
        assert resolved.startswith(("https://", "http://", "s3://")) or (source and resolved.startswith("/"))
        assert not resolved.startswith("/vsi")
        assert "\x00" not in resolved


@pytest.mark.parametrize(
    ("alternate", "read"),
    [
        (
            {"a": {"href": "s3://eodata/B04.tif"}, "z": {"href": "https://z.example/B04.tif"}},
            "https://z.example/B04.tif",
        ),
        (
            {"a": {"href": "file:///x"}, "b": {}, "c": 7, "d": {"href": "s3://eodata/B04.tif"}},
            "s3://eodata/B04.tif",
        ),
    ],
    ids=["https first", "the one that may be read"],
)
def test_an_alternate_stands_in_for_an_href_that_can_not_be_used(make_item, alternate, read):
    item = make_item()
    item["assets"]["B04"] |= {"href": "file:///project/store/B04.tif", "alternate": alternate}
    rasters = source_rasters(raster_assets(RawItem.of(item), GENERIC.profile).values(), RawItem.of(item))
    assert rasters["B04"].href == read
    # the asset's own href comes first
    item["assets"]["B04"]["href"] = "https://own.example/B04.tif"
    rasters = source_rasters(raster_assets(RawItem.of(item), GENERIC.profile).values(), RawItem.of(item))
    assert (rasters["B04"].href, rasters["B04"].alternates[0]) == ("https://own.example/B04.tif", read)
    many = {str(number): {"href": f"https://{number}.example/B04.tif"} for number in range(1000)}
    item["assets"]["B04"]["alternate"] = {**many, "same": {"href": "https://own.example/B04.tif"}}
    rasters = source_rasters(raster_assets(RawItem.of(item), GENERIC.profile).values(), RawItem.of(item))
    assert len(rasters["B04"].alternates) == 4


@pytest.mark.parametrize("alternate", [None, [], {}, {"a": {"href": "http://10.0.0.1/B04.tif"}}, {"a": None}])
def test_without_a_usable_alternate_the_href_itself_is_named(make_item, alternate):
    item = make_item()
    item["assets"]["B04"] |= {"href": "file:///project/store/B04.tif", "alternate": alternate}
    with pytest.raises(MetadataError, match="project/store"):
        source_rasters(raster_assets(RawItem.of(item), GENERIC.profile).values(), RawItem.of(item))


def test_real_hrefs_all_pass(shared_data):
    for file in sorted((shared_data / "stac-items/planetary-computer").glob("*.json")):
        real = json.loads(file.read_text("utf-8"))
        for one in best_assets(real).values():
            assert resolve_href(one.asset["href"], None) == one.asset["href"]
