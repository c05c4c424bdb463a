"""Identity of a scene: granule, overpass, datastrip, baseline, from properties and product names.

Names of products, datatakes and strips: ESA, "Sentinel-2 Products Specification Document".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.redaction import quoted

_SAFE_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}")
_TILE = re.compile(r"(?<![0-9A-Za-z])T?(\d{1,2})([C-HJ-NP-X][A-HJ-NP-Z][A-HJ-NP-V])(?![0-9A-Za-z])")
_SATELLITE = re.compile(r"(?:^|G)S(2[A-D])_")
_PLATFORM = re.compile(r"sentinel-?(2[a-d])")
_DATATAKE = re.compile(r"(?:^GS2[A-D]|^S2[A-D]_MSIL2A)_(\d{8}T\d{6})_")
_ORBIT = re.compile(r"_A(\d{6})_")
_STRIP = re.compile(r"_(S\d{8}T\d{6})(?=_|$)")
_BASELINE = re.compile(r"_N(\d{2})\.?(\d{2})(?=_|\.|$)")
_GENERATED = re.compile(r"^S2[A-D]_MSIL2A_.*_(\d{8}T\d{6})(?=\.|$)")

_DATE_LINE = -169.0
"""Longitude at which the day of an overpass without a name changes: that of the Bering Strait, with hardly
any land south of it, while the antimeridian runs through Fiji and Chukotka."""

_NAMES = (
    "s2:datatake_id",
    "eopf:datatake_id",
    "sentinel2:datatake_id",
    "s2:product_uri",
    "sentinel2:product_uri",
    "s2:product_title",
    "sentinel2:product_title",
    "sentinel:product_id",
    "s2:mgrs_tile",
    "grid:code",
    "s2:granule_id",
    "s2:tile_id",
)
"""Properties that hold an ESA product name, the most specific first."""

_BASELINES = (
    "s2:processing_baseline",
    "sentinel2:processing_baseline",
    "sentinel:processing_baseline",
    "processing:version",
)
_STRIPS = ("s2:datastrip_id", "eopf:datastrip_id", "sentinel2:datastrip_id")
_TIMES_OF_PROCESSING = ("s2:generation_time", "sentinel2:generation_time", "processing:datetime")
_PRODUCT_TYPES = ("s2:product_type", "sentinel2:product_type", "product:type")


def shown_id(item: RawItem) -> str:
    """The id of an item for a message; quoted where it is unsafe."""
    text = item.id
    return text if isinstance(text, str) and _SAFE_ID.fullmatch(text) else quoted(text)


def require_id(item: RawItem) -> str:
    """The item's id, fit for paths and messages.

    Raises:
        MetadataError: if it is not.
    """
    text = item.id
    if not isinstance(text, str) or not _SAFE_ID.fullmatch(text):
        raise MetadataError(
            "its id has other characters than letters, digits, '.', '_' and '-', begins with a '.', "
            "or is longer than 128"
        )
    return text


def require_level_2a(item: RawItem) -> None:
    """Checks that an item is a Sentinel-2 Level-2A product, as far as its metadata say.

    Raises:
        MetadataError: if it is another product.
    """
    properties = item.properties
    kind = next((properties[name] for name in _PRODUCT_TYPES if properties.get(name)), None)
    names = [*_names(item), str(item.collection)]
    if kind is None and any("L1C" in name.upper() for name in names):
        kind = "S2MSI1C"
    if kind not in (None, "S2MSI2A"):
        raise MetadataError(f"it is {quoted(kind)}, not Level-2A surface reflectance (S2MSI2A)")


def sensing_time(item: RawItem) -> datetime:
    """Sensing time, UTC: ``datetime``, or ``start_datetime`` where that is null.

    Raises:
        MetadataError: if the item has none, or is another product, which is why it has none.
    """
    text = item.properties.get("datetime")
    instant = _instant(text)
    if instant is None and text is None:
        instant = _start_of_sensing(item)
    if instant is None:
        require_level_2a(item)
        raise MetadataError(f"it has no sensing time (its datetime is {quoted(text, 40)})")
    return instant


def _start_of_sensing(item: RawItem) -> datetime | None:
    """``start_datetime`` of an item with both ends; ``None`` where it has not.

    Raises:
        MetadataError: if it covers more than an overpass.
    """
    start, end = (_instant(item.properties.get(f"{name}_datetime")) for name in ("start", "end"))
    if start is None or end is None:
        return None
    if not timedelta(0) <= end - start <= timedelta(days=1):
        require_level_2a(item)
        raise MetadataError(f"it covers the time from {start:%Y-%m-%d} to {end:%Y-%m-%d}, not one overpass")
    return start


def platform_of(item: RawItem) -> str:
    """The satellite in lower case, for example ``sentinel-2a``.

    Raises:
        MetadataError: if it is unknown, or not a Sentinel-2.
    """
    stated = item.properties.get("platform")
    match = _PLATFORM.fullmatch(stated.lower()) if isinstance(stated, str) else None
    if match:
        return f"sentinel-{match[1]}"
    for name in _names(item):
        match = _SATELLITE.search(name)
        if match:
            return f"sentinel-{match[1].lower()}"
    raise MetadataError(f"its platform is {quoted(stated, 40)}, none of the Sentinel-2 satellites")


def granule_of(item: RawItem) -> str:
    """The MGRS tile as products write it, for example ``05QKB``.

    Raises:
        MetadataError: if the metadata do not contain it.
    """
    properties = item.properties
    for prefix in ("mgrs", "sentinel"):
        parts = [properties.get(f"{prefix}:{part}") for part in ("utm_zone", "latitude_band", "grid_square")]
        tile = _tile("".join(map(str, parts)))
        if tile:
            return tile
    for name in _names(item):
        tile = _tile(name.replace("MGRS-", "").replace("_", " "))
        if tile:
            return tile
    raise MetadataError("it has no MGRS tile in its properties or its id")


def _tile(text: str) -> str:
    match = _TILE.search(text)
    return f"{int(match[1]):02d}{match[2]}" if match else ""


def overpass_of(item: RawItem, platform: str, sensed: datetime, longitude: float) -> str:
    """The same text for all granules that one satellite took in one pass: satellite and datatake start.

    Without the datatake in a name the absolute orbit identifies the pass, else the day of local solar time:
    the satellite passes at half past ten, so a pass never spans two. Days change at `_DATE_LINE`.
    """
    satellite = platform.upper().replace("SENTINEL-", "S")
    for pattern, mark in ((_DATATAKE, ""), (_ORBIT, "A")):
        for name in _names(item):
            match = pattern.search(name)
            if match:
                return f"{satellite}_{mark}{match[1]}"
    eastwards = longitude if longitude > _DATE_LINE else longitude + 360
    return f"{satellite}_{sensed + timedelta(hours=eastwards / 15):%Y%m%d}"


def strip_of(item: RawItem) -> str:
    """Start of sensing of the strip of the granule, ``S20200305T103210``; empty where unknown."""
    properties = item.properties
    for name in _STRIPS:
        match = _STRIP.search(str(properties.get(name, "")))
        if match:
            return match[1]
    return ""


def baseline_of(item: RawItem) -> str:
    """The processing baseline as ``NN.NN``; empty where unknown."""
    properties = item.properties
    for name in _BASELINES:
        value = properties.get(name)
        if isinstance(value, float):
            value = f"{value:05.2f}"
        if isinstance(value, str) and re.fullmatch(r"\d{2}\.\d{2}", value, re.ASCII):
            return value
    for text in _names(item):
        match = _BASELINE.search(text)
        if match:
            return f"{match[1]}.{match[2]}"
    return ""


def generated_of(item: RawItem) -> str:
    """When the scene was processed, as ISO text in UTC that sorts by time; empty where unknown."""
    properties = item.properties
    stated = (properties.get(name) for name in _TIMES_OF_PROCESSING)
    named = (match[1] for match in map(_GENERATED.search, _names(item)) if match)
    for text in (*stated, *named):
        instant = _instant(text)
        if instant is not None:
            return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
    return ""


def _instant(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _names(item: RawItem) -> Iterator[str]:
    """Product names of an item, the most specific first."""
    properties = item.properties
    for name in _NAMES:
        if isinstance(properties.get(name), str):
            yield properties[name]
    if isinstance(item.id, str):
        yield item.id
