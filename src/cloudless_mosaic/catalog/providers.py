"""What is peculiar to each provider of Sentinel-2 Level-2A."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cloudless_mosaic.radiometry import OffsetPolicy

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Provider:
    """How one provider writes its items and its pixels."""

    name: str
    """Name for people."""
    offsets: OffsetPolicy
    """What the provider does to the radiometric offset in the pixels."""
    baseline_property: str
    """Property with the processing baseline."""
    applied_property: str | None = None
    """Property that is true when the offset was taken out."""
    trusts_advertised: bool = True
    """Whether the offset in ``raster:bands`` speaks of the pixels."""
    needs_advertised: bool = False
    """Whether an offset counts only where the metadata advertises it."""


PLANETARY_COMPUTER = Provider("Planetary Computer", "raw", "s2:processing_baseline")
EARTH_SEARCH_V1 = Provider(
    "Earth Search v1",
    "flagged",
    "s2:processing_baseline",
    "earthsearch:boa_offset_applied",
    # the -0.1 that is advertised here stands beside pixels that are shifted already
    trusts_advertised=False,
)
EARTH_SEARCH_C1 = Provider("Earth Search v1, Collection 1", "raw", "s2:processing_baseline")
EARTH_SEARCH_V0 = Provider(
    "Earth Search v0",
    "flagged",
    "sentinel:processing_baseline",
    "sentinel:boa_offset_applied",
    trusts_advertised=False,
)
COPERNICUS = Provider("Copernicus Data Space Ecosystem", "raw", "processing:version")
GENERIC = Provider("another provider", "raw", "s2:processing_baseline", needs_advertised=True)

PROVIDERS = (
    PLANETARY_COMPUTER,
    EARTH_SEARCH_V1,
    EARTH_SEARCH_C1,
    EARTH_SEARCH_V0,
    COPERNICUS,
    GENERIC,
)


def recognise(item: Json) -> Provider:
    """Tells the provider of an item by its collection and by properties that only that provider writes."""
    collection = item.get("collection")
    names = item.get("properties", {}).keys()
    if collection == "sentinel-2-c1-l2a":
        return EARTH_SEARCH_C1
    if any(name.startswith("earthsearch:") for name in names):
        return EARTH_SEARCH_V1
    if collection == "sentinel-s2-l2a-cogs" or "sentinel:boa_offset_applied" in names:
        return EARTH_SEARCH_V0
    if any(name.startswith("eopf:") for name in names):
        return COPERNICUS
    return PLANETARY_COMPUTER if "s2:mgrs_tile" in names else GENERIC
