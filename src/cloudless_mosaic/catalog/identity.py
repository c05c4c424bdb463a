"""Who a scene is: granule, overpass, strip, baseline, from whichever property or name tells."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from cloudless_mosaic.errors import MetadataError

Json = Mapping[str, Any]

_SAFE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_TILE = re.compile(r"(?<![0-9A-Za-z])T?(\d{1,2})([C-HJ-NP-X])([A-HJ-NP-Z]{2})(?![0-9A-Za-z])")
_PRODUCT = re.compile(r"(S2[A-D])_MSIL2A_(\d{8}T\d{6})_")
_DATATAKE = re.compile(r"G(S2[A-D])_(\d{8}T\d{6})_")
_ORBIT = re.compile(r"(S2[A-D])_OPER_MSI_L2A_TL_.*_(A\d{6})_")
_STRIP = re.compile(r"_S(\d{8}T\d{6})")
_BASELINE = re.compile(r"_N(\d{2})\.?(\d{2})(?=_|\.|$)")


def parse_id(item: Json) -> str:
    """The item's id, fit for paths and messages.

    Raises:
        MetadataError: if it isn't.
    """
    text = item.get("id")
    if not isinstance(text, str) or not _SAFE_ID.fullmatch(text):
        raise MetadataError(
            "its id has other characters than letters, digits, '.', '_' and '-', or is too long"
        )
    return text


def parse_datetime(text: object) -> datetime:
    """An RFC 3339 instant, UTC.

    Raises:
        MetadataError: if it isn't one.
    """
    try:
        instant = datetime.fromisoformat(str(text))
    except ValueError:
        raise MetadataError(f"no sensing time (datetime is {str(text)[:40]!r})") from None
    return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


def granule_of(item: Json) -> str:
    """The MGRS tile without leading zero or ``T``, for example ``5QKB``.

    Raises:
        MetadataError: if nothing tells it.
    """
    properties = item["properties"]
    for prefix in ("mgrs", "sentinel"):
        parts = [properties.get(f"{prefix}:{part}") for part in ("utm_zone", "latitude_band", "grid_square")]
        if all(parts):
            return "{}{}{}".format(*parts)
    for text in _names(item):
        match = _TILE.search(text.replace("MGRS-", "").replace("_", " "))
        if match:
            return f"{int(match[1])}{match[2]}{match[3]}"
    raise MetadataError("no MGRS tile in its properties or id")


def overpass_of(item: Json, platform: str, sensed: datetime, longitude: float) -> str:
    """The same text for all granules that one satellite took in one pass: satellite and start of the datatake.

    Where no name tells the datatake, the absolute orbit stands for it, and else the day by the sun.
    """
    for pattern in (_DATATAKE, _PRODUCT, _ORBIT):
        for text in _names(item):
            match = pattern.search(text)
            if match:
                return f"{match[1]}_{match[2]}"
    solar_day = sensed + timedelta(hours=longitude / 15)
    return f"{platform}_{solar_day:%Y%m%d}"


def strip_of(item: Json) -> str:
    """Start of sensing of the strip that the granule was cut from; empty where unknown."""
    properties = item["properties"]
    for name in ("s2:datastrip_id", "eopf:datastrip_id"):
        match = _STRIP.search(str(properties.get(name, "")))
        if match:
            return match[1]
    return ""


def baseline_of(item: Json, baseline_property: str) -> str:
    """The processing baseline as ``NN.NN``; empty where unknown."""
    for name in (baseline_property, "s2:processing_baseline"):
        value = str(item["properties"].get(name, ""))
        if re.fullmatch(r"\d{2}\.\d{2}", value):
            return value
    for text in _names(item):
        match = _BASELINE.search(text)
        if match:
            return f"{match[1]}.{match[2]}"
    return ""


def _names(item: Json) -> Iterator[str]:
    """Texts of an item that follow the naming of products, the most reliable first."""
    properties = item["properties"]
    for name in (
        "s2:datatake_id",
        "eopf:datatake_id",
        "s2:product_uri",
        "sentinel:product_id",
        "s2:mgrs_tile",
        "grid:code",
        "s2:granule_id",
    ):
        if properties.get(name):
            yield str(properties[name])
    yield str(item.get("id", ""))
