"""Items in local files: a static catalog, a collection, an item, or an ItemCollection."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.catalog.closest_names import closest_names
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.net.redaction import quoted, redact

_LARGEST_FILE = 512 * 2**20
"""Bytes of the largest JSON file that is read."""


def read_items(location: str, collection: str) -> SearchResult:
    """All items of a collection at and below a local file.

    Items without a collection belong to any. Links are followed to files only, and only below the folder
    of the first file; a link that leads elsewhere, or to nothing, is reported and left out.

    Args:
        location: Path or ``file:`` address of a STAC JSON file.
        collection: Collection wanted.

    Raises:
        UsageError: if the file does not exist, is not STAC, or has no item of that collection.
    """
    path = _first_file(location)
    walk = _Walk(path)
    try:
        walk.read(walk.first)
    except MetadataError as error:
        raise UsageError(f"`stac_url` {quoted(str(path))}: {error}; give a STAC catalog or item") from None
    walk.follow_links()
    wanted = tuple(item for item in walk.items if item.collection in (None, collection))
    if walk.items and not wanted:
        known = closest_names(collection, {str(item.collection) for item in walk.items})
        raise UsageError(f"no item of collection {collection!r} in {path}; it has {known}: give `collection`")
    return SearchResult(wanted, tuple(walk.dropped), tuple(walk.warnings))


def _first_file(location: str) -> Path:
    path = Path(unquote(urlsplit(location).path) if location.startswith("file:") else location)
    try:
        if path.is_dir():
            path /= "catalog.json"
        if path.is_file():
            return path.resolve()
    except (ValueError, OSError):
        pass
    # an address with a misspelt scheme is taken for a path, and may contain secrets
    shown = quoted(redact(location.partition("?")[0]))
    raise UsageError(f"`stac_url` {shown}: no such file; give a STAC API's address or a catalog.json")


class _Walk:
    """Reads a file and all files that it links to, each once."""

    def __init__(self, first: Path) -> None:
        self.first = first
        self.items: list[RawItem] = []
        self.dropped: list[DroppedScene] = []
        self.warnings: list[str] = []
        self._links: list[tuple[Path, Json]] = []
        self._seen = {first}

    def read(self, path: Path) -> None:
        """Adds the items and links of a file.

        Raises:
            MetadataError: if it cannot be read, or is not STAC.
        """
        content = load_document(path)
        kind = content.get("type")
        links = content.get("links")
        if kind == "Feature":
            self.items.append(RawItem.of(content, path))
        elif kind == "FeatureCollection":
            self._take_features(content.get("features"), path)
        elif isinstance(links, list):
            self._links += [
                (path, link)
                for link in links
                if isinstance(link, dict) and link.get("rel") in ("item", "child")
            ]
        else:
            raise MetadataError("it is not a STAC catalog, item or ItemCollection")

    def follow_links(self) -> None:
        """Reads files until no link is left."""
        while self._links:
            source, link = self._links.pop()
            try:
                target = self._target(source, str(link.get("href")))
                if target not in self._seen:
                    self._seen.add(target)
                    self.read(target)
            except MetadataError as error:
                self._miss(link, str(error))

    def _target(self, source: Path, href: str) -> Path:
        try:
            parts = urlsplit(href)
            target = (source.parent / unquote(parts.path)).resolve()
        except (ValueError, OSError, RuntimeError):
            raise MetadataError("it is not a path") from None
        if parts.scheme not in {"", "file"} or parts.netloc or not target.is_relative_to(self.first.parent):
            raise MetadataError("it lies outside the catalog's folder; only files below that are read")
        return target

    def _miss(self, link: Json, reason: str) -> None:
        """Records a link that could not be followed."""
        href = redact(str(link.get("href")).partition("?")[0])
        if link.get("rel") == "item":
            name = href.rsplit("/", 1)[-1].removesuffix(".json")
            self.dropped.append(
                DroppedScene(quoted(name)[1:-1], None, f"the link to its item fails: {reason}")
            )
        else:
            self.warnings.append(
                f"the catalog's link to {quoted(href)} fails, so its scenes are missing: {reason}"
            )

    def _take_features(self, features: object, path: Path) -> None:
        if not isinstance(features, list):
            raise MetadataError("it is an ItemCollection without features")
        self.items += [RawItem.of(item, path) for item in features if isinstance(item, dict)]
        broken = sum(not isinstance(item, dict) for item in features)
        if broken:
            self.warnings.append(f"{path.name} holds {broken} features that are not items; they are left out")


def load_document(path: Path) -> Json:
    """The JSON object in a file.

    Raises:
        MetadataError: if there is none.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise MetadataError(f"it is larger than {_LARGEST_FILE >> 20} MiB")
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MetadataError(f"it can't be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise MetadataError("it is not JSON") from None
    if not isinstance(content, dict):
        raise MetadataError("it is not a STAC object")
    return content
