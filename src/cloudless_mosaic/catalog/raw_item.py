"""A STAC item as a catalogue gave it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.redaction import redact, without_credentials
from cloudless_mosaic.net.urls import is_web_url

Json = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True)
class RawItem:
    """The parts of a STAC item of any version, and where it was read.

    Values are as the catalogue wrote them and may be of any type; users check them. Properties and
    assets that are missing raise an error only when they are used, so that the item is dropped for the first
    thing that is wrong with it.
    """

    document: Json
    """The whole item."""
    file: Path | None = None
    """File that holds the item; ``None`` for an API."""
    host: str = ""
    """Host of the API; empty for a file."""
    id: object = None
    """Member ``id``."""
    collection: object = None
    """Member ``collection``."""
    geometry: object = None
    """Member ``geometry``."""
    href: str = ""
    """Address of the item itself without credentials; without a ``self`` link its file, or empty."""
    _properties: Json | None = None
    _assets: Mapping[str, Json] | None = None

    @classmethod
    def of(cls, document: Json, file: Path | None = None, host: str = "") -> Self:
        """Takes an item apart.

        Args:
            document: The item.
            file: File that holds the item; ``None`` for an API.
            host: Host of the API; empty for a file.
        """
        properties, assets = document.get("properties"), document.get("assets")
        return cls(
            document=document,
            file=file,
            host=host,
            id=document.get("id"),
            collection=document.get("collection"),
            geometry=document.get("geometry"),
            href=_self_link(document.get("links")) or str(file or ""),
            _properties=properties if isinstance(properties, Mapping) else None,
            _assets=_readable(assets) if isinstance(assets, Mapping) else None,
        )

    @property
    def properties(self) -> Json:
        """The properties.

        Raises:
            MetadataError: if the item has none.
        """
        if self._properties is None:
            raise MetadataError("it has no properties")
        return self._properties

    @property
    def assets(self) -> Mapping[str, Json]:
        """The assets that are objects with an href, by key.

        Raises:
            MetadataError: if the item has no assets.
        """
        if self._assets is None:
            raise MetadataError("it has no assets")
        return self._assets

    @property
    def updated(self) -> str:
        """Property ``updated``; empty where it is missing."""
        return str((self._properties or {}).get("updated", ""))


def _readable(assets: Mapping[str, Any]) -> dict[str, Json]:
    return {
        key: asset
        for key, asset in assets.items()
        if isinstance(asset, Mapping) and isinstance(asset.get("href"), str)
    }


def _self_link(links: object) -> str:
    for link in links if isinstance(links, list) else []:
        if isinstance(link, Mapping) and link.get("rel") == "self" and is_web_url(link.get("href")):
            return redact(without_credentials(str(link["href"])))
    return ""
