"""Makers of items and requests."""

import copy
import json
from dataclasses import replace
from datetime import date

import pytest
from shapely.geometry import box

from cloudless_mosaic.catalog.settings import ApiSettings
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.net.retry import TEMPORARY_STATUSES, RetryPolicy
from scripted_api import ScriptedApi, serve

BANDS = ("B02", "B03", "B04", "B08")
SEATTLE = (-122.3, 47.5, -121.9, 47.8)


@pytest.fixture
def api():
    """A STAC API with three collections and no items, gone after the test."""
    with serve(ScriptedApi()) as scripted:
        yield scripted


@pytest.fixture
def quick():
    """Settings with hardly any delay between attempts, and time-outs that a busy machine keeps."""
    retry = RetryPolicy(
        attempts=3, first_delay=0.01, longest_delay=60.0, total=600.0, statuses=TEMPORARY_STATUSES
    )
    return ApiSettings(timeout=(5.0, 10.0), retry=retry, connection_attempts=2, page_size=4)


@pytest.fixture
def short_timeout(quick):
    """Settings that give up a silent server soon."""
    return replace(quick, timeout=(5.0, 0.3))


@pytest.fixture(scope="session")
def make_request():
    def make(stac_url="catalog.json", **changes):
        changes = {
            "start_date": date(2020, 10, 1),
            "end_date": date(2020, 12, 31),
            "aoi": Aoi(-122.275, 47.546, -121.961, 47.746),
            "bands": ("red",),
            **changes,
        }
        return MosaicRequest(stac_url=str(stac_url), **changes)

    return make


@pytest.fixture(scope="session")
def make_item():
    """Items in the style of the Planetary Computer, cut down to what a search needs."""

    def make(day="2020-10-08", granule="10TET", *, cloud=1.0, bounds=SEATTLE, scene_id=None, **properties):
        stamp = f"{day.replace('-', '')}T190231"
        scene_id = scene_id or f"S2A_MSIL2A_{stamp}_R113_T{granule}_20201101T000000"
        told = {
            "datetime": f"{day}T19:02:31.024000Z",
            "platform": "Sentinel-2A",
            "eo:cloud_cover": cloud,
            "proj:epsg": 32610,
            "s2:mgrs_tile": granule,
            "s2:datatake_id": f"GS2A_{stamp}_027619_N02.12",
            "s2:datastrip_id": f"S2A_OPER_MSI_L2A_DS_ESRI_20201101T000000_S{stamp}_N02.12",
            "s2:product_type": "S2MSI2A",
            "s2:generation_time": "2020-11-01T00:00:00.000Z",
            "s2:processing_baseline": "02.12",
            **properties,
        }
        return {
            "type": "Feature",
            "stac_version": "1.0.0",
            "id": scene_id,
            "collection": "sentinel-2-l2a",
            "bbox": list(bounds),
            "geometry": json.loads(json.dumps(box(*bounds).__geo_interface__)),
            "properties": {key: value for key, value in told.items() if value is not None},
            "links": [],
            "assets": {name: make_asset(scene_id, name) for name in (*BANDS, "SCL")},
        }

    return make


def make_asset(scene_id, name):
    pixel = 20 if name == "SCL" else 10
    return {
        "href": f"https://files.example.com/{scene_id}/{name}.tif",
        "type": "image/tiff; application=geotiff; profile=cloud-optimized",
        "proj:shape": [109800 // pixel] * 2,
        "proj:transform": [float(pixel), 0.0, 499980.0, 0.0, -float(pixel), 5300040.0],
    }


@pytest.fixture(scope="session")
def real_item(shared_data):
    """Loads one real item by its path below the shared data; a copy that may be changed."""
    loaded = {}

    def load(path):
        if path not in loaded:
            loaded[path] = json.loads((shared_data / path).read_text("utf-8"))
        return copy.deepcopy(loaded[path])

    return load
