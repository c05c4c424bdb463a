"""STAC items by coverage-guided fuzzing. Run: python tests/fuzz/items.py -max_total_time=600."""

import json
import sys
from contextlib import suppress
from datetime import date

import atheris

with atheris.instrument_imports(include=["cloudless_mosaic.catalog"]):
    from cloudless_mosaic.catalog.raw_item import RawItem
    from cloudless_mosaic.catalog.search import _ItemFilter
    from cloudless_mosaic.net import hosts

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from damaged_bytes import mutated

# host names are not resolved
hosts._resolves_to_private = lambda _: False

REQUEST = MosaicRequest(
    start_date=date(2020, 10, 1),
    end_date=date(2020, 12, 31),
    aoi=Aoi(-122.3, 47.5, -121.9, 47.8),
    bands=("red",),
    stac_url="https://stac.example.com",
)
ITEM = {
    "type": "Feature",
    "id": "S2A_MSIL2A_20201008T190231_R113_T10TET_20201101T000000",
    "collection": "sentinel-2-l2a",
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[-122.3, 47.5], [-121.9, 47.5], [-121.9, 47.8], [-122.3, 47.8], [-122.3, 47.5]]],
    },
    "properties": {
        "datetime": "2020-10-08T19:02:31.024000Z",
        "platform": "Sentinel-2A",
        "eo:cloud_cover": 1.0,
        "proj:epsg": 32610,
        "s2:mgrs_tile": "10TET",
        "s2:processing_baseline": "02.12",
    },
    "links": [],
    "assets": {
        name: {
            "href": f"https://files.example.com/{name}.tif",
            "type": "image/tiff; application=geotiff",
            "proj:shape": [10980, 10980] if name == "B04" else [5490, 5490],
            "proj:transform": [10.0, 0, 499980.0, 0, -10.0, 5300040.0],
        }
        for name in ("B04", "SCL")
    },
}


def one(data: bytes) -> None:
    """Judges the item that bytes are, if they are JSON, and one that they mutate."""
    candidates = [mutated(ITEM, int.from_bytes(data[:12], "little"), 4)]
    with suppress(ValueError, RecursionError):
        candidates.append(json.loads(data))
    items = _ItemFilter(REQUEST)
    for item in candidates:
        if isinstance(item, dict):
            items.add(RawItem.of(item, host="stac.example.com"))


atheris.Setup(sys.argv, one)
atheris.Fuzz()
