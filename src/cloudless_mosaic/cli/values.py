"""The options of a command as values of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.provider import read_profile
from cloudless_mosaic.domain.request import MosaicRequest, Shard, parse_date
from cloudless_mosaic.errors import UsageError

_LARGEST_AOI = 32 * 2**20
"""Bytes of the largest GeoJSON file that is read."""


def read_request(
    start_date: str,
    end_date: str,
    aoi: str,
    bands: tuple[str, ...],
    clear_classes: str,
    mask_options: tuple[str, ...],
    profile: Path | None,
    boa_offset: str,
    shard: str | None,
    **rest: Any,  # noqa: ANN401 - one for one the fields of the request
) -> MosaicRequest:
    """The options of a command as a request."""
    return MosaicRequest(
        start_date=parse_date("start_date", start_date),
        end_date=parse_date("end_date", end_date),
        aoi=read_aoi(aoi),
        bands=bands,
        clear_classes=read_codes(clear_classes),
        mask_options=read_pairs(mask_options),
        profile=read_profile(profile) if profile else None,
        boa_offset=None if boa_offset == "auto" else int(boa_offset),
        shard=Shard.parse(shard) if shard is not None else None,
        **rest,
    )


def read_aoi(text: str) -> Aoi:
    """The area of interest: four numbers, GeoJSON, or a file of it."""
    if not text.lower().endswith((".json", ".geojson")):
        return Aoi.parse(text)
    try:
        path = Path(text)
        if path.stat().st_size > _LARGEST_AOI:
            raise UsageError(f"`aoi` {text} is larger than {_LARGEST_AOI >> 20} MiB; simplify it")
        content = path.read_text("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UsageError(f"`aoi` {text} can't be read: {reason.lower()}; give a GeoJSON file") from None
    if not content.lstrip().startswith("{"):
        raise UsageError(f"`aoi` {text} holds no GeoJSON object; give polygons, or four numbers")
    try:
        return Aoi.parse(content)
    except UsageError as error:
        raise UsageError(f"`aoi` {text}: {error.marked}") from None


def read_pairs(texts: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Names and values of the options of a mask."""
    for text in texts:
        if not all(text.partition("=")):
            raise UsageError(f"`mask_options` takes a name and a value, got {text!r}; for example far=360")
    return tuple((name.strip(), value.strip()) for name, _, value in (text.partition("=") for text in texts))


def read_codes(text: str) -> tuple[int, ...]:
    """Codes of the scene classification, with commas."""
    try:
        return tuple(sorted({int(code) for code in text.split(",") if code.strip()}))
    except ValueError:
        raise UsageError(
            f"`clear_classes` needs numbers with commas, got {text!r}; for example 4,5,6"
        ) from None
