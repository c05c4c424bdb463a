"""STAC items as scenes."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudless_mosaic.bands import canonical_band, common_name
from cloudless_mosaic.catalog.assets import SCL, advertised_offset, parse_rasters
from cloudless_mosaic.catalog.footprints import parse_footprint
from cloudless_mosaic.catalog.identity import (
    baseline_of,
    granule_of,
    overpass_of,
    parse_datetime,
    parse_id,
    strip_of,
)
from cloudless_mosaic.catalog.providers import Provider, recognise
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.radiometry import OffsetDecision, decide_offset
from cloudless_mosaic.request import MosaicRequest
from cloudless_mosaic.scenes import Scene

Json = Mapping[str, Any]


def parse_scene(item: Json, request: MosaicRequest, resolve: Callable[[str], str], href: str = "") -> Scene:
    """Reduces an item to what the mosaic needs.

    Args:
        item: A STAC item of any version.
        request: Says which bands have to be there, and whether the scene classification has to.
        resolve: Turns the href of an asset into one that may be read.
        href: Where the item itself lies; may be empty.

    Raises:
        MetadataError: if the item can't serve the request.
    """
    scene_id = parse_id(item)
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        raise MetadataError("it has no properties")
    _require_level_2a(properties, scene_id)
    provider = recognise(item)
    sensed = parse_datetime(properties.get("datetime"))
    footprint = parse_footprint(item.get("geometry"))
    platform = str(properties.get("platform", "")).lower()
    baseline = baseline_of(item, provider.baseline_property)
    rasters = parse_rasters(item, resolve)
    scl = rasters.pop(SCL, None)
    _require_bands(rasters, request.bands)
    if scl is None and request.mask == "scl":
        raise MetadataError("it has no scene classification; --mask none does without")
    decision = _decide(item, provider, baseline)
    return Scene(
        id=scene_id,
        collection=str(item.get("collection") or ""),
        datetime=sensed,
        cloud_cover=cloud_cover_of(item) or 0.0,
        platform=platform,
        granule=granule_of(item),
        overpass=overpass_of(item, platform, sensed, footprint.centroid.x),
        datastrip=strip_of(item),
        baseline=baseline,
        generated=str(properties.get("s2:generation_time") or properties.get("processing:datetime") or ""),
        footprint=footprint,
        rasters=rasters,
        scl=scl,
        offset=decision.value,
        offset_reason=f"{provider.name}: {decision.reason}",
        href=href,
    )


def cloud_cover_of(item: Json) -> float | None:
    """``eo:cloud_cover`` in percent; ``None`` where it's missing or no number."""
    value = item.get("properties", {}).get("eo:cloud_cover")
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    return None


def _require_level_2a(properties: Json, scene_id: str) -> None:
    product = properties.get("s2:product_type") or properties.get("product:type") or ""
    if product not in {"", "S2MSI2A"} or "MSIL1C" in scene_id:
        raise MetadataError(f"it is {product or 'Level-1C'}, not Level-2A surface reflectance")


def _require_bands(rasters: Mapping[str, object], bands: Iterable[str]) -> None:
    missing = [band for band in bands if canonical_band(band) not in rasters]
    if missing:
        known = ", ".join(common_name(name) for name in sorted(rasters)) or "none"
        raise MetadataError(f"it has no band {', '.join(missing)}; its bands: {known}")


def _decide(item: Json, provider: Provider, baseline: str) -> OffsetDecision:
    advertised = advertised_offset(item)
    applied = item["properties"].get(provider.applied_property) if provider.applied_property else None
    if provider.needs_advertised and advertised is None and baseline >= "04.00":
        raise MetadataError(
            f"baseline {baseline} has a radiometric offset, and nothing says whether {provider.name} took it out"
        )
    return decide_offset(
        provider.offsets,
        baseline,
        applied=applied if isinstance(applied, bool) else None,
        advertised=advertised if provider.trusts_advertised else None,
    )
