"""How to read the items of one provider, as data: built in, or from a file of the user."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.access import StorageAccess, parse_access
from cloudless_mosaic.domain.bands import BANDS, canonical_band, common_name
from cloudless_mosaic.domain.bit_classes import Bits, parse_bits, written_bits
from cloudless_mosaic.domain.radiometry import OFFSET_POLICIES, OffsetPolicy
from cloudless_mosaic.errors import UsageError

_LARGEST_FILE = 2**20
_LONGEST_TEXT = 120
_FIELDS = ("name", "offset", "offset_flag", "classification", "bits", "bands", "access")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderProfile:
    """Bands, scene classification, radiometric offset and storage of one provider.

    Raises:
        UsageError: if a field is missing or unusable; the message names it.
    """

    name: str
    """Name to show; part of the reasons for offsets."""
    offset: OffsetPolicy
    """What the provider does to the radiometric offset in the pixels."""
    offset_flag: str = ""
    """Property of an item that is true when the offset was taken out; empty where there is none."""
    classification: str = ""
    """Key of the asset with the scene classification; empty where it has a usual name (``SCL``, ``scl``)."""
    bits: Bits = ()
    """Bits of the classification with the codes that they stand for; empty where it holds codes."""
    bands: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Key of the asset by Sentinel-2 name. Empty where keys are usual names; else it holds all bands."""
    access: tuple[StorageAccess, ...] = ()
    """Buckets of S3 that need another region, endpoint or signing than the environment says."""

    def __post_init__(self) -> None:
        if self.offset not in OFFSET_POLICIES:
            raise UsageError(f"offset must be one of {', '.join(OFFSET_POLICIES)}, got {self.offset!r}")
        texts = {"name": self.name, "offset_flag": self.offset_flag, "classification": self.classification}
        for label, text in {**texts, **{f"bands.{name}": key for name, key in self.bands.items()}}.items():
            optional = label in {"offset_flag", "classification"}
            if not isinstance(text, str) or not text.isprintable() or not (text.strip() or optional):
                raise UsageError(f"{label} must be a text on one line, got {text!r}")
            if len(text) > _LONGEST_TEXT:
                raise UsageError(f"{label} has {len(text)} characters, more than {_LONGEST_TEXT}")
        if self.offset == "flagged" and not self.offset_flag:
            raise UsageError("offset is flagged, so offset_flag must name the property that holds the flag")
        if self.bits and not self.classification:
            raise UsageError("bits are given, so classification must name the asset that has them")
        foreign = sorted(set(self.bands) - set(BANDS))
        if foreign:
            raise UsageError(f"bands must be named as the product does, B01 to B12, got {foreign[0]!r}")
        keys = [*self.bands.values(), *([self.classification] if self.classification else [])]
        twice = sorted({key for key in keys if keys.count(key) > 1})
        if twice:
            raise UsageError(f"asset {twice[0]!r} is given for more than one band")

    @property
    def fields(self) -> dict[str, Any]:
        """The fields as in a file, for provenance."""
        bands = {common_name(name): key for name, key in self.bands.items()}
        every = {
            "name": self.name,
            "offset": self.offset,
            "offset_flag": self.offset_flag,
            "classification": self.classification,
            "bits": written_bits(self.bits),
            "bands": bands,
        }
        return {name: value for name, value in every.items() if value}


def read_profile(path: Path) -> ProviderProfile:
    """Reads a profile from a file: JSON where its name ends so, else TOML.

    Raises:
        UsageError: if the file doesn't exist, or holds no profile; the message names ``profile``.
    """
    try:
        return parse_profile(_load(path))
    except UsageError as error:
        raise UsageError(f"`profile` {path}: {error.marked}; docs/providers.md has an example") from None


def parse_profile(fields: Mapping[str, Any]) -> ProviderProfile:
    """Makes a profile from the fields of a file.

    Raises:
        UsageError: if a field is unknown, missing or unusable; the message names it.
    """
    unknown = sorted(set(fields) - set(_FIELDS))
    if unknown:
        raise UsageError(f"unknown field {unknown[0]!r}; a profile has {', '.join(_FIELDS)}")
    missing = [name for name in ("name", "offset") if name not in fields]
    if missing:
        raise UsageError(f"no field {missing[0]!r}")
    tables = {
        "bands": _bands(fields.get("bands", {})),
        "bits": parse_bits(fields.get("bits", {})),
        "access": parse_access(fields.get("access", {})),
    }
    return ProviderProfile(**{**fields, **tables})


def access_of(profile: ProviderProfile | None) -> tuple[StorageAccess, ...]:
    """The access to buckets that a profile gives; nothing without a profile."""
    return profile.access if profile else ()


def _bands(table: object) -> dict[str, str]:
    if not isinstance(table, Mapping):
        raise UsageError("bands must be a table of band names with the keys of their assets")
    keys: dict[str, str] = {}
    for name, key in table.items():
        band = canonical_band(name)
        if band in keys:
            raise UsageError(f"band {band} is given twice, the second time as {name!r}")
        keys[band] = key
    return keys


def _load(path: Path) -> Mapping[str, Any]:
    kind = "JSON" if path.suffix.lower() == ".json" else "TOML"
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UsageError("it is larger than 1 MiB")
        text = path.read_text("utf-8")
    except UnicodeDecodeError:
        raise UsageError("it is not text in UTF-8") from None
    except OSError as error:
        raise UsageError(f"it can't be read ({error.strerror})") from None
    try:
        fields = json.loads(text) if kind == "JSON" else _from_toml(text)
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(f"it is not {kind} ({reason})") from None
    if not isinstance(fields, Mapping):
        raise UsageError("it is not a table of fields")
    return fields


def _from_toml(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - only runs with such a file need it

    return tomllib.loads(text)
