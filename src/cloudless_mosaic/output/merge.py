"""One folder of mosaics from those of all shards of a plan."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.domain.periods import parse_mosaic_name
from cloudless_mosaic.errors import NoDataError, UsageError
from cloudless_mosaic.output.existing import intact_files, published_items, published_roots
from cloudless_mosaic.output.geoparquet import require_place
from cloudless_mosaic.output.preview import remove_report
from cloudless_mosaic.output.roots import publish_roots
from cloudless_mosaic.stac.names import CATALOG, COLLECTION, PLAN, SHARD
from cloudless_mosaic.storage.documents import json_bytes, read_document
from cloudless_mosaic.storage.files import folder_faults, publish, storage_faults, write_whole
from cloudless_mosaic.storage.lock import FolderLock

_WORK = ".cloudless-mosaic"
_ITEM = "item"
_NAME = re.compile(r"\./([-\w]+)/\1\.json")
"""Where a catalog of ours has its items, and nowhere else."""


@dataclass(frozen=True, slots=True)
class _Source:
    """The folder of one shard."""

    path: Path
    """Root of its output."""
    catalog: dict[str, Any]
    """Its catalog."""
    collection: dict[str, Any]
    """Its collection, which lists its mosaics."""
    table: bool
    """True if it has a table of its items."""

    @property
    def shard(self) -> tuple[int, int]:
        """Number of the shard, and of how many."""
        number, _, count = str(self.catalog.get(SHARD)).partition("/")
        return int(number), int(count)

    def mosaics(self) -> Iterator[str]:
        """Name of each of its mosaics."""
        for link in self.collection["links"]:
            if link["rel"] == _ITEM:
                name = _NAME.fullmatch(link["href"])
                if not name or not parse_mosaic_name(name[1]):
                    raise UsageError(f"{self.path} lists {link['href']!r}, which is no mosaic of its own")
                yield name[1]


def merge_shards(shards: Sequence[Path], folder: Path) -> Path:
    """Puts the mosaics of all shards of a plan into one folder, as if they had been made in one run.

    Files are linked where the file system can, else copied. What is there whole from an earlier merge stays,
    so the same command goes on after any end. The catalog comes last.

    Args:
        shards: Folders of all shards, in any order.
        folder: Root of the output; a new folder, or one that an earlier merge was writing to.

    Returns:
        The catalog.

    Raises:
        UsageError: if shards are unfinished, missing, given twice, changed or of different plans, or the
            folder has something else in it.
        NoDataError: if no shard has a mosaic.
        TemporaryError: if the disk is full or fails, or a run is at work in the folder.
    """
    sources = _sources(shards)
    names = [name for source in sources for name in source.mosaics()]
    if not names:
        raise NoDataError(
            f"none of the {len(sources)} shards has a mosaic; widen the dates, the AOI or --max-cloud-cover"
        )
    plan, table = sources[0].catalog[PLAN], any(source.table for source in sources)
    with folder_faults(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FolderLock(folder / _WORK / "lock")
    try:
        _refuse_others(folder, plan, table=table)
        for source in sources:
            for name in source.mosaics():
                _place(source.path / name, folder, name, plan)
        path = publish_roots(
            _of_all(sources[0].catalog),
            _of_all(sources[0].collection),
            names,
            folder,
            table=table,
        )
    finally:
        with suppress(OSError):
            shutil.rmtree(folder / _WORK / "merge", ignore_errors=True)
        lock.release()
        with suppress(OSError):
            (folder / _WORK).rmdir()
    return path


def _sources(shards: Sequence[Path]) -> list[_Source]:
    """The shards in their order, all of one plan and none missing.

    Raises:
        UsageError: if they aren't.
    """
    sources = [_read(path) for path in shards]
    first = sources[0]
    for source in sources[1:]:
        if source.catalog[PLAN] != first.catalog[PLAN] or source.shard[1] != first.shard[1]:
            raise UsageError(f"{source.path} and {first.path} are shards of different plans; merge one plan")
    places: dict[int, Path] = {}
    for source in sources:
        number = source.shard[0]
        if number in places:
            raise UsageError(f"{source.path} and {places[number]} are both shard {number}; give each once")
        places[number] = source.path
    count = first.shard[1]
    missing = [f"{number}/{count}" for number in range(1, count + 1) if number not in places]
    if missing:
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""
        raise UsageError(f"shard {', '.join(missing[:3])}{more} is missing; give the folders of all shards")
    return sorted(sources, key=lambda source: source.shard)


def _read(path: Path) -> _Source:
    if not path.is_dir():
        raise UsageError(f"{path} is no folder; give those that --shard has written to")
    try:
        roots = {root.path.name: root for root in published_roots(path)}
    except OSError as error:
        raise UsageError(f"{path} can't be read: {(error.strerror or 'unknown reason').lower()}") from None
    if roots.keys() != {CATALOG, COLLECTION}:
        missing = COLLECTION if CATALOG in roots else CATALOG
        raise UsageError(f"{path} has no {missing}: its run isn't finished; run it again, then merge")
    catalog, collection = roots[CATALOG], roots[COLLECTION]
    if catalog.shard is None or not re.fullmatch(r"\d{1,9}/\d{1,9}", catalog.shard):
        raise UsageError(f"{path} is no shard, it has all mosaics of its plan; merge what --shard made")
    source = _Source(path, read_document(catalog.path), read_document(collection.path), collection.table)
    if not (catalog.fingerprint and _is_whole(source.collection)):
        raise UsageError(f"{path} has a catalog that somebody edited; run its shard again, then merge")
    return source


def _is_whole(collection: dict[str, Any]) -> bool:
    """True if a collection has what a merge looks at."""
    links = collection.get("links")
    return (
        isinstance(links, list)
        and all(isinstance(link, dict) and {"rel", "href"} <= link.keys() for link in links)
        and all(isinstance(link["href"], str) for link in links)
        and all(isinstance(collection.get(field), dict) for field in ("extent", "summaries"))
    )


def _of_all(document: dict[str, Any]) -> dict[str, Any]:
    """The document of a shard, as one run of the whole plan would have written it but for its items."""
    return {key: value for key, value in document.items() if key not in {SHARD, "assets"}}


def _refuse_others(folder: Path, plan: str, *, table: bool) -> None:
    roots = published_roots(folder)
    if any(root.fingerprint != plan or root.shard for root in roots):
        raise UsageError(f"--output-dir {folder} has other mosaics; choose another folder")
    for item in published_items(folder):
        if item.fingerprint not in {plan, None}:
            raise UsageError(f"--output-dir {folder} has {item.path.stem} of another plan; choose another")
    if table:
        require_place(folder, roots)
    # they speak for everything in their folder
    for root in roots:
        root.remove()
    remove_report(folder)


def _place(source: Path, folder: Path, name: str, plan: str) -> None:
    """One mosaic to its place, unless it's there.

    Raises:
        UsageError: if its files aren't those that its item describes.
        TemporaryError: if the disk is full or fails.
    """
    if intact_files(folder / name, plan):
        return
    files = intact_files(source, plan)
    if not files:
        raise UsageError(f"{source} is damaged or of another plan; run its shard again, then merge")
    *rasters, item = files
    staging = folder / _WORK / "merge"
    with storage_faults(folder / name):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        for path in rasters:
            _link_or_copy(path, staging / path.name)
    write_whole(staging / item.name, json_bytes(_moved(read_document(item), source, folder / name)))
    publish(staging, folder / name, [path.name for path in files])


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # another file system, or one without links
        shutil.copyfile(source, target)


def _moved(item: dict[str, Any], source: Path, target: Path) -> dict[str, Any]:
    """An item whose links to files outside of the mosaics count from another folder."""
    for link in item["links"]:
        if link["rel"] == "derived_from" and not urlsplit(link["href"]).scheme:
            path = os.path.normpath(source.resolve() / link["href"])
            link["href"] = Path(os.path.relpath(path, target.resolve())).as_posix()
    return item
