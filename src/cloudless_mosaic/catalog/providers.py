"""Known providers of Sentinel-2 Level-2A, and how their items are recognised.

They need no table of band names: the keys of their assets are names that ``bands`` knows.
"""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.providers import NAMED_PROVIDERS


@dataclass(frozen=True, slots=True)
class Provider:
    """A profile and the collections that it describes."""

    profile: ProviderProfile
    """How its items are read."""
    hosts: tuple[str, ...] = ()
    """Hosts of its API."""
    collections: tuple[str, ...] = ()
    """Its collections of Sentinel-2 Level-2A at these hosts."""


PLANETARY_COMPUTER = Provider(
    NAMED_PROVIDERS["planetary-computer"].profile, ("planetarycomputer.microsoft.com",), ("sentinel-2-l2a",)
)
EARTH_SEARCH_V1 = Provider(
    NAMED_PROVIDERS["earth-search"].profile,
    ("earth-search.aws.element84.com",),
    ("sentinel-2-l2a", "sentinel-2-pre-c1-l2a"),
)
EARTH_SEARCH_C1 = Provider(
    NAMED_PROVIDERS["earth-search-c1"].profile,
    ("earth-search.aws.element84.com",),
    ("sentinel-2-c1-l2a",),
)
EARTH_SEARCH_V0 = Provider(
    NAMED_PROVIDERS["earth-search-v0"].profile,
    ("earth-search.aws.element84.com",),
    ("sentinel-s2-l2a-cogs",),
)
COPERNICUS = Provider(
    NAMED_PROVIDERS["copernicus"].profile,
    ("stac.dataspace.copernicus.eu", "catalogue.dataspace.copernicus.eu"),
    ("sentinel-2-l2a",),
)
GENERIC = Provider(ProviderProfile(name="another provider", offset="declared"))

PROVIDERS = (
    PLANETARY_COMPUTER,
    EARTH_SEARCH_V1,
    EARTH_SEARCH_C1,
    EARTH_SEARCH_V0,
    COPERNICUS,
    GENERIC,
)


def recognise(item: RawItem) -> Provider:
    """The provider of an item.

    Host of the API and collection decide. Where they are unknown (a copy in files, a mirror), properties
    decide that only one provider writes.

    Raises:
        MetadataError: if the item has no properties or no assets.
    """
    for provider in PROVIDERS:
        if item.host in provider.hosts and item.collection in provider.collections:
            return provider
    names = item.properties.keys()
    keys = item.assets.keys()
    if any(name.startswith("earthsearch:") for name in names):
        return EARTH_SEARCH_C1 if _is_collection_1(item) else EARTH_SEARCH_V1
    if any(name.startswith("sentinel:") for name in names):
        return EARTH_SEARCH_V0
    if any(name.startswith("eopf:") for name in names):
        return COPERNICUS
    # the converter that the Planetary Computer uses wrote this property, and leaves pixels as they are
    return PLANETARY_COMPUTER if "s2:mgrs_tile" in names and "B04" in keys else GENERIC


def _is_collection_1(item: RawItem) -> bool:
    """True for Collection 1 of Earth Search, by the item's collection, else by where its files lie."""
    collection = item.collection
    if collection in EARTH_SEARCH_V1.collections:
        return False
    return collection in EARTH_SEARCH_C1.collections or any(
        "sentinel-2-c1-l2a" in asset["href"] for asset in item.assets.values()
    )
