"""What a catalogue gave, before anything is filtered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.redaction import quoted, redact, without_credentials

Json = Mapping[str, Any]

_MOST_NAMES = 10


@dataclass(frozen=True, slots=True)
class FoundItem:
    """An item and where it came from."""

    item: Json
    """The STAC item as it was read; nothing in it is trusted."""
    file: Path | None = None
    """File that it was read from; ``None`` for an API."""
    host: str = ""
    """Name of the API's host; empty for a file."""

    @property
    def href(self) -> str:
        """Address of the item itself without credentials; its file, or empty, where it names none."""
        links = self.item.get("links")
        for link in links if isinstance(links, list) else []:
            if isinstance(link, Mapping) and link.get("rel") == "self" and is_web_address(link.get("href")):
                return redact(without_credentials(str(link["href"])))
        return str(self.file or "")


@dataclass(frozen=True, slots=True)
class Findings:
    """The whole of a search."""

    items: tuple[FoundItem, ...]
    """Items in the order of the catalogue, repeated ones included."""
    dropped: tuple[DroppedScene, ...] = ()
    """What should have been an item and can't be read as one."""
    warnings: tuple[str, ...] = ()
    """What the user has to know of the search."""


def is_web_address(href: object) -> bool:
    """True for a well-formed http or https address."""
    if not isinstance(href, str):
        return False
    try:
        parts = urlsplit(href)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def web_address(base: str, href: object) -> str | None:
    """The address that an href means on a page; ``None`` where it means none."""
    try:
        url = urljoin(base, href) if isinstance(href, str) else None
    except ValueError:
        return None
    return url if is_web_address(url) else None


def properties_of(item: Json) -> Json:
    """The properties of an item.

    Raises:
        MetadataError: if it has none.
    """
    properties = item.get("properties")
    if not isinstance(properties, Mapping):
        raise MetadataError("it has no properties")
    return properties


def assets_of(item: Json) -> dict[str, Json]:
    """The assets of an item that are objects with an href.

    Raises:
        MetadataError: if it has no assets.
    """
    assets = item.get("assets")
    if not isinstance(assets, Mapping):
        raise MetadataError("it has no assets")
    return {
        key: asset
        for key, asset in assets.items()
        if isinstance(asset, Mapping) and isinstance(asset.get("href"), str)
    }


def most_alike(wanted: str, names: Iterable[str]) -> str:
    """Names for a message, those most like the wanted one first, and how many more there are."""

    def unlikeness(name: str) -> tuple[float, str]:
        return -SequenceMatcher(None, wanted.lower(), name.lower()).ratio(), name

    ranked = sorted(names, key=unlikeness)
    more = f" and {len(ranked) - _MOST_NAMES} more" if len(ranked) > _MOST_NAMES else ""
    return ", ".join(quoted(name)[1:-1] for name in ranked[:_MOST_NAMES]) + more
