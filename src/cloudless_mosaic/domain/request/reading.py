"""How the items of a catalogue are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.radiometry import OFFSETS
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError


def _profile_fields(profile: ProviderProfile | None) -> dict[str, Any] | None:
    return profile.fields if profile else None


def _or_auto(offset: int | None) -> int | str:
    return "auto" if offset is None else offset


@dataclass(frozen=True, kw_only=True)
class ReadingOptions(RequestPart):
    """Provider and radiometric offset.

    Raises:
        UsageError: if the offset is none that Sentinel-2 products have; the message names the field.
    """

    profile: ProviderProfile | None = field(default=None, metadata=decides_pixels(written=_profile_fields))
    """How to read the items of the catalogue; ``None`` recognises the provider by API, collection and
    properties."""
    boa_offset: int | None = field(default=None, metadata=decides_pixels(written=_or_auto))
    """Digital number to add to the pixels of every scene, 0 or -1000; ``None`` decides scene by scene."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.boa_offset is not None and self.boa_offset not in OFFSETS:
            raise UsageError(
                f"`boa_offset` must be auto, {' or '.join(map(str, OFFSETS))}, got {self.boa_offset}"
            )
