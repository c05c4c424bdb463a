"""Layers and indices of the mosaics, as the page draws them, by renders and tables of classes of items."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from cloudless_mosaic.report.documents import Document, as_number, as_numbers, as_object, as_objects, as_text

_OWN = {"mosaic", "count", "visual", "thumbnail"}
"""Assets that the page has pictures or links for anyway."""

_INDEX = "index-"
"""What names of renders of indices begin with."""

_COLOUR = re.compile(r"[0-9A-Fa-f]{6}")
_MOST = 64
"""Layers of an item. A page with more would not be usable."""
_MOST_CLASSES = 1024


@dataclass(frozen=True, slots=True)
class ShownClass:
    """The meaning of a value."""

    value: int
    """The value."""
    text: str
    """What it means."""
    colour: str
    """``#rrggbb``; empty where the page chooses one, since the meaning differs from period to period."""


@dataclass(frozen=True, slots=True)
class ShownLayer:
    """How a layer of all periods is drawn: by its classes, or over a range."""

    key: str
    """Key of its asset."""
    name: str
    """Short name."""
    title: str
    """Title of its asset."""
    nodata: float | None
    """Value that isn't drawn; ``None`` for NaN, or if there is none."""
    low: float = 0.0
    """Value at the lower end of the colours."""
    high: float = 0.0
    """Value at the upper end."""
    colormap: str = ""
    """Name of the colours; empty where there are classes."""
    classes: list[ShownClass] = field(default_factory=list)
    """Classes that are the same in all periods."""


@dataclass(frozen=True, slots=True)
class ItemLayer:
    """A layer of an item."""

    look: ShownLayer
    """How it is drawn."""
    href: str
    """Of its asset, as the item has it."""
    classes: list[ShownClass]
    """Classes of this item alone, such as its scenes."""


def read_layers(properties: Document, assets: Document) -> Iterator[ItemLayer]:
    """The layers of an item that can be drawn, in the order of its assets.

    Args:
        properties: Of the item.
        assets: Of the item.
    """
    renders = dict(_renders(properties))
    known = [(key, as_object(asset)) for key, asset in assets.items() if key not in _OWN]
    for key, asset in known[:_MOST]:
        band = next(iter(as_objects(asset.get("bands"))), {})
        name, render = renders.get(key, ("", {}))
        classes = list(_classes(band))
        look = ShownLayer(
            key,
            f"Index {key}" if name.startswith(_INDEX) else as_text(asset.get("title")) or key,
            as_text(asset.get("title")) or key,
            _nodata(band),
        )
        href = as_text(asset.get("href"))
        if classes and all(one.colour for one in classes):
            yield ItemLayer(replace(look, classes=classes), href, [])
        elif classes:
            yield ItemLayer(look, href, classes)
        elif render:
            low, high = _range(render)
            colormap = as_text(render.get("colormap_name"))
            if low < high and colormap:
                yield ItemLayer(replace(look, low=low, high=high, colormap=colormap), href, [])


def add_layer(layers: dict[str, ShownLayer], layer: ShownLayer) -> None:
    """Adds a layer of an item to those of all, whose ranges include those of all items."""
    before = layers.get(layer.key, layer)
    layers[layer.key] = replace(before, low=min(before.low, layer.low), high=max(before.high, layer.high))


def _renders(properties: Document) -> Iterator[tuple[str, tuple[str, Mapping[str, object]]]]:
    """Names and renders by the key of the only asset that they draw."""
    for name, render in as_object(properties.get("renders")).items():
        drawn = as_object(render)
        match drawn.get("assets"):
            case [str() as asset]:
                yield asset, (name, drawn)


def _range(render: Mapping[str, object]) -> list[float]:
    """The values between which the first band is drawn; zeros if it doesn't say."""
    match render.get("rescale"):
        case [limits, *_]:
            return as_numbers(limits, 2)
    return [0.0, 0.0]


def _nodata(band: Document) -> float | None:
    value = band.get("nodata")
    return as_number(value) if isinstance(value, int | float) and not math.isnan(value) else None


def _classes(band: Document) -> Iterator[ShownClass]:
    for one in as_objects(band.get("classification:classes"))[:_MOST_CLASSES]:
        hint = as_text(one.get("color_hint"))
        yield ShownClass(
            int(as_number(one.get("value"))),
            as_text(one.get("description")) or as_text(one.get("name")),
            f"#{hint}" if _COLOUR.fullmatch(hint) else "",
        )
