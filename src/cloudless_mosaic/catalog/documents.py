"""The documents of static STAC catalogs, wherever they are read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cloudless_mosaic.catalog.raw_item import Json
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import MetadataError
from cloudless_mosaic.net.redaction import quoted, redact


@dataclass(frozen=True, slots=True)
class StaticDocument:
    """A catalog, collection, item or ItemCollection, taken apart."""

    items: tuple[Json, ...] = ()
    """Items in it."""
    links: tuple[Json, ...] = ()
    """Links to items and to catalogs below."""
    broken: int = 0
    """Features that are not objects."""

    @classmethod
    def of(cls, content: Json) -> StaticDocument:
        """Takes a document apart.

        Raises:
            MetadataError: if it is not STAC.
        """
        kind, links = content.get("type"), content.get("links")
        if kind == "Feature":
            return cls((content,))
        if kind == "FeatureCollection":
            features = content.get("features")
            if not isinstance(features, list):
                raise MetadataError("it is an ItemCollection without features")
            items = tuple(item for item in features if isinstance(item, Mapping))
            return cls(items, broken=len(features) - len(items))
        if not isinstance(links, list):
            raise MetadataError("it is not a STAC catalog, item or ItemCollection")
        return cls(
            links=tuple(
                link for link in links if isinstance(link, Mapping) and link.get("rel") in ("item", "child")
            )
        )


def missed(link: Json, reason: str) -> DroppedScene | str:
    """What is lost by a link that could not be followed: a scene, or a warning."""
    href = redact(str(link.get("href")).partition("?")[0])
    if link.get("rel") == "item":
        name = href.rsplit("/", 1)[-1].removesuffix(".json")
        return DroppedScene(quoted(name)[1:-1], None, f"the link to its item fails: {reason}")
    return f"the catalog's link to {quoted(href)} fails, so its scenes are missing: {reason}"
