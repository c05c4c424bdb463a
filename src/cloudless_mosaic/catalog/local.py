"""Items in local files: a static catalog, a collection, an item, or an ItemCollection."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.catalog.documents import StaticDocument, missed
from cloudless_mosaic.catalog.raw_item import Json, RawItem
from cloudless_mosaic.catalog.search_result import SearchResult
from cloudless_mosaic.catalog.tables import is_table, items_of_collection, read_table
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.errors import MetadataError, UsageError
from cloudless_mosaic.net.redaction import quoted, redact

_LARGEST_FILE = 512 * 2**20
"""Bytes of the largest JSON file that is read."""


def read_items(location: str, request: MosaicRequest) -> SearchResult:
    """All items of a collection at and below a local file.

    Items without a collection belong to any. Links are followed to files only, and only below the folder
    of the first file; a link that leads elsewhere, or to nothing, is reported and left out.

    Args:
        location: Path or ``file:`` address of a STAC JSON file, or of a table of items.
        request: Names the collection; area and days narrow a table.

    Raises:
        UsageError: if the file does not exist, is not STAC, or has no item of that collection.
    """
    path = _first_file(location)
    if is_table(path.name):
        return _read_table(path, request)
    walk = _Walk(path)
    try:
        walk.read(walk.first)
    except MetadataError as error:
        raise UsageError(f"`stac_url` {quoted(str(path))}: {error}; give a STAC catalog or item") from None
    walk.follow_links()
    wanted = items_of_collection(walk.items, request.collection, str(path))
    return SearchResult(wanted, tuple(walk.dropped), tuple(walk.warnings))


def _read_table(path: Path, request: MosaicRequest) -> SearchResult:
    try:
        found = read_table(path, request)
    except MetadataError as error:
        raise UsageError(f"`stac_url` {quoted(str(path))}: {error}; give a STAC catalog or item") from None
    items = [RawItem.of(item, path) for item in found]
    return SearchResult(items_of_collection(items, request.collection, str(path)))


_WITHOUT_SCHEME = re.compile(r"(localhost|[\w-]+(\.[\w-]+)+)(:\d+)?(/|$)")


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
    way = "give a STAC API's address or a catalog.json"
    if _WITHOUT_SCHEME.match(location):
        way += ", an address with https:// before it"
    elif location.startswith(("s3://", "gs://", "az://")):
        way += ", by https:// where it lies in a bucket"
    raise UsageError(f"`stac_url` {shown}: no such file; {way}")


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
        document = StaticDocument.of(load_document(path))
        self.items += [RawItem.of(item, path) for item in document.items]
        self._links += [(path, link) for link in document.links]
        if document.broken:
            self.warnings.append(
                f"{path.name} holds {document.broken} features that are not items; they are left out"
            )

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
        lost = missed(link, reason)
        self.warnings.append(lost) if isinstance(lost, str) else self.dropped.append(lost)


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
