"""How the items of a catalogue are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.providers import named_provider
from cloudless_mosaic.domain.radiometry import OFFSETS
from cloudless_mosaic.domain.request.fields import decides_neither, decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.headers import Header, require_header


def _profile_fields(profile: ProviderProfile | None) -> dict[str, Any] | None:
    return profile.fields if profile else None


def _or_auto(offset: int | None) -> int | str:
    return "auto" if offset is None else offset


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(RequestPart):
    """Access to the catalogue, provider and radiometric offset.

    Raises:
        UsageError: if a header can't be sent, the provider is unknown or given in two ways, or the offset is
            none that Sentinel-2 products have; the message names the field.
    """

    headers: tuple[Header, ...] = field(default=(), repr=False, metadata=decides_neither())
    """Headers for the host of the catalogue or item, as names and values; secret. No other host gets them."""
    provider: str | None = field(default=None, metadata=decides_pixels(omit_default=True))
    """Name of a provider that ships: its profile, and of a search its address and collection, in place of
    their defaults."""
    profile: ProviderProfile | None = field(default=None, metadata=decides_pixels(written=_profile_fields))
    """How to read the items of the catalogue; ``None`` recognises the provider by API, collection and
    properties."""
    boa_offset: int | None = field(default=None, metadata=decides_pixels(written=_or_auto))
    """Digital number to add to the pixels of every scene, 0 or -1000; ``None`` decides scene by scene."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for header in self.headers:
            require_header(header, "`headers`")
        if self.provider is not None:
            profile = named_provider(self.provider).profile
            if self.profile not in {None, profile}:
                raise UsageError("`provider` and `profile` both say how items are read; give one of them")
            object.__setattr__(self, "profile", profile)
        if self.boa_offset is not None and self.boa_offset not in OFFSETS:
            raise UsageError(
                f"`boa_offset` must be auto, {' or '.join(map(str, OFFSETS))}, got {self.boa_offset}"
            )
