"""The options of a command as values of a request."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cloudless_mosaic.cli.paths import expanded
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.provider import read_profile
from cloudless_mosaic.domain.request import MosaicRequest, Shard, parse_date
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.headers import parse_header


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
    headers: tuple[str, ...],
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
        headers=tuple(parse_header(text, "`headers`") for text in headers),
        shard=Shard.parse(shard) if shard is not None else None,
        **rest,
    )


def read_aoi(text: str) -> Aoi:
    """The area of interest: numbers, GeoJSON, WKT, or a file."""
    if not _is_path(text):
        return Aoi.parse(text)
    if text.startswith(("http://", "https://", "s3://", "/vsi")):
        raise UsageError("`aoi` is an address; save its file here first, and give the path")
    path = Path(unquote(text.removeprefix("file://")) if text.startswith("file:///") else text)
    try:
        return Aoi.from_file(expanded(path))
    except UsageError as error:
        raise UsageError(f"`aoi` {text}: {error.marked}") from None


def _is_path(text: str) -> bool:
    """True for the name of a file, there or not, rather than an area in words or numbers."""
    if text.lstrip().startswith(("{", "[")) or not text.strip():
        return False
    if re.search(r"\.[a-z]\w*$|^~|^[a-z][a-z0-9+]*:/|^/", text, re.IGNORECASE):
        return True
    try:
        return Path(text).exists()
    except (OSError, ValueError):
        return False


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
