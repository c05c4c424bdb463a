"""The data of the page: catalog and items of a folder, read as untrusted documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from pyproj import CRS
from pyproj.exceptions import CRSError

from cloudless_mosaic.cog.picture import WHITE
from cloudless_mosaic.domain.bands import BANDS, find_band
from cloudless_mosaic.domain.periods import DEFAULT_PERIOD, label_order, parse_mosaic_name, parse_period
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.report.documents import (
    Document,
    as_number,
    as_numbers,
    as_object,
    as_objects,
    as_plain,
    as_text,
    inside,
)
from cloudless_mosaic.report.layers import ItemLayer, ShownClass, ShownLayer, add_layer, read_layers
from cloudless_mosaic.stac.names import CATALOG, CATALOG_ID, PARAMETERS, PREFIX
from cloudless_mosaic.storage.documents import read_document

_MASKED = ("pixels", "by_classes", "by_dates")
"""What an item has of the mask of a scene."""

_DEPTH = 4
"""Depth of a document below the root, its own name included."""


@dataclass(frozen=True, slots=True)
class BandLook:
    """A band of the mosaics."""

    name: str
    """Common name, as in the files."""
    id: str
    """Sentinel-2 name; empty if the band has none."""
    white: float
    """Reflectance that is drawn as white."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The coordinate reference system of the mosaics."""

    code: str
    """Authority and code; empty if it has none."""
    name: str
    """Name for people."""
    units: str
    """``m`` or ``degrees``."""


@dataclass(slots=True)
class MosaicFiles:
    """The files of one mosaic."""

    tile: str
    """Name of the tile; empty where there are none."""
    mosaic: str
    """Address of the reflectances, relative to the page."""
    count: str
    """Address of the counts; empty where there are none."""
    item: str
    """Address of the STAC item."""
    bbox: list[float]
    """Left, bottom, right and top, in the units of the projection."""
    layers: dict[str, str]
    """Addresses of layers and indices, by key of the asset."""


@dataclass(slots=True)
class ShownPeriod:
    """Everything about one period, over all of its tiles."""

    label: str
    """``2020-10``."""
    start: str = ""
    """First day, ``YYYY-MM-DD``."""
    end: str = ""
    """Last day."""
    empty: str = ""
    """Reason for a missing mosaic; empty if the period has one."""
    clear_percent: float = 0.0
    """Pixels with at least one clear observation."""
    holes: dict[str, float] = field(default_factory=dict)
    """Percent of the pixels without a clear observation, by reason."""
    filled: dict[str, float] = field(default_factory=dict)
    """Percent of the pixels that were filled, by the name of the way."""
    mean_count: float = 0.0
    """Clear observations per pixel."""
    observations: int = 0
    """Observations (scene and block) that were planned."""
    files: list[MosaicFiles] = field(default_factory=list)
    """Files of each mosaic."""
    masked: dict[str, int] = field(default_factory=lambda: dict.fromkeys(_MASKED, 0))
    """Pixels that scenes were to fill, and what each step of the mask took out of them."""
    scenes: dict[str, Document] = field(default_factory=dict)
    """Scenes that were read, by id: time, use, offset, and what the mask took out."""
    dropped: dict[str, str] = field(default_factory=dict)
    """Reasons for leaving scenes out, by id."""
    lost: list[Document] = field(default_factory=list)
    """Observations that could not be read."""
    notes: list[Document] = field(default_factory=list)
    """Notes on scenes whose files contradict their items."""
    classes: dict[str, list[ShownClass]] = field(default_factory=dict)
    """Classes of layers that are this period's alone, such as its scenes, by key of the asset."""
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    """Values at the ends of the colours of layers in this period, by key of the asset."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All data of the page."""

    title: str
    """Title of the catalog."""
    software: str
    """Program that made the mosaics, with its version."""
    parameters: dict[str, str | float]
    """Fields of the request that are text or numbers."""
    projection: Projection
    """Of the mosaics."""
    resolution: float
    """Edge of a pixel, in the units of the projection."""
    bands: list[BandLook]
    """Of the mosaics, in their order."""
    layers: list[ShownLayer]
    """Layers and indices beside the mosaics."""
    noun: str
    """What a period is called: ``month``."""
    periods: list[ShownPeriod]
    """In their order."""


def read_summary(folder: Path) -> Summary:
    """Reads the summary of a folder of mosaics.

    Fields that are missing or of another type count as not given; links that lead out of the folder are not
    followed.

    Raises:
        UsageError: if the folder has no catalog of mosaics.
    """
    try:
        catalog = read_document(folder / CATALOG)
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        raise UsageError(f"{folder} has no {CATALOG} to show ({reason}); give a folder of mosaics") from None
    if catalog.get("id") != CATALOG_ID:
        raise UsageError(
            f"{folder / CATALOG} isn't a catalog of mosaics; give a folder that a run has written"
        )
    items = list(_items(folder, catalog))
    periods: dict[str, ShownPeriod] = {}
    for empty in as_objects(catalog.get(f"{PREFIX}empty_periods")):
        label = as_text(empty.get("period"))
        periods[label] = ShownPeriod(label, empty=as_text(empty.get("reason")) or "no reason is given")
    grid: dict[str, int] = {}
    for item in items:
        grid[item.tile] = max(item.pixels, grid.get(item.tile, 0))
    layers: dict[str, ShownLayer] = {}
    for item in items:
        _add(periods.setdefault(item.period, ShownPeriod(item.period)), item, sum(grid.values()))
        for layer in item.layers:
            add_layer(layers, layer.look)
    first = items[0].properties if items else {}
    software = first.get("processing:software")
    name, version = next(iter(software.items()), ("", "")) if isinstance(software, dict) else ("", "")
    return Summary(
        title=as_text(catalog.get("title")) or "Mosaics",
        software=f"{as_text(name)} {as_text(version)}".strip(),
        parameters=as_plain(catalog.get(PARAMETERS)),
        projection=_projection(first),
        resolution=abs(as_numbers(first.get("proj:transform"), 6)[0]),
        bands=items[0].bands if items else [],
        layers=list(layers.values()),
        noun=_noun(catalog),
        periods=sorted(periods.values(), key=lambda one: label_order(one.label)),
    )


def _noun(catalog: Document) -> str:
    """What a period of the mosaics is called."""
    asked = as_text(as_object(catalog.get(PARAMETERS)).get("period")) or DEFAULT_PERIOD
    try:
        return parse_period(asked).noun
    except UsageError:
        return "period"


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a mosaic."""

    period: str
    tile: str
    properties: Document
    files: MosaicFiles
    bands: list[BandLook]
    layers: list[ItemLayer]

    @property
    def pixels(self) -> int:
        rows, columns = as_numbers(self.properties.get("proj:shape"), 2)
        return int(rows * columns)

    def own(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        return self.properties.get(PREFIX + name)


def _items(folder: Path, catalog: Document) -> Iterator[_Item]:
    """The mosaics that a catalog and its collections list."""
    found = {}
    for place, document in _linked(folder, PurePosixPath(), catalog, {PurePosixPath(CATALOG)}):
        item = _item(place, document)
        if item:
            found[item.period, item.tile] = item
    return iter(found[key] for key in sorted(found))


def _linked(
    folder: Path, place: PurePosixPath, document: Document, seen: set[PurePosixPath]
) -> Iterator[tuple[PurePosixPath, Document]]:
    """Paths and documents of items below a catalog, each once."""
    for link in as_objects(document.get("links")):
        relation, target = link.get("rel"), inside(place, link.get("href"))
        if (
            relation not in {"item", "child"}
            or target is None
            or target in seen
            or len(target.parts) > _DEPTH
        ):
            continue
        seen.add(target)
        try:
            linked = read_document(folder / target)
        except OSError:
            continue
        if relation == "item":
            yield target, linked
        else:
            yield from _linked(folder, target.parent, linked, seen)


def _item(place: PurePosixPath, document: Document) -> _Item | None:
    """A mosaic; ``None`` if the item is not one of a mosaic."""
    properties, assets = as_object(document.get("properties")), as_object(document.get("assets"))
    own = as_text(as_object(properties.get(PARAMETERS)).get("name"))
    name = parse_mosaic_name(as_text(document.get("id")), own)
    mosaic, count = as_object(assets.get("mosaic")), as_object(assets.get("count"))
    href = inside(place.parent, mosaic.get("href"))
    bbox = as_numbers(properties.get("proj:bbox"), 4)
    if not name or href is None or not (bbox[0] < bbox[2] and bbox[1] < bbox[3]):
        return None
    count_href = inside(place.parent, count.get("href"))
    targets = [(layer, inside(place.parent, layer.href)) for layer in read_layers(properties, assets)]
    layers = [layer for layer, target in targets if target]
    files = MosaicFiles(
        tile=name[1],
        mosaic=quote(str(href)),
        count=quote(str(count_href)) if count_href else "",
        item=quote(str(place)),
        bbox=bbox,
        layers={layer.look.key: quote(str(target)) for layer, target in targets if target},
    )
    return _Item(name[0], files.tile, properties, files, _bands(mosaic), layers)


def _add(period: ShownPeriod, item: _Item, grid_pixels: int) -> None:
    """Adds an item to its period; shares refer to the whole grid, including tiles without a file."""
    share = item.pixels / grid_pixels if grid_pixels else 0.0
    period.empty = ""
    period.start = period.start or as_text(item.properties.get("start_datetime"))[:10]
    period.end = period.end or as_text(item.properties.get("end_datetime"))[:10]
    period.clear_percent += share * as_number(item.own("clear_percent"))
    _add_percents(period.holes, item.own("holes_percent"), share)
    _add_percents(period.filled, item.own("filled_percent"), share)
    period.mean_count += share * as_number(item.own("mean_observations"))
    period.observations += int(as_number(item.own("observations")))
    period.files.append(item.files)
    _add_layers(period, item.layers)
    for scene in as_objects(item.own("scenes")):
        _add_scene(period, scene)
    for scene in as_objects(item.own("dropped_scenes")):
        period.dropped[as_text(scene.get("id"))] = as_text(scene.get("reason"))
    for lost in as_objects(item.own("lost_observations")):
        period.lost.append(_lost(lost, item.tile))
    for note in as_objects(item.own("notes")):
        known = {
            "scene": as_text(note.get("scene")),
            "note": as_text(note.get("note")),
            "warning": note.get("warning") is True,
        }
        if known not in period.notes:
            period.notes.append(known)


def _add_percents(total: dict[str, float], percents: object, share: float) -> None:
    """Adds percentages by name, weighted by the share of the grid that they refer to."""
    for name, percent in as_object(percents).items():
        shown = as_text(name).replace("_", " ")
        total[shown] = total.get(shown, 0.0) + share * as_number(percent)


def _add_scene(period: ShownPeriod, scene: Document) -> None:
    known = period.scenes.setdefault(
        as_text(scene.get("id")),
        {
            "datetime": as_text(scene.get("datetime")),
            "used": False,
            "offset": int(as_number(scene.get("offset"))),
            "reason": as_text(scene.get("offset_reason")),
            "masked": dict.fromkeys(_MASKED, 0),
        },
    )
    for name, number in as_object(scene.get("masked")).items():
        if name in _MASKED:
            known["masked"][name] += int(as_number(number))
            period.masked[name] += int(as_number(number))
    known["used"] = known["used"] or scene.get("used") is True


def _lost(lost: Document, tile: str) -> dict[str, str]:
    row, column = as_numbers(lost.get("block"), 2)
    place = f"{tile} " if tile else ""
    return {
        "scene": as_text(lost.get("scene")),
        "block": f"{place}{row:.0f}, {column:.0f}",
        "reason": as_text(lost.get("reason")),
    }


def _add_layers(period: ShownPeriod, layers: list[ItemLayer]) -> None:
    period.classes |= {layer.look.key: layer.classes for layer in layers if layer.classes}
    for look in (layer.look for layer in layers if layer.look.colormap):
        low, high = period.ranges.get(look.key, (look.low, look.high))
        period.ranges[look.key] = min(low, look.low), max(high, look.high)


def _bands(asset: Document) -> list[BandLook]:
    looks = []
    for band in as_objects(asset.get("bands")):
        name = as_text(band.get("name"))
        known = find_band(name) or find_band(as_text(band.get("eo:common_name"))) or ""
        looks.append(BandLook(BANDS[known].common_name if known else name, known, WHITE.get(known, 0.5)))
    return looks


def _projection(properties: Document) -> Projection:
    code = as_text(properties.get("proj:code"))
    try:
        crs = CRS.from_user_input(code or as_text(properties.get("proj:wkt2")))
    except CRSError:
        return Projection("", "unknown projection", "m")
    return Projection(code, crs.name, "degrees" if crs.is_geographic else "m")
