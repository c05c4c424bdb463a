"""All items in one table that databases read (stac-geoparquet)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.existing import ExistingDocument
from cloudless_mosaic.stac.names import ITEMS


def require_place(folder: Path, roots: Iterable[ExistingDocument]) -> None:
    """Checks before any work that a table can be written.

    Args:
        folder: Root of the output.
        roots: The documents above the items that are there.

    Raises:
        UsageError: if the library isn't installed, or a file that isn't ours has the table's place.
    """
    if not find_spec("stac_geoparquet"):
        raise UsageError("`geoparquet` needs a package that isn't here; pip install stac-geoparquet")
    if (folder / ITEMS).exists() and not any(root.table for root in roots):
        raise UsageError(
            f"`output_dir` {folder} has an {ITEMS} of something else; choose another folder, or leave out "
            "`geoparquet`"
        )


def items_table(items: Sequence[dict[str, Any]], collection: dict[str, Any]) -> bytes:
    """The table; relative addresses in it count from the root of the output.

    Args:
        items: One at least.
        collection: What they belong to; kept in the table's metadata.
    """
    from stac_geoparquet import arrow  # noqa: PLC0415 - takes half as long as a run of the README's example

    batches = arrow.parse_stac_items_to_arrow([_moved_up(item) for item in items])
    with TemporaryDirectory() as folder:
        path = Path(folder) / ITEMS
        arrow.to_parquet(batches, path, collections={collection["id"]: collection})
        return path.read_bytes()


def _moved_up(item: dict[str, Any]) -> dict[str, Any]:
    """An item as it would be one folder further up."""
    return item | {
        "links": list(_relinked(item["links"], item["id"])),
        "assets": dict(zip(item["assets"], _relinked(item["assets"].values(), item["id"]), strict=True)),
    }


def _relinked(links: Iterable[dict[str, Any]], folder: str) -> Iterator[dict[str, Any]]:
    for link in links:
        href = link["href"]
        yield link if urlsplit(href).scheme else link | {"href": posixpath.normpath(f"{folder}/{href}")}
