"""What a search of a catalogue gives, before its items are filtered."""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.domain.scenes import DroppedScene


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The whole of a search."""

    items: tuple[RawItem, ...]
    """Items in the order of the catalogue, repeated ones included."""
    dropped: tuple[DroppedScene, ...] = ()
    """Files and links that should hold an item and can't be read as one."""
    warnings: tuple[str, ...] = ()
    """Messages for the user."""
