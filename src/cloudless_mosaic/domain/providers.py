"""Providers that ship with the program, by name: address, collection, profile, and what they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cloudless_mosaic.domain.access import PLANETARY_COMPUTER_STORAGE, StorageAccess
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.errors import UsageError

Evidence = Literal["recorded items", "documentation"]
"""What a profile was checked against: items recorded from the API, or documentation and public code alone."""


@dataclass(frozen=True, slots=True)
class NamedProvider:
    """A provider that a request may name."""

    stac_url: str
    """Root of its STAC API."""
    collection: str
    """Its collection of Sentinel-2 Level-2A."""
    red: str
    """Key of the asset of the red band, as an example of the others."""
    profile: ProviderProfile
    """How its items are read."""
    evidence: Evidence = "recorded items"
    """What this was checked against."""

    @property
    def offset(self) -> str:
        """What it does to the radiometric offset, in words."""
        flag = self.profile.offset_flag
        return f"{self.profile.offset} ({flag})" if self.profile.offset == "flagged" else self.profile.offset

    @property
    def access(self) -> str:
        """How its files are read, in words."""
        return ", ".join(map(_in_words, self.profile.access)) or "https"


NAMED_PROVIDERS = {
    "planetary-computer": NamedProvider(
        "https://planetarycomputer.microsoft.com/api/stac/v1",
        "sentinel-2-l2a",
        "B04",
        ProviderProfile(name="Planetary Computer", offset="raw", access=(PLANETARY_COMPUTER_STORAGE,)),
    ),
    "earth-search": NamedProvider(
        "https://earth-search.aws.element84.com/v1",
        "sentinel-2-l2a",
        "red",
        ProviderProfile(
            name="Earth Search v1", offset="flagged", offset_flag="earthsearch:boa_offset_applied"
        ),
    ),
    "earth-search-c1": NamedProvider(
        "https://earth-search.aws.element84.com/v1",
        "sentinel-2-c1-l2a",
        "red",
        ProviderProfile(
            name="Earth Search v1, Collection 1", offset="raw", offset_flag="earthsearch:boa_offset_applied"
        ),
    ),
    "earth-search-v0": NamedProvider(
        "https://earth-search.aws.element84.com/v0",
        "sentinel-s2-l2a-cogs",
        "B04",
        ProviderProfile(name="Earth Search v0", offset="flagged", offset_flag="sentinel:boa_offset_applied"),
    ),
    "copernicus": NamedProvider(
        "https://stac.dataspace.copernicus.eu/v1",
        "sentinel-2-l2a",
        "B04_10m",
        ProviderProfile(
            name="Copernicus Data Space Ecosystem",
            offset="raw",
            access=(StorageAccess(place="eodata", endpoint="https://eodata.dataspace.copernicus.eu"),),
        ),
    ),
    "digital-earth-africa": NamedProvider(
        "https://explorer.digitalearth.africa/stac",
        "s2_l2a",
        "B04",
        ProviderProfile(
            name="Digital Earth Africa",
            offset="flagged",
            offset_flag="sentinel:boa_offset_applied",
            access=(StorageAccess(place="deafrica-sentinel-2", region="af-south-1", anonymous=True),),
        ),
        "documentation",
    ),
    "brazil-data-cube": NamedProvider(
        "https://data.inpe.br/bdc/stac/v1",
        "S2_L2A-1",
        "B04",
        ProviderProfile(name="Brazil Data Cube", offset="declared"),
        "documentation",
    ),
}
"""By the name that a request gives."""


def named_provider(name: str) -> NamedProvider:
    """The provider of a name.

    Raises:
        UsageError: if there is none of that name.
    """
    if name not in NAMED_PROVIDERS:
        raise UsageError(
            f"`provider` {name[:40]!r} is unknown; choose one of {', '.join(NAMED_PROVIDERS)}, or describe "
            "another by `stac_url`, `collection` and `profile`"
        )
    return NAMED_PROVIDERS[name]


def _in_words(access: StorageAccess) -> str:
    """How storage is read."""
    if access.signer:
        return f"https://{access.place} (tokens of {access.signer})"
    details = (
        access.region and f"region {access.region}",
        access.endpoint,
        "anonymous" if access.anonymous else "keys from the environment",
    )
    return f"s3://{access.place} ({', '.join(filter(None, details))})"
