"""Writes the documents above the items: the collection of all mosaics, and the root catalog."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.periods import mosaic_name
from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.output.existing import existing_roots
from cloudless_mosaic.output.geoparquet import items_table
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.stac.collection import catalog_document, collection_document, with_items
from cloudless_mosaic.stac.names import CATALOG, COLLECTION, ITEMS, SHA256
from cloudless_mosaic.storage.documents import json_bytes, read_document
from cloudless_mosaic.storage.files import storage_faults, write_whole


def write_roots(plan: MosaicPlan, results: Sequence[PeriodResult], folder: Path, fingerprint: str) -> Path:
    """Writes the collection, which lists every mosaic, and the root catalog, which comes last.

    Args:
        plan: The run.
        results: What became of each period; the items of those with files are in their places.
        folder: Root of the output.
        fingerprint: Of the plan.

    Returns:
        The catalog.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    own = plan.request.name or ""
    names = [mosaic_name(result.label, own) for result in results if not result.empty]
    return publish_roots(
        catalog_document(plan, results, fingerprint),
        collection_document(plan, fingerprint),
        names,
        folder,
        table=plan.request.geoparquet,
    )


def publish_roots(
    catalog: dict[str, Any],
    collection: dict[str, Any],
    names: Sequence[str],
    folder: Path,
    *,
    table: bool,
) -> Path:
    """Writes the documents above the items, the catalog last.

    Args:
        catalog: The root.
        collection: What holds for it whatever its items are.
        names: Of all items, which are in their places.
        folder: Root of the output.
        table: True for a table of the items beside them.

    Returns:
        The catalog.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    publish_collection(collection, names, folder, table=table)
    path = folder / CATALOG
    write_whole(path, json_bytes(catalog))
    return path


def publish_collection(
    collection: dict[str, Any], names: Sequence[str], folder: Path, *, table: bool
) -> None:
    """Writes the collection of mosaics.

    Args:
        collection: What holds for it whatever its items are.
        names: Of all items, which are in their places.
        folder: Folder that has a folder for each of them.
        table: True for a table of the items beside it.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    with storage_faults(folder):
        items = [read_document(folder / name / f"{name}.json") for name in sorted(names)]
    document = with_items(collection, items)
    data = items_table(items, document) if table and items else None
    before = existing_roots(folder)
    # first, so that a table always has a document that names it
    write_whole(folder / COLLECTION, json_bytes(document | ({"assets": _assets(data)} if data else {})))
    if data:
        write_whole(folder / ITEMS, data)
    else:
        for root in before:
            root.remove_table()


def _assets(table: bytes) -> dict[str, Any]:
    """The table of the items."""
    return {
        "items": {
            "href": f"./{ITEMS}",
            "type": "application/vnd.apache.parquet",
            "title": "All items as a table (stac-geoparquet)",
            "roles": ["collection-mirror"],
            "file:size": len(table),
            "file:checksum": SHA256 + hashlib.sha256(table).hexdigest(),
        }
    }
