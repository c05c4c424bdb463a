"""The static STAC catalog around an archive: ``catalog.json``, a collection, a folder per item."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from cloudless_mosaic.synthetic.items import Json, ProviderStyle

CATALOG = "catalog.json"
"""Name of the root."""

_JSON = "application/json"
_GEOJSON = "application/geo+json"


def write_item(folder: Path, item: Json) -> None:
    """Writes an item beside its rasters, with relative links; ``folder`` is two levels below the root."""
    links = [
        _link("root", f"../../{CATALOG}"),
        _link("parent", "../collection.json"),
        _link("collection", "../collection.json"),
    ]
    _write(folder / f"{item['id']}.json", item | {"links": links})


def write_catalog(root: Path, style: ProviderStyle, bands: tuple[str, ...], items: Sequence[Json]) -> None:
    """Writes the collection of all items, then the root."""
    collection = style.collection_fields(bands) | {
        "extent": _extent(items),
        "links": [
            _link("root", f"../{CATALOG}"),
            _link("parent", f"../{CATALOG}"),
            *(_link("item", f"./{item['id']}/{item['id']}.json", _GEOJSON) for item in items),
        ],
    }
    _write(root / style.collection / "collection.json", collection)
    catalog = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "cloudless-mosaic-synthetic",
        "description": "A synthetic Sentinel-2 archive with a known truth.",
        "links": [
            _link("root", f"./{CATALOG}"),
            _link("child", f"./{style.collection}/collection.json"),
        ],
    }
    _write(root / CATALOG, catalog)


def _extent(items: Sequence[Json]) -> Json:
    """Extent of all items in space and time; all longitudes if one item crosses the antimeridian."""
    boxes = [item["bbox"] for item in items]
    crossing = any(west > east for west, _, east, _ in boxes)
    west = -180.0 if crossing else min(box[0] for box in boxes)
    east = 180.0 if crossing else max(box[2] for box in boxes)
    times = sorted(item["properties"]["datetime"] for item in items)
    return {
        "spatial": {"bbox": [[west, min(box[1] for box in boxes), east, max(box[3] for box in boxes)]]},
        "temporal": {"interval": [[times[0], times[-1]]]},
    }


def _link(relation: str, href: str, media_type: str = _JSON) -> Json:
    return {"rel": relation, "href": href, "type": media_type}


def _write(path: Path, document: Json) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
