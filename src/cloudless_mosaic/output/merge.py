"""One folder of mosaics from those of all shards of a plan."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudless_mosaic.errors import NoDataError, UsageError
from cloudless_mosaic.output.existing import existing_items, existing_roots
from cloudless_mosaic.output.geoparquet import require_place
from cloudless_mosaic.output.placing import PlacingFolder
from cloudless_mosaic.output.preview import remove_report
from cloudless_mosaic.output.roots import publish_roots
from cloudless_mosaic.stac.names import CATALOG, COLLECTION, PLAN, SHARD
from cloudless_mosaic.storage.documents import read_document

_ITEM = "item"
_NAME = re.compile(r"\./([-\w]+)/\1\.json")
"""Where a catalog of ours has its items, and nowhere else."""


@dataclass(frozen=True, slots=True)
class Source:
    """The output folder of a finished run."""

    path: Path
    """Root of the output."""
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
                if not name:
                    raise UsageError(f"{self.path} lists {link['href']!r}, which is not a mosaic of its own")
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
            f"none of the {len(sources)} shards has a mosaic; widen the dates, the AOI or `max_cloud_cover`"
        )
    plan, table = sources[0].catalog[PLAN], any(source.table for source in sources)
    with _MergeFolder(folder, plan, table=table) as output:
        for source in sources:
            for name in source.mosaics():
                output.place(source.path / name, folder / name, plan)
        return publish_roots(
            _of_all(sources[0].catalog),
            _of_all(sources[0].collection),
            names,
            folder,
            table=table,
        )


def _sources(shards: Sequence[Path]) -> list[Source]:
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


def _read(path: Path) -> Source:
    source = read_source(path)
    shard = source.catalog.get(SHARD)
    if not isinstance(shard, str) or not re.fullmatch(r"\d{1,9}/\d{1,9}", shard):
        raise UsageError(f"{path} is not a shard, it has all mosaics of its plan; merge what `shard` made")
    return source


def read_source(path: Path) -> Source:
    """The output folder of a finished run.

    Raises:
        UsageError: if it isn't one.
    """
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder; give those that runs have written to")
    try:
        roots = {root.path.name: root for root in existing_roots(path)}
    except OSError as error:
        raise UsageError(f"{path} can't be read: {(error.strerror or 'unknown reason').lower()}") from None
    if roots.keys() != {CATALOG, COLLECTION}:
        missing = COLLECTION if CATALOG in roots else CATALOG
        raise UsageError(f"{path} has no {missing}: its run isn't finished; run it again, then merge")
    catalog, collection = roots[CATALOG], roots[COLLECTION]
    source = Source(path, read_document(catalog.path), read_document(collection.path), collection.table)
    if not (catalog.fingerprint and _is_whole(source.collection)):
        raise UsageError(f"{path} has a catalog that was edited; run it again, then merge")
    return source


def is_shard(path: Path) -> bool:
    """True for the folder of a shard, and for what is no folder of mosaics."""
    try:
        catalog = read_document(path / CATALOG) if (path / CATALOG).is_file() else {}
    except OSError:
        catalog = {}
    return not catalog or SHARD in catalog


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


class _MergeFolder(PlacingFolder):
    """The folder that mosaics of all shards are put into."""

    def __init__(self, path: Path, plan: str, *, table: bool) -> None:
        super().__init__(path)
        self._plan = plan
        self._table = table

    def _settle(self) -> None:
        roots = existing_roots(self.path)
        if any(root.fingerprint != self._plan or root.shard for root in roots):
            raise UsageError(f"`output_dir` {self.path} has other mosaics; choose another folder")
        for item in existing_items(self.path):
            if item.fingerprint not in {self._plan, None}:
                raise UsageError(
                    f"`output_dir` {self.path} has {item.path.stem} of another plan; choose another"
                )
        if self._table:
            require_place(self.path, roots)
        # these documents list everything in the folder, so they go before it changes
        for root in roots:
            root.remove()
        remove_report(self.path)
