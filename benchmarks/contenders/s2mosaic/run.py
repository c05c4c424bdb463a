"""The same mosaics by s2mosaic with the mask of the scene classification: ``run.py ORDER``."""

import json
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pystac

# the cloud model, several gigabytes with its dependencies, is imported even where it is not used
sys.modules["omnicloudmask"] = ModuleType("omnicloudmask")
sys.modules["omnicloudmask"].predict_from_array = None

import s2mosaic  # noqa: E402
from s2mosaic.sources import Source  # noqa: E402


class LocalCatalog:
    """Stands in for the client of a STAC API; gives the items of a file by their time."""

    def __init__(self, path: str) -> None:
        self.items = pystac.ItemCollection.from_file(path)

    def search(self, datetime: str, **_: object) -> SimpleNamespace:
        """Items from the first to the last instant; they all are of one collection and one granule."""
        first, last = datetime.split("/")
        found = [item for item in self.items if first <= f"{item.datetime:%Y-%m-%dT%H:%M:%SZ}" <= last]
        return SimpleNamespace(item_collection=lambda: pystac.ItemCollection(found))


def main(order: dict[str, Any]) -> None:
    """Makes the mosaics of an order."""
    Source.open_catalog = lambda _source, **_: LocalCatalog(order["items"])
    method, _, percentile = order["reducer"].partition(":")
    area = {"grid_id": order["granule"]} if order["granule"] else bounds_of(order)
    for month in order["months"]:
        s2mosaic.mosaic(
            **area,
            start_year=int(month[:4]),
            start_month=int(month[5:]),
            duration_months=1,
            bands=order["assets"],
            mosaic_method=method,
            percentile=float(percentile) if percentile else None,
            cloud_mask="SCL",
            additional_query={"eo:cloud_cover": {"lte": 100}},
            resolution=order["resolution"],
            resampling_method="nearest" if order["resolution"] == 10 else "average",
            include_observation_count=order["count"],
            output_path=Path(order["output"]) / f"{month}.tif",
        )


def bounds_of(order: dict[str, Any]) -> dict[str, Any]:
    """An area in the CRS of the scenes, on their pixels: nothing has to be warped."""
    return {
        "bounds": tuple(order["bounds"]),
        "input_crs": order["epsg"],
        "output_crs": order["epsg"],
        "snap_to_source_grid": True,
    }


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
