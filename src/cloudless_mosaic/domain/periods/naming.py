"""Names of mosaics in paths and ids: ``monthly-mosaic-2020-10``, that of a tile ``...-2020-10-x4y52``."""

from __future__ import annotations

import re
from datetime import date

from cloudless_mosaic.domain.periods.period import Period
from cloudless_mosaic.domain.periods.protocol import PeriodKind
from cloudless_mosaic.domain.periods.registry import PERIODS

_TILE = r"x-?\d+y-?\d+"

_LABELS = {kind: re.compile(rf"({kind.label})(?:-({_TILE}))?") for kind in PERIODS.values()}
_NAMES = tuple(
    re.compile(rf"{kind.prefix}-mosaic-({kind.label})(?:-({_TILE}))?") for kind in PERIODS.values()
)


def collection_id(kind: PeriodKind) -> str:
    """Id of the collection of all mosaics of a run."""
    return f"{kind.prefix}-mosaics"


COLLECTION_IDS = frozenset(map(collection_id, PERIODS.values()))
"""Ids of the collections that this program writes."""


def mosaic_label(period: Period, tile: str) -> str:
    """Label of a mosaic: its period, and its tile where there are tiles."""
    return f"{period.label}-{tile}" if tile else period.label


def mosaic_name(label: str) -> str:
    """Name of a mosaic's folder, files and STAC item.

    Raises:
        ValueError: if no kind of period has such labels.
    """
    for kind, pattern in _LABELS.items():
        if pattern.fullmatch(label):
            return f"{kind.prefix}-mosaic-{label}"
    raise ValueError(f"{label!r} is not the label of a period")


def parse_mosaic_name(name: str) -> tuple[str, str] | None:
    """Label of the period and the tile of a mosaic, from its name; the tile is empty where there is none.

    Returns:
        ``None`` if the name isn't one of a mosaic.
    """
    for pattern in _NAMES:
        if found := pattern.fullmatch(name):
            return found[1], found[2] or ""
    return None


def label_order(label: str) -> tuple[date, str]:
    """Sort key that puts labels of periods into the order of time; what isn't one comes first."""
    for kind, pattern in _LABELS.items():
        if pattern.fullmatch(label):
            try:
                return kind.first_day(label), label
            except ValueError:
                break
    return date.min, label
