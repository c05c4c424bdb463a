"""Items in local files: a static catalog, a collection, an item, or an ItemCollection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.errors import MetadataError, UsageError

Json = Mapping[str, Any]

_LARGEST_FILE = 512 * 2**20
"""Bytes of the largest JSON file that is read."""

LocalItem = tuple[Json, Path, Callable[[str], str]]
"""An item, the file that it lies in, and how hrefs of its assets are resolved."""


def read_items(location: str, collection: str) -> list[LocalItem]:
    """All items of a collection below a local file, in a fixed order.

    Items that name no collection belong to any. Links are followed to files only, and only below the folder
    of the first file.

    Args:
        location: Path or ``file:`` address of a STAC JSON file.
        collection: Collection wanted.

    Raises:
        UsageError: if there is no such file, it isn't STAC, or it has no item of that collection.
    """
    path = Path(unquote(urlsplit(location).path) if location.startswith("file:") else location)
    if path.is_dir():
        path /= "catalog.json"
    if not path.is_file():
        raise UsageError(f"--stac-url {location}: no such file; give a STAC API's address or a catalog.json")
    root = path.resolve()
    items = [
        (item, source, partial(_resolve, source.parent)) for item, source in _walk(root, root.parent, set())
    ]
    wanted = [found for found in items if found[0].get("collection") in {None, collection}]
    if items and not wanted:
        known = ", ".join(sorted({str(item.get("collection")) for item, _, _ in items}))
        raise UsageError(f"no collection {collection!r} in {location}; it has {known}: give --collection")
    return wanted


def _walk(path: Path, root: Path, seen: set[Path]) -> Iterator[tuple[Json, Path]]:
    """Items at and below a file, each file once."""
    if path in seen:
        return
    seen.add(path)
    content = _load(path)
    kind = content.get("type")
    if kind == "Feature":
        yield content, path
    elif kind == "FeatureCollection":
        features = content.get("features")
        for feature in features if isinstance(features, list) else []:
            if isinstance(feature, Mapping):
                yield feature, path
    elif kind in {"Catalog", "Collection"} or "links" in content:
        for link in content.get("links") or []:
            if isinstance(link, Mapping) and link.get("rel") in {"item", "child"}:
                yield from _walk(_link_target(path, str(link.get("href")), root), root, seen)
    else:
        raise UsageError(f"{path} is not a STAC catalog, item or ItemCollection; check --stac-url")


def _link_target(path: Path, href: str, root: Path) -> Path:
    target = (path.parent / unquote(urlsplit(href).path)).resolve()
    if urlsplit(href).scheme not in {"", "file"} or not target.is_relative_to(root):
        raise UsageError(
            f"{path} links to {href.split('?')[0]}, outside of {root}; only files below are read"
        )
    return target


def _load(path: Path) -> Json:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UsageError(f"{path} is larger than {_LARGEST_FILE >> 20} MiB; split the catalog")
        content = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror}); check --stac-url") from None
    except (ValueError, RecursionError):
        raise UsageError(f"{path} is not JSON; check --stac-url") from None
    if not isinstance(content, Mapping):
        raise UsageError(f"{path} is not a STAC object; check --stac-url")
    return content


def _resolve(folder: Path, href: str) -> str:
    """An href of a local item: addresses stay, paths are taken from the item's own folder."""
    scheme = urlsplit(href).scheme
    if scheme in {"http", "https", "s3"}:
        return href
    if scheme not in {"", "file"} or href.startswith(("/vsi", "<")):
        raise MetadataError(
            f"an asset lies at {href.split('?')[0][:80]!r}; only files, https and s3 are read"
        )
    return str((folder / unquote(urlsplit(href).path)).resolve())
