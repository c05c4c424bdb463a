"""What the page tells of a folder: its catalog and items, read as documents that anybody may have written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from pyproj import CRS
from pyproj.exceptions import CRSError

from cloudless_mosaic.bands import BANDS, find_band
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.writing.fields import CATALOG_ID, PARAMETERS, PREFIX
from cloudless_mosaic.writing.output import CATALOG
from cloudless_mosaic.writing.published import read_document
from cloudless_mosaic.writing.visual import WHITE

_NAME = re.compile(r"monthly-mosaic-(\d{4}-\d{2})(?:-([-\w]+))?")
_DEPTH = 4
"""Folders between the root and a document, its own name counted."""
_LARGEST = 1e15
"""No number of a mosaic comes near."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class BandLook:
    """A band of the mosaics."""

    name: str
    """Common name, as the files have it."""
    id: str
    """Sentinel-2 name; empty where the band has none."""
    white: float
    """Reflectance that is drawn as white."""


@dataclass(frozen=True, slots=True)
class Projection:
    """The coordinate reference system of the mosaics."""

    code: str
    """Authority and code; empty where it has none."""
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


@dataclass(slots=True)
class Month:
    """All that is known of a month, over all of its tiles."""

    label: str
    """``2020-10``."""
    start: str = ""
    """First day, ``YYYY-MM-DD``."""
    end: str = ""
    """Last day."""
    empty: str = ""
    """Why there is no mosaic; empty where there is one."""
    clear_percent: float = 0.0
    """Pixels with at least one clear observation."""
    mean_count: float = 0.0
    """Clear observations per pixel."""
    observations: int = 0
    """Observations (scene and block) that were planned."""
    files: list[MosaicFiles] = field(default_factory=list)
    """Of each mosaic."""
    scenes: dict[str, Document] = field(default_factory=dict)
    """Those that were read, by id: time, use and offset."""
    dropped: dict[str, str] = field(default_factory=dict)
    """Why scenes were left out, by id."""
    lost: list[Document] = field(default_factory=list)
    """Observations that could not be read."""
    notes: list[Document] = field(default_factory=list)
    """What files say against their items."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All that the page tells."""

    title: str
    """Of the catalog."""
    software: str
    """What made the mosaics, with its version."""
    parameters: dict[str, str | float]
    """What was asked for, as far as it is text or a number."""
    projection: Projection
    """Of the mosaics."""
    resolution: float
    """Edge of a pixel, in the units of the projection."""
    bands: list[BandLook]
    """Of the mosaics, in their order."""
    months: list[Month]
    """In their order."""


def read_summary(folder: Path) -> Summary:
    """Reads what there is to tell of a folder of mosaics.

    Fields that are missing or of another type count as not given; links that lead out of the folder are not
    followed.

    Raises:
        UsageError: if there is no catalog of mosaics in the folder.
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
    months: dict[str, Month] = {}
    for empty in _objects(catalog.get(f"{PREFIX}empty_periods")):
        label = _text(empty.get("period"))
        months[label] = Month(label, empty=_text(empty.get("reason")) or "no reason is given")
    grid: dict[str, int] = {}
    for item in items:
        grid[item.tile] = max(item.pixels, grid.get(item.tile, 0))
    for item in items:
        _add(months.setdefault(item.month, Month(item.month)), item, sum(grid.values()))
    first = items[0].properties if items else {}
    software = first.get("processing:software")
    name, version = next(iter(software.items()), ("", "")) if isinstance(software, dict) else ("", "")
    return Summary(
        title=_text(catalog.get("title")) or "Monthly mosaics",
        software=f"{_text(name)} {_text(version)}".strip(),
        parameters=_plain(catalog.get(PARAMETERS)),
        projection=_projection(first),
        resolution=abs(_numbers(first.get("proj:transform"), 6)[0]),
        bands=items[0].bands if items else [],
        months=sorted(months.values(), key=lambda month: month.label),
    )


@dataclass(frozen=True, slots=True)
class _Item:
    """An item of a mosaic."""

    month: str
    tile: str
    properties: Document
    files: MosaicFiles
    bands: list[BandLook]

    @property
    def pixels(self) -> int:
        rows, columns = _numbers(self.properties.get("proj:shape"), 2)
        return int(rows * columns)

    def own(self, name: str) -> Any:  # noqa: ANN401 - whatever the document holds
        return self.properties.get(PREFIX + name)


def _items(folder: Path, catalog: Document) -> Iterator[_Item]:
    """The mosaics that a catalog lists, those of its collections among them."""
    found = {}
    for place, document in _linked(folder, PurePosixPath(), catalog, {PurePosixPath(CATALOG)}):
        item = _item(place, document)
        if item:
            found[item.month, item.tile] = item
    return iter(found[key] for key in sorted(found))


def _linked(
    folder: Path, place: PurePosixPath, document: Document, seen: set[PurePosixPath]
) -> Iterator[tuple[PurePosixPath, Document]]:
    """Places and documents of items below a catalog, each once."""
    for link in _objects(document.get("links")):
        relation, target = link.get("rel"), _inside(place, link.get("href"))
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
    """A mosaic; ``None`` where the item is of something else."""
    name = _NAME.fullmatch(_text(document.get("id")))
    properties, assets = _object(document.get("properties")), _object(document.get("assets"))
    mosaic, count = _object(assets.get("mosaic")), _object(assets.get("count"))
    href = _inside(place.parent, mosaic.get("href"))
    bbox = _numbers(properties.get("proj:bbox"), 4)
    if not name or href is None or not (bbox[0] < bbox[2] and bbox[1] < bbox[3]):
        return None
    count_href = _inside(place.parent, count.get("href"))
    files = MosaicFiles(
        tile=name[2] or "",
        mosaic=quote(str(href)),
        count=quote(str(count_href)) if count_href else "",
        item=quote(str(place)),
        bbox=bbox,
    )
    return _Item(name[1], files.tile, properties, files, _bands(mosaic))


def _add(month: Month, item: _Item, grid_pixels: int) -> None:
    """An item to its month; shares are of the whole grid, also of tiles that have no file in this month."""
    share = item.pixels / grid_pixels if grid_pixels else 0.0
    month.empty = ""
    month.start = month.start or _text(item.properties.get("start_datetime"))[:10]
    month.end = month.end or _text(item.properties.get("end_datetime"))[:10]
    month.clear_percent += share * _number(item.own("clear_percent"))
    month.mean_count += share * _number(item.own("mean_observations"))
    month.observations += int(_number(item.own("observations")))
    month.files.append(item.files)
    for scene in _objects(item.own("scenes")):
        identifier = _text(scene.get("id"))
        known = month.scenes.setdefault(
            identifier,
            {
                "datetime": _text(scene.get("datetime")),
                "used": False,
                "offset": int(_number(scene.get("offset"))),
                "reason": _text(scene.get("offset_reason")),
            },
        )
        known["used"] = known["used"] or scene.get("used") is True
    for scene in _objects(item.own("dropped_scenes")):
        month.dropped[_text(scene.get("id"))] = _text(scene.get("reason"))
    for lost in _objects(item.own("lost_observations")):
        row, column = _numbers(lost.get("block"), 2)
        place = f"{item.tile} " if item.tile else ""
        month.lost.append(
            {
                "scene": _text(lost.get("scene")),
                "block": f"{place}{row:.0f}, {column:.0f}",
                "reason": _text(lost.get("reason")),
            }
        )
    for note in _objects(item.own("notes")):
        known = {
            "scene": _text(note.get("scene")),
            "note": _text(note.get("note")),
            "warning": note.get("warning") is True,
        }
        if known not in month.notes:
            month.notes.append(known)


def _bands(asset: Document) -> list[BandLook]:
    looks = []
    for band in _objects(asset.get("bands")):
        name = _text(band.get("name"))
        known = find_band(name) or find_band(_text(band.get("eo:common_name"))) or ""
        looks.append(BandLook(BANDS[known].common_name if known else name, known, WHITE.get(known, 0.5)))
    return looks


def _projection(properties: Document) -> Projection:
    code = _text(properties.get("proj:code"))
    try:
        crs = CRS.from_user_input(code or _text(properties.get("proj:wkt2")))
    except CRSError:
        return Projection("", "unknown projection", "m")
    return Projection(code, crs.name, "degrees" if crs.is_geographic else "m")


def _inside(place: PurePosixPath, href: object) -> PurePosixPath | None:
    """Where a link leads, from the root of the folder; ``None`` where that's outside of it, or nowhere."""
    if not isinstance(href, str) or not href or not href.isprintable() or "\\" in href:
        return None
    parts = urlsplit(href)
    path = PurePosixPath(os.path.normpath(place / unquote(parts.path)))
    outside = parts.scheme or parts.netloc or path.is_absolute() or path.parts[:1] in {(), ("..",)}
    return None if outside else path


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    """A number that can be; 0 for everything else, NaN among it."""
    if isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST:
        return float(value)
    return 0.0


def _plain(value: object) -> dict[str, str | float]:
    """Texts and numbers of an object."""
    fields = _object(value).items()
    return {name: one if isinstance(one, str) else _number(one) for name, one in fields if _is_plain(one)}


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _numbers(value: object, length: int) -> list[float]:
    values: Sequence[object] = value if isinstance(value, list) and len(value) >= length else [0] * length
    return [_number(one) for one in values[:length]]


def _object(value: object) -> Document:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Document]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
