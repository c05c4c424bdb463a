"""The documents above the items: the collection of all mosaics, and the root catalog."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pystac
from pyproj import CRS

from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.version import __version__
from cloudless_mosaic.writing.description import sensor_fields
from cloudless_mosaic.writing.fields import CATALOG_ID, COLLECTION_ID, PARAMETERS, PLAN, PREFIX, SHA256, SHARD
from cloudless_mosaic.writing.footprint import footprint
from cloudless_mosaic.writing.geoparquet import items_table
from cloudless_mosaic.writing.lineage import PROCESSING_LEVEL, run_parameters
from cloudless_mosaic.writing.output import (
    CATALOG,
    COLLECTION,
    ITEMS,
    json_bytes,
    mosaic_name,
    name_label,
    storage_faults,
    write_whole,
)
from cloudless_mosaic.writing.published import published_roots, read_document
from cloudless_mosaic.writing.renders import renders
from cloudless_mosaic.writing.stac import ASSETS, THUMBNAIL, extensions, raster_bands

_LICENCE = "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice"
"""Terms of Sentinel data, which have no name of SPDX."""

_KEYWORDS = ["Sentinel-2", "surface reflectance", "mosaic", "cloud-free", "monthly", "median"]

_RANGES = ("clear_percent", "mean_observations", "scenes_used", "lost_percent")
"""Fields of items whose ranges are told."""


def write_roots(plan: MosaicPlan, results: Sequence[PeriodResult], folder: Path, fingerprint: str) -> Path:
    """Writes the collection, which lists every mosaic, and the root catalog, which comes last.

    Args:
        plan: The run.
        results: What became of each period; the items of those with files are in their places.
        folder: Root of the output.
        fingerprint: Of the plan.

    Returns:
        The catalog.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    names = [mosaic_name(result.label) for result in results if not result.empty]
    return publish_roots(
        _catalog(plan, results, fingerprint),
        _collection(plan, fingerprint),
        names,
        folder,
        table=plan.request.geoparquet,
    )


def publish_roots(
    catalog: dict[str, Any],
    collection: dict[str, Any],
    names: Sequence[str],
    folder: Path,
    *,
    table: bool,
) -> Path:
    """Writes the documents above the items, the catalog last.

    Args:
        catalog: The root.
        collection: What holds for it whatever its items are.
        names: Of all items, which are in their places.
        folder: Root of the output.
        table: True for a table of the items beside them.

    Returns:
        The catalog.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    with storage_faults(folder):
        items = [read_document(folder / name / f"{name}.json") for name in sorted(names)]
    document = gathered(collection, items)
    data = items_table(items, document) if table and items else None
    before = published_roots(folder)
    # first, so that a table always has a document that names it
    write_whole(folder / COLLECTION, json_bytes(document | ({"assets": _assets(data)} if data else {})))
    if data:
        write_whole(folder / ITEMS, data)
    else:
        for root in before:
            root.remove_table()
    path = folder / CATALOG
    write_whole(path, json_bytes(catalog))
    return path


def gathered(collection: dict[str, Any], items: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """A collection with what its items add up to: links, dates and ranges.

    Args:
        collection: Any, with these items or others.
        items: Sorted.
    """
    properties = [item["properties"] for item in items]
    extent, summaries = dict(collection["extent"]), dict(collection["summaries"])
    if items:
        dates = (
            min(one["start_datetime"] for one in properties),
            max(one["end_datetime"] for one in properties),
        )
        extent["temporal"] = {"interval": [list(dates)]}
        for field in _RANGES:
            values = [one[PREFIX + field] for one in properties]
            summaries[PREFIX + field] = {"minimum": min(values), "maximum": max(values)}
    links = [link for link in collection["links"] if link["rel"] != pystac.RelType.ITEM]
    links += [
        _link(pystac.RelType.ITEM, f"./{name}/{name}.json", name_label(name))
        for name in (item["id"] for item in items)
    ]
    return collection | {"extent": extent, "summaries": summaries, "links": links}


def _collection(plan: MosaicPlan, fingerprint: str) -> dict[str, Any]:
    """What holds for the collection whatever its items are."""
    request, periods = plan.request, plan.request.periods
    first, last = periods[0].start, periods[-1].last_instant
    years = " to ".join(sorted({f"{first:%Y}", f"{last:%Y}"}))
    drawn = renders(request.bands)
    crs = CRS.from_user_input(str(plan.geobox.crs)).to_authority()
    sensor = {key: one if isinstance(one, list) else [one] for key, one in sensor_fields(plan.geobox).items()}
    collection = pystac.Collection(
        id=COLLECTION_ID,
        title="Monthly cloud-free Sentinel-2 mosaics",
        description=(
            f"Median of the clear observations of each month, pixel by pixel: {', '.join(request.bands)}. "
            f"Contains modified Copernicus Sentinel data {years}."
        ),
        extent=pystac.Extent(
            pystac.SpatialExtent([footprint(plan.geobox)[1]]), pystac.TemporalExtent([[first, last]])
        ),
        license="other",
        keywords=_KEYWORDS,
        providers=[
            pystac.Provider(
                "ESA",
                roles=[pystac.ProviderRole.PRODUCER, pystac.ProviderRole.LICENSOR],
                url="https://sentinels.copernicus.eu",
            ),
            pystac.Provider(
                "cloudless-mosaic",
                roles=[pystac.ProviderRole.PROCESSOR],
                extra_fields={
                    "processing:level": PROCESSING_LEVEL,
                    "processing:software": {"cloudless-mosaic": __version__},
                },
            ),
        ],
        stac_extensions=extensions(request.bands),
        summaries=pystac.Summaries(
            sensor
            | ({"proj:code": [":".join(crs)]} if crs else {})
            | {"processing:level": [PROCESSING_LEVEL]}
        ),
        extra_fields={
            "item_assets": _item_assets(request.bands),
            **({"renders": drawn} if drawn else {}),
            **_ownership(plan, fingerprint),
        },
    )
    collection.clear_links()
    return collection.to_dict(include_self_link=False, transform_hrefs=False) | {
        "links": [
            _link(pystac.RelType.ROOT, f"./{CATALOG}"),
            _link(pystac.RelType.PARENT, f"./{CATALOG}"),
            {"rel": pystac.RelType.LICENSE, "href": _LICENCE, "title": "Terms of Copernicus Sentinel data"},
        ]
    }


def _item_assets(bands: Sequence[str]) -> dict[str, Any]:
    """What holds for the assets of every item."""
    described = raster_bands(bands)
    rasters = {
        key: {"title": title, "description": text, "type": pystac.MediaType.COG, "roles": roles}
        | {"bands": described[key]}
        for key, (title, text, roles) in ASSETS.items()
    }
    title, text = THUMBNAIL
    picture = {"title": title, "description": text, "type": pystac.MediaType.PNG, "roles": ["thumbnail"]}
    return {**rasters, "thumbnail": picture}


def _catalog(plan: MosaicPlan, results: Sequence[PeriodResult], fingerprint: str) -> dict[str, Any]:
    """The root, which names the periods that have no mosaic."""
    request = plan.request
    catalog = pystac.Catalog(
        id=CATALOG_ID,
        title="Monthly cloud-free Sentinel-2 mosaics",
        description=(
            f"Monthly cloud-free Sentinel-2 mosaics of {', '.join(request.bands)} over {request.aoi} "
            f"(west, south, east, north), {request.start_date} to {request.end_date}, "
            f"from {request.collection}."
        ),
        extra_fields={
            f"{PREFIX}empty_periods": [
                {"period": result.period.label, "reason": _empty_reason(result)}
                for result in results
                if result.empty
            ],
            **_ownership(plan, fingerprint),
        },
    )
    catalog.clear_links()
    return catalog.to_dict(include_self_link=False, transform_hrefs=False) | {
        "links": [
            _link(pystac.RelType.ROOT, f"./{CATALOG}"),
            _link(pystac.RelType.CHILD, f"./{COLLECTION}", "All mosaics"),
        ]
    }


def _ownership(plan: MosaicPlan, fingerprint: str) -> dict[str, Any]:
    """Whose a document is."""
    shard = plan.request.shard
    return {
        PARAMETERS: run_parameters(plan),
        PLAN: fingerprint,
        **({SHARD: str(shard)} if shard else {}),
    }


def _empty_reason(result: PeriodResult) -> str:
    if result.found:
        return f"none of the {result.found} scenes found can be used"
    return "the search found no scene"


def _assets(table: bytes) -> dict[str, Any]:
    """The table of the items."""
    return {
        "items": {
            "href": f"./{ITEMS}",
            "type": "application/vnd.apache.parquet",
            "title": "All items as a table (stac-geoparquet)",
            "roles": ["collection-mirror"],
            "file:size": len(table),
            "file:checksum": SHA256 + hashlib.sha256(table).hexdigest(),
        }
    }


def _link(relation: str, href: str, title: str | None = None) -> dict[str, Any]:
    kind = pystac.MediaType.GEOJSON if relation == pystac.RelType.ITEM else pystac.MediaType.JSON
    return pystac.Link(relation, href, kind, title).to_dict(transform_href=False)
