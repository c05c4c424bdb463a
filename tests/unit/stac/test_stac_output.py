import hashlib
import json
import re
import shutil
from pathlib import Path

import imagecodecs
import pystac
import pytest
import rasterio
from pystac.validation.stac_validator import JsonSchemaSTACValidator
from shapely.geometry import shape

from cloudless_mosaic import __version__
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.stac.assets import RENDER
from cloudless_mosaic.stac.collection import with_items
from cloudless_mosaic.stac.footprint import footprint

pytestmark = pytest.mark.slow

NAME = "monthly-mosaic-2020-10"


def item_of(catalog):
    return json.loads((catalog.parent / NAME / f"{NAME}.json").read_text())


def collection_of(catalog):
    return json.loads((catalog.parent / "collection.json").read_text())


def validate(document, kind):
    JsonSchemaSTACValidator().validate_core(document, kind, document["stac_version"])


@pytest.fixture
def catalog(tmp_path, month, run):
    return run(month, tmp_path / "out")


@pytest.fixture
def item(catalog):
    return item_of(catalog)


def test_item_and_catalog_are_valid_stac(catalog, item):
    assert item["stac_version"] == "1.1.0"
    validate(item, pystac.STACObjectType.ITEM)
    validate(json.loads(catalog.read_text()), pystac.STACObjectType.CATALOG)


def test_the_catalog_opens_after_the_folder_moved(catalog, tmp_path):
    moved = tmp_path / "elsewhere" / "moved"
    shutil.move(catalog.parent, moved)
    root = pystac.Catalog.from_file(str(moved / "catalog.json"))
    assert root.id == "cloudless-mosaic"
    (found,) = root.get_items(recursive=True)
    assert found.id == NAME
    assert found.datetime is None
    collection = found.get_parent()
    assert collection.id == "monthly-mosaics"
    assert collection.get_parent() is root
    assert found.get_collection() is collection
    assert found.get_root() is root
    for asset in found.assets.values():
        path = Path(asset.get_absolute_href())
        assert path.is_relative_to(moved)
        assert path.is_file()


def test_no_document_has_an_absolute_path_or_a_secret(catalog, tmp_path):
    for path in catalog.parent.rglob("*.json"):
        text = path.read_text()
        assert str(tmp_path) not in text
        assert not re.search(r"sig=|secret|user:pw|X-Amz|token", text)


def test_the_item_says_when(item):
    properties = item["properties"]
    assert item["id"] == NAME
    assert properties["datetime"] is None
    assert properties["start_datetime"] == "2020-10-01T00:00:00Z"
    assert properties["end_datetime"] == "2020-10-31T23:59:59Z"
    assert "created" not in properties
    assert "updated" not in properties


def test_the_item_says_where(item, plan):
    properties = item["properties"]
    assert properties["proj:code"] == "EPSG:32610"
    assert properties["proj:shape"] == list(plan.geobox.shape)
    assert properties["proj:transform"] == list(plan.geobox.affine[:6])
    assert properties["proj:bbox"] == list(plan.geobox.boundingbox.bbox)
    assert properties["gsd"] == 40
    assert shape(item["geometry"]).bounds == tuple(item["bbox"])
    assert shape(properties["proj:geometry"]).bounds == tuple(properties["proj:bbox"])


def test_the_item_says_how(item):
    properties = item["properties"]
    assert properties["processing:software"] == {"cloudless-mosaic": __version__}
    assert properties["processing:lineage"].startswith("Median of the clear observations of each pixel")
    assert set(properties["processing:expression"]) == {"format", "expression"}


def test_the_item_says_from_what(item):
    properties = item["properties"]
    assert properties["cloudless_mosaic:scenes_found"] == 5
    assert properties["cloudless_mosaic:scenes_used"] == 3
    assert [
        (scene["id"], scene["used"], scene["offset"]) for scene in properties["cloudless_mosaic:scenes"]
    ] == [("S2A_1", True, 0), ("S2A_2", True, -1000), ("S2A_3", True, 0), ("S2A_4", False, 0)]
    assert properties["cloudless_mosaic:scenes"][1] == {
        "id": "S2A_2",
        "datetime": "2020-10-06T19:02:39Z",
        "used": True,
        "pixel_percent": properties["cloudless_mosaic:scenes"][1]["pixel_percent"],
        "offset": -1000,
        "offset_reason": "baseline 05.00 carries the offset",
    }
    assert properties["cloudless_mosaic:dropped_scenes"] == [
        {"id": "S2A_0", "reason": "reprocessed twin of S2A_1"}
    ]
    assert properties["cloudless_mosaic:parameters"]["collection"] == "sentinel-2-l2a"
    derived = [link for link in item["links"] if link["rel"] == "derived_from"]
    assert [(link["title"], link["href"]) for link in derived] == [
        ("S2A_1", "https://stac.example/items/S2A_1"),
        ("S2A_2", "https://stac.example/items/S2A_2"),
    ]


def test_the_item_counts_clear_and_lost_observations(item, month):
    properties = item["properties"]
    assert properties["cloudless_mosaic:clear_percent"] == pytest.approx(
        100 * (month.count > 0).mean(), abs=1e-4
    )
    assert properties["cloudless_mosaic:never_clear_percent"] == pytest.approx(
        100 * (month.count == 0).mean(), abs=1e-4
    )
    assert properties["cloudless_mosaic:mean_observations"] == pytest.approx(month.count.mean(), abs=1e-4)
    observations = 4 * len(month.plan.blocks)
    assert properties["cloudless_mosaic:observations"] == observations
    assert properties["cloudless_mosaic:lost_percent"] == pytest.approx(100 / observations, abs=1e-4)
    assert properties["cloudless_mosaic:lost_observations"] == [
        {"scene": "S2A_4", "block": [1, 0], "reason": "B04 is truncated"}
    ]


def test_assets_name_their_files_sizes_and_checksums(catalog, item):
    roles = {key: asset["roles"] for key, asset in item["assets"].items()}
    assert roles == {
        "mosaic": ["data", "reflectance"],
        "count": ["metadata"],
        "visual": ["visual", "overview"],
        "thumbnail": ["thumbnail"],
    }
    for key, asset in item["assets"].items():
        suffix = ".png" if key == "thumbnail" else ".tif"
        assert asset["href"] == f"./{NAME}{'' if key == 'mosaic' else f'-{key}'}{suffix}"
        data = (catalog.parent / NAME / asset["href"]).read_bytes()
        assert asset["file:size"] == len(data)
        assert asset["file:checksum"] == "1220" + hashlib.sha256(data).hexdigest()
        cog = "image/tiff; application=geotiff; profile=cloud-optimized"
        assert asset["type"] == ("image/png" if key == "thumbnail" else cog)


def test_bands_are_described(item, month):
    bands = item["assets"]["mosaic"]["bands"]
    assert [band["name"] for band in bands] == ["red", "green", "blue", "nir"]
    assert bands[0] == {
        "name": "red",
        "description": "Sentinel-2 B04",
        "eo:common_name": "red",
        "eo:center_wavelength": BANDS["B04"].center_wavelength,
        "eo:full_width_half_max": BANDS["B04"].full_width_half_max,
        "data_type": "uint16",
        "nodata": 0,
        "raster:scale": 0.0001,
        "raster:offset": 0,
        "statistics": bands[0]["statistics"],
    }
    valid = month.data[0][month.data[0] > 0]
    assert bands[0]["statistics"] == {
        "minimum": valid.min(),
        "maximum": valid.max(),
        "mean": pytest.approx(valid.mean(), abs=1e-3),
        "stddev": pytest.approx(valid.std(), abs=1e-3),
        "count": valid.size,
    }
    assert item["assets"]["count"]["bands"] == [
        {
            "name": "count",
            "data_type": "uint16",
            "statistics": {
                "minimum": 0,
                "maximum": month.count.max(),
                "mean": pytest.approx(month.count.mean(), abs=1e-3),
                "stddev": pytest.approx(month.count.std(), abs=1e-3),
                "count": month.count.size,
            },
        }
    ]
    assert [band["name"] for band in item["assets"]["visual"]["bands"]] == ["red", "green", "blue"]


def test_the_thumbnail_says_its_own_grid(catalog, item, plan):
    asset = item["assets"]["thumbnail"]
    pixels = imagecodecs.png_decode((catalog.parent / NAME / asset["href"]).read_bytes())
    assert asset["proj:shape"] == list(pixels.shape[:2])
    left, top = plan.geobox.affine.c, plan.geobox.affine.f
    assert asset["proj:transform"] == [80, 0, left, 0, -80, top]


def test_red_edge_bands_have_the_names_of_the_extension(tmp_path, plan_of, month_of, run):
    item = item_of(run(month_of(plan_of(("B05",), resolution=200.0)), tmp_path / "out"))
    (band,) = item["assets"]["mosaic"]["bands"]
    assert (band["name"], band["eo:common_name"]) == ("rededge1", "rededge071")
    validate(item, pystac.STACObjectType.ITEM)


def test_a_period_without_a_clear_pixel_is_valid(tmp_path, month, run):
    month.data[:] = 0
    month.count[:] = 0
    item = item_of(run(month, tmp_path / "out"))
    validate(item, pystac.STACObjectType.ITEM)
    assert item["properties"]["cloudless_mosaic:clear_percent"] == 0
    assert "statistics" not in item["assets"]["mosaic"]["bands"][0]


def test_local_scenes_are_linked_relative(tmp_path, scene_of, plan_of, month_of, run):
    archive = tmp_path / "archive"
    scenes = tuple(scene_of(f"S2A_{n}", n, str(archive / f"S2A_{n}.json")) for n in (1, 2))
    item = item_of(run(month_of(plan_of(scenes=scenes, resolution=200.0)), tmp_path / "out"))
    hrefs = [link["href"] for link in item["links"] if link["rel"] == "derived_from"]
    assert hrefs == ["../../archive/S2A_1.json", "../../archive/S2A_2.json"]


def test_a_crs_without_a_code_has_its_wkt(tmp_path, plan_of, month_of, run):
    plan = plan_of(
        crs=rasterio.CRS.from_string("+proj=laea +lat_0=47 +lon_0=-122").to_wkt(), resolution=200.0
    )
    properties = item_of(run(month_of(plan), tmp_path / "out"))["properties"]
    assert properties["proj:code"] is None
    assert rasterio.CRS.from_wkt(properties["proj:wkt2"]) == rasterio.CRS.from_user_input(plan.geobox.crs)


def test_across_the_antimeridian_the_item_is_valid(tmp_path, plan_of, month_of, run):
    plan = plan_of(aoi=Aoi(179.9, -17, -179.9, -16.9), resolution=200.0)
    item = item_of(run(month_of(plan), tmp_path / "out"))
    validate(item, pystac.STACObjectType.ITEM)
    assert item["geometry"]["type"] == "MultiPolygon"
    assert item["bbox"][0] > item["bbox"][2]


def test_an_item_says_how_to_draw_it(item):
    assert RENDER in item["stac_extensions"]
    assert item["properties"]["renders"] == {
        "true-colour": {
            "title": "True colour",
            "assets": ["mosaic"],
            "bands": [["red", "green", "blue"]],
            "nodata": 0,
            "rescale": [[0, 3000]] * 3,
            "color_formula": "gamma RGB 1.6",
        },
        "ndvi": {
            "title": "Vegetation index (NDVI)",
            "assets": ["mosaic"],
            "bands": [["nir", "red"]],
            "nodata": 0,
            "expression": "(b1-b2)/(b1+b2)",
            "rescale": [[-1, 1]],
            "colormap_name": "rdylgn",
        },
    }


def test_without_the_bands_nothing_says_how_to_draw(tmp_path, plan_of, month_of, run):
    catalog = run(month_of(plan_of(("green", "swir16"), resolution=200.0)), tmp_path / "out")
    for document in (item_of(catalog), collection_of(catalog)):
        assert RENDER not in document["stac_extensions"]
        assert "renders" not in json.dumps(document)


def test_the_geometry_is_where_there_is_data(tmp_path, plan_of, month_of, run):
    month = month_of(plan_of(resolution=80.0))
    columns = month.plan.geobox.shape[1]
    month.data[:, :, : columns // 2] = 0
    month.count[:, : columns // 2] = 0
    item = item_of(run(month, tmp_path / "out"))
    left, bottom, right, top = item["properties"]["proj:bbox"]
    found = shape(item["properties"]["proj:geometry"])
    assert found.bounds == pytest.approx(((left + right) / 2, bottom, right, top), abs=(right - left) / 128)
    whole = shape(footprint(month.plan.geobox)[0])
    assert whole.buffer(1e-6).covers(shape(item["geometry"]))
    assert shape(item["geometry"]).area == pytest.approx(whole.area / 2, rel=0.02)


def test_the_catalog_leads_to_the_collection_and_says_why_periods_are_empty(catalog):
    document = json.loads(catalog.read_text())
    assert document["id"] == "cloudless-mosaic"
    assert "-122.28,47.5,-121.9,47.75" in document["description"]
    assert "2020-10-01 to 2020-12-31" in document["description"]
    assert [(link["rel"], link["href"]) for link in document["links"]] == [
        ("root", "./catalog.json"),
        ("child", "./collection.json"),
    ]
    assert document["cloudless_mosaic:empty_periods"] == [
        {"period": "2020-11", "reason": "the search found no scene"},
        {"period": "2020-12", "reason": "none of the 1 scenes found can be used"},
    ]


def test_the_collection_says_what_holds_for_all(catalog, item, plan):
    document = collection_of(catalog)
    assert document["license"] == "other"
    assert "Contains modified Copernicus Sentinel data 2020." in document["description"]
    assert [(one["name"], one["roles"]) for one in document["providers"]] == [
        ("ESA", ["producer", "licensor"]),
        ("cloudless-mosaic", ["processor"]),
    ]
    assert document["extent"] == {
        "spatial": {"bbox": [footprint(plan.geobox)[1]]},
        "temporal": {"interval": [["2020-10-01T00:00:00Z", "2020-10-31T23:59:59Z"]]},
    }
    properties = item["properties"]
    summaries = document["summaries"]
    assert summaries["gsd"] == [40]
    assert summaries["proj:code"] == ["EPSG:32610"]
    for field in ("clear_percent", "mean_observations", "lost_percent"):
        value = properties[f"cloudless_mosaic:{field}"]
        assert summaries[f"cloudless_mosaic:{field}"] == {"minimum": value, "maximum": value}
    assert document["renders"] == properties["renders"]
    assert [link["rel"] for link in document["links"]] == ["root", "parent", "license", "item"]
    assert "assets" not in document


def test_item_assets_are_what_items_have(catalog, item):
    described = collection_of(catalog)["item_assets"]
    assert described.keys() == item["assets"].keys()
    for key, asset in item["assets"].items():
        for field in ("title", "description", "type", "roles"):
            assert described[key][field] == asset[field]
        without = [
            {name: value for name, value in band.items() if name != "statistics"}
            for band in asset.get("bands", ())
        ]
        assert described[key].get("bands", []) == without


def test_months_add_up_in_their_order():
    def item(month, clear):
        properties = {
            "start_datetime": f"2020-{month}-01T00:00:00Z",
            "end_datetime": f"2020-{month}-28T00:00:00Z",
            **{
                f"cloudless_mosaic:{field}": 1
                for field in ("mean_observations", "scenes_used", "lost_percent")
            },
            "cloudless_mosaic:clear_percent": clear,
        }
        return {"id": f"monthly-mosaic-2020-{month}", "properties": properties}

    before = {"extent": {"spatial": {}}, "summaries": {}, "links": [{"rel": "root"}, {"rel": "item"}]}
    document = with_items(before, [item("10", 90), item("11", 70), item("12", 80)])
    assert [link.get("title") for link in document["links"]] == [None, "2020-10", "2020-11", "2020-12"]
    assert document["extent"]["temporal"] == {"interval": [["2020-10-01T00:00:00Z", "2020-12-28T00:00:00Z"]]}
    assert document["summaries"]["cloudless_mosaic:clear_percent"] == {"minimum": 70, "maximum": 90}


def test_a_second_run_gives_the_same_bytes(tmp_path, month, run):
    first, second = run(month, tmp_path / "a"), run(month, tmp_path / "b")
    assert first.read_bytes() == second.read_bytes()
    name = f"{NAME}/{NAME}.json"
    assert (first.parent / name).read_bytes() == (second.parent / name).read_bytes()
