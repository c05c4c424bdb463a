"""Names of mosaics in paths and ids: ``monthly-mosaic-2020-10``, that of a tile ``...-2020-10-x4y52``.

``monthly-mosaic`` is the default for months; a request may give a name of its own in its place.
"""

from __future__ import annotations

import re
from datetime import date

from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.domain.periods.registry import PERIODS

_TILE = r"x-?\d+y-?\d+"

_WINDOW = r"\d+(?:days|months)"

_LABELS = {kind: re.compile(rf"(({kind.label})(?:-{_WINDOW})?)(?:-({_TILE}))?") for kind in PERIODS.values()}
"""Groups: the label of a period, the same without its window, the tile."""

_NAMES = tuple(re.compile(f"{kind.prefix}-mosaic-{pattern.pattern}") for kind, pattern in _LABELS.items())


def default_name(kind: PeriodKind) -> str:
    """Name of the mosaics of a kind of period, where the request gives none."""
    return f"{kind.prefix}-mosaic"


def collection_id(kind: PeriodKind, own: str = "") -> str:
    """Id of the collection of all mosaics of a run.

    Args:
        kind: Of their periods.
        own: Name that the request gives; empty for the default.
    """
    return own or f"{kind.prefix}-mosaics"


COLLECTION_IDS = frozenset(map(collection_id, PERIODS.values()))
"""Ids of the collections that this program writes, where requests give no names."""


def mosaic_label(period: Period, tile: str) -> str:
    """Label of a mosaic: its period, and its tile where there are tiles."""
    return f"{period.label}-{tile}" if tile else period.label


def mosaic_name(label: str, own: str = "") -> str:
    """Name of a mosaic's folder, files and STAC item.

    Args:
        label: Of the mosaic.
        own: Name that the request gives; empty for the default.

    Raises:
        ValueError: if no kind of period has such labels.
    """
    for kind, pattern in _LABELS.items():
        if pattern.fullmatch(label):
            return f"{own or default_name(kind)}-{label}"
    raise ValueError(f"{label!r} is not the label of a period")


def parse_mosaic_name(name: str, own: str = "") -> tuple[str, str] | None:
    """Label of the period and the tile of a mosaic, from its name; the tile is empty where there is none.

    Args:
        name: Of a folder or an item.
        own: Name that the request gives; empty for the default.

    Returns:
        ``None`` if the name isn't one of a mosaic.
    """
    own_label = name[len(own) + 1 :] if own and name.startswith(f"{own}-") else ""
    patterns = _LABELS.values() if own else _NAMES
    for pattern in patterns:
        if found := pattern.fullmatch(own_label if own else name):
            return found[1], found[3] or ""
    return None


def label_order(label: str) -> tuple[date, str]:
    """Sort key that puts labels of periods into the order of time; what isn't one comes first."""
    for kind, pattern in _LABELS.items():
        if found := pattern.fullmatch(label):
            try:
                return kind.first_day(found[2]), label
            except ValueError:
                break
    return date.min, label
