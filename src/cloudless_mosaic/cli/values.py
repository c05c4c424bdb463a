"""The options of a command as values of a request."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from cloudless_mosaic.cli.days import read_days
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.grids import area_of_grid, parse_tile, read_grid, tile_grid, tiles_of
from cloudless_mosaic.domain.provider import read_profile
from cloudless_mosaic.domain.request import MosaicRequest, Shard, require_between
from cloudless_mosaic.domain.request.checks import expanded
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import MaskChoice, read_mask_table
from cloudless_mosaic.net.headers import parse_header

_FOLDER = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")

_RESOLUTION = next(field.default for field in fields(MosaicRequest) if field.name == "resolution")
"""That of a command which names none."""

_WIDEST = 500_000.0
"""Metres of the widest margin around an area."""


@dataclass(frozen=True, slots=True)
class NamedRequest:
    """One of the requests of a command."""

    name: str
    """Folder of its own; empty where there is only one request."""
    request: MosaicRequest
    """The request."""


def read_requests(
    aoi: str | None,
    name_from: str | None,
    tiles: tuple[str, ...],
    tiles_of_aoi: bool,
    like: Path | None,
    buffer: float,
    **rest: Any,  # noqa: ANN401 - one for one the fields of the request
) -> tuple[NamedRequest, ...]:
    """The options of a command as requests: one, or one for each area.

    Raises:
        UsageError: if options don't go together, or a value is out of its range.
    """
    given = [name for name, value in {"aoi": aoi, "tiles": tiles, "like": like}.items() if value]
    if not given:
        raise UsageError("no area; give `aoi`, `tiles` or `like`")
    if tiles and (like or tiles_of_aoi):
        raise UsageError("`tiles` has a grid of its own; leave out `like` and `tiles_of_aoi`")
    if name_from is not None:
        if aoi is None or tiles or like or tiles_of_aoi:
            raise UsageError("`name_from` names the features of `aoi`; give that, and no tile or `like`")
        areas = {name: grown(area, buffer) for name, area in read_features(aoi, name_from).items()}
        return _named({name: {"aoi": area} for name, area in areas.items()}, rest)
    area = None if aoi is None else grown(read_aoi(aoi), buffer)
    if tiles_of_aoi:
        if area is None:
            raise UsageError("`tiles_of_aoi` are those of `aoi`; give it")
        tiles = tuple(tiles_of_area(area))
    resolution = rest["resolution"]
    if tiles:
        grids = {parse_tile(tile)[0]: tile_grid(tile, resolution) for tile in tiles}
        _require_agreement("tiles", grids.values(), 0 if tiles_of_aoi else buffer, rest)
        return _named({name: {"aoi": area, "like": grid} for name, grid in grids.items()}, rest)
    grid = None if like is None else read_grid(like)
    if grid is not None:
        _require_agreement("like", [grid], buffer, rest)
    return (NamedRequest("", read_request(aoi=area, like=grid, **rest)),)


def _require_agreement(
    giver: str, grids: Iterable[SourceGrid], buffer: float, rest: Mapping[str, Any]
) -> None:
    """Refuses options that a given grid would leave without an effect.

    Args:
        giver: Field that gives the grids.
        grids: Output grids.
        buffer: Metres that the area is grown by.
        rest: The other options.
    """
    crs, resolution = rest["crs"], rest["resolution"]
    if buffer and not rest["clip"]:
        raise UsageError(f"`buffer` grows `aoi`, and `{giver}` has an extent of its own; leave it out")
    for grid in grids:
        if crs is not None and crs.upper() != grid.crs:
            raise UsageError(f"`crs` {crs} is not that of `{giver}`, {grid.crs[:40]}; leave it out")
        if resolution not in {_RESOLUTION, grid.resolution}:
            raise UsageError(
                f"`resolution` {resolution:g} is not that of `{giver}`, {grid.resolution:g}; leave it out"
            )


def _named(differences: Mapping[str, Mapping[str, Any]], rest: Mapping[str, Any]) -> tuple[NamedRequest, ...]:
    """Requests that differ in their areas; several have a folder each."""
    folder = rest["output_dir"]
    several = len(differences) > 1
    return tuple(
        NamedRequest(
            name if several else "",
            read_request(**{**rest, "output_dir": folder / name if several else folder, **own}),
        )
        for name, own in differences.items()
    )


def read_request(
    start_date: str | None,
    end_date: str | None,
    month: str | None,
    year: str | None,
    aoi: Aoi | None,
    bands: tuple[str, ...],
    fill: tuple[str, ...],
    mask: str,
    clear_classes: str,
    mask_options: tuple[str, ...],
    profile: Path | None,
    boa_offset: str,
    shard: str | None,
    headers: tuple[str, ...],
    like: SourceGrid | None = None,
    **rest: Any,  # noqa: ANN401 - one for one the fields of the request
) -> MosaicRequest:
    """The options of a command as a request."""
    area = aoi or (area_of_grid(like) if like else None)
    if area is None:
        raise UsageError("no area; give `aoi`, `tiles` or `like`")
    first, last = read_days(start_date, end_date, month, year)
    return MosaicRequest(
        start_date=first,
        end_date=last,
        # without a cut the area of a grid is all that counts
        aoi=area if like is None or rest.get("clip") else area_of_grid(like),
        like=like,
        bands=read_names(bands),
        fill=",".join(fill),
        mask=read_mask(mask),
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
    from cloudless_mosaic.domain.areas.argument import aoi_of_text  # noqa: PLC0415 - keeps --help quick

    return aoi_of_text(text)


def tiles_of_area(area: Aoi) -> list[str]:
    """Names of the tiles of the MGRS that an area meets."""
    from cloudless_mosaic.planning.grid import zones_of  # noqa: PLC0415 - keeps --help quick

    return tiles_of(list(zones_of(area)))


def read_features(text: str, field: str) -> dict[str, Aoi]:
    """The areas of the features of a GeoJSON file or text, by one of their properties.

    Raises:
        UsageError: if it isn't a collection of features, or their names can't be those of folders.
    """
    from cloudless_mosaic.domain.areas.argument import is_path  # noqa: PLC0415 - keeps --help quick

    try:
        content = expanded(Path(text)).read_text("utf-8") if is_path(text) else text
        document = json.loads(content)
    except (OSError, ValueError, RecursionError):
        raise UsageError("`name_from` takes an `aoi` that is a GeoJSON FeatureCollection; give one") from None
    features = document.get("features") if isinstance(document, dict) else None
    if not isinstance(features, list):
        raise UsageError("`name_from` takes an `aoi` that is a GeoJSON FeatureCollection; give one")
    if not features:
        raise UsageError("`aoi` has no features that `name_from` can name; give some")
    areas: dict[str, Aoi] = {}
    folders: set[str] = set()
    for feature in features:
        name = _name_of(feature, field)
        # folders of names that differ in case are one on some file systems
        if name.lower() in folders:
            raise UsageError(f"`name_from` {field!r} is {name!r} in two features; give a field that differs")
        folders.add(name.lower())
        try:
            areas[name] = Aoi.from_geojson({"crs": document.get("crs"), **feature})
        except UsageError as error:
            raise UsageError(f"`aoi`, feature {name!r}: {error.marked}") from None
    return areas


def _name_of(feature: object, field: str) -> str:
    """The name that a property gives to a feature.

    Raises:
        UsageError: if it has none, or one that can't be that of a folder.
    """
    properties = feature.get("properties") if isinstance(feature, dict) else None
    value = properties.get(field) if isinstance(properties, dict) else None
    if value is None:
        raise UsageError(
            f"`name_from` {field!r} is missing in a feature; give a property that all features have"
        )
    # tables with gaps have whole numbers as floats
    number = isinstance(value, float) and value.is_integer()
    name = str(int(value) if number else value)
    if isinstance(value, bool) or not _FOLDER.fullmatch(name):
        raise UsageError(
            f"`name_from` {field!r} is {json.dumps(value)[:40]} in a feature, which can't name a folder; it "
            "takes up to 64 letters, digits, - and _ that begin and end with a letter or digit"
        )
    return name


def grown(aoi: Aoi, buffer: float) -> Aoi:
    """The area with a margin.

    Raises:
        UsageError: if the margin is negative, or too large.
    """
    require_between("buffer", buffer, 0, _WIDEST)
    return aoi.grown(buffer)


def read_mask(text: str) -> MaskChoice:
    """The name of a recipe, or the recipe in a file whose name ends with ``.toml``."""
    return read_mask_table(expanded(Path(text))) if text.lower().endswith(".toml") else text


def read_names(texts: tuple[str, ...]) -> tuple[str, ...]:
    """Names of an option that is repeated, or given once with commas or blanks."""
    return tuple(name for text in texts for name in re.split(r"[,\s]+", text) if name)


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
