"""The documents above the items: the collection of all mosaics, and the root catalog."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pystac
from pyproj import CRS

from cloudless_mosaic.domain.periods import PeriodKind, collection_id, parse_mosaic_name
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.stac.assets import sensor_fields
from cloudless_mosaic.stac.documents import document_of
from cloudless_mosaic.stac.footprint import footprint
from cloudless_mosaic.stac.items import THUMBNAIL, asset_texts, extensions, output_bands, raster_bands
from cloudless_mosaic.stac.layers import layer_bands, layer_renders
from cloudless_mosaic.stac.names import (
    CATALOG,
    CATALOG_ID,
    COLLECTION,
    PARAMETERS,
    PLAN,
    PREFIX,
    SHARD,
)
from cloudless_mosaic.stac.provenance import PROCESSING_LEVEL, run_parameters
from cloudless_mosaic.stac.renders import renders
from cloudless_mosaic.version import __version__

_LICENCE = "https://sentinel.esa.int/documents/247904/690755/Sentinel_Data_Legal_Notice"
"""Terms of Sentinel data, which have no name of SPDX."""

_KEYWORDS = ["Sentinel-2", "surface reflectance", "mosaic", "cloud-free"]

_RANGES = ("clear_percent", "mean_observations", "scenes_used", "lost_percent")
"""Fields of items whose ranges the collection gives."""


def with_items(collection: dict[str, Any], items: Sequence[dict[str, Any]]) -> dict[str, Any]:
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
    own = collection.get(PARAMETERS, {}).get("name")
    links = [link for link in collection["links"] if link["rel"] != pystac.RelType.ITEM]
    links += [
        _link(pystac.RelType.ITEM, f"./{name}/{name}.json", _label(name, own))
        for name in (item["id"] for item in items)
    ]
    return collection | {"extent": extent, "summaries": summaries, "links": links}


def collection_document(plan: MosaicPlan, fingerprint: str) -> dict[str, Any]:
    """What holds for the collection whatever its items are."""
    request, periods = plan.request, plan.request.periods
    kind, reducer = request.period_kind, request.reduction
    first, last = periods[0].start, periods[-1].last_instant
    years = " to ".join(sorted({f"{first:%Y}", f"{last:%Y}"}))
    drawn = renders(request.bands) | layer_renders(request, output_bands(request.bands))
    crs = CRS.from_user_input(str(plan.geobox.crs)).to_authority()
    sensor = {key: one if isinstance(one, list) else [one] for key, one in sensor_fields(plan.geobox).items()}
    collection = pystac.Collection(
        id=collection_id(kind, request.name or ""),
        title=_title(kind, request.name),
        description=(
            f"{reducer.title} of the clear observations of each {kind.noun}, pixel by pixel: "
            f"{', '.join(request.bands)}. "
            f"Contains modified Copernicus Sentinel data {years}."
        ),
        extent=pystac.Extent(
            pystac.SpatialExtent([footprint(plan.geobox)[1]]), pystac.TemporalExtent([[first, last]])
        ),
        license="other",
        keywords=[*_KEYWORDS, kind.adjective, reducer.name],
        providers=_providers(),
        stac_extensions=extensions(request, drawn),
        summaries=pystac.Summaries(
            sensor
            | ({"proj:code": [":".join(crs)]} if crs else {})
            | {"processing:level": [PROCESSING_LEVEL]}
        ),
        extra_fields={
            "item_assets": _item_assets(request),
            **({"renders": drawn} if drawn else {}),
            **_ownership(plan, fingerprint),
        },
    )
    collection.clear_links()
    return document_of(collection) | {
        "links": [
            _link(pystac.RelType.ROOT, f"./{CATALOG}"),
            _link(pystac.RelType.PARENT, f"./{CATALOG}"),
            {"rel": pystac.RelType.LICENSE, "href": _LICENCE, "title": "Terms of Copernicus Sentinel data"},
        ]
    }


def _providers() -> list[pystac.Provider]:
    return [
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
    ]


def _label(name: str, own: str | None) -> str:
    """Period and tile of a mosaic, from its name."""
    return "-".join(filter(None, parse_mosaic_name(name, own or "") or (name,)))


def _title(kind: PeriodKind, own: str | None) -> str:
    title = f"{kind.adjective.capitalize()} cloud-free Sentinel-2 mosaics"
    return f"{title}: {own}" if own else title


def _item_assets(request: MosaicRequest) -> dict[str, Any]:
    """What holds for the assets of every item."""
    described = raster_bands(request.bands)
    rasters = {
        key: {"title": title, "description": text, "type": pystac.MediaType.COG, "roles": roles}
        | {"bands": described[key]}
        for key, (title, text, roles) in asset_texts(request.reduction).items()
    }
    bands = layer_bands(request, output_bands(request.bands), ())
    for layer in request.all_layers:
        rasters[layer.name] = {
            "title": layer.title,
            "description": layer.description,
            "type": pystac.MediaType.COG,
            "roles": list(layer.roles),
            "bands": bands[layer.name],
        }
    title, text = THUMBNAIL
    picture = {"title": title, "description": text, "type": pystac.MediaType.PNG, "roles": ["thumbnail"]}
    return {**rasters, "thumbnail": picture}


def catalog_document(plan: MosaicPlan, results: Sequence[PeriodResult], fingerprint: str) -> dict[str, Any]:
    """The root, which names the periods that have no mosaic."""
    request = plan.request
    catalog = pystac.Catalog(
        id=CATALOG_ID,
        title=_title(request.period_kind, request.name),
        description=(
            f"{_title(request.period_kind, None)} of {', '.join(request.bands)} over {request.aoi} "
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
    return document_of(catalog) | {
        "links": [
            _link(pystac.RelType.ROOT, f"./{CATALOG}"),
            _link(pystac.RelType.CHILD, f"./{COLLECTION}", "All mosaics"),
        ]
    }


def areas_document(
    fingerprint: str, areas: Sequence[tuple[dict[str, Any], dict[str, Any]]]
) -> dict[str, Any]:
    """The root of the mosaics of several areas.

    Args:
        fingerprint: Of their plans together.
        areas: Catalog and collection of each, sorted; the collection lies in a folder named as its id.
    """
    names = [collection["id"] for _, collection in areas]
    catalog = pystac.Catalog(
        id=CATALOG_ID,
        title="Cloud-free Sentinel-2 mosaics",
        description=f"Cloud-free Sentinel-2 mosaics of {len(names)} areas: {', '.join(names)}.",
        extra_fields={
            f"{PREFIX}areas": [
                {
                    "collection": collection["id"],
                    "description": catalog.get("description", ""),
                    "empty_periods": catalog.get(f"{PREFIX}empty_periods", []),
                }
                for catalog, collection in areas
            ],
            PLAN: fingerprint,
        },
    )
    catalog.clear_links()
    links = [_link(pystac.RelType.CHILD, f"./{name}/{COLLECTION}", name) for name in names]
    return document_of(catalog) | {"links": [_link(pystac.RelType.ROOT, f"./{CATALOG}"), *links]}


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


def _link(relation: str, href: str, title: str | None = None) -> dict[str, Any]:
    kind = pystac.MediaType.GEOJSON if relation == pystac.RelType.ITEM else pystac.MediaType.JSON
    return pystac.Link(relation, href, kind, title).to_dict(transform_href=False)
