"""The catalog above the mosaics of several areas, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cloudless_mosaic.output.existing import existing_root
from cloudless_mosaic.stac.areas import AREAS_ID, area_catalog
from cloudless_mosaic.stac.names import CATALOG
from cloudless_mosaic.storage.documents import json_bytes
from cloudless_mosaic.storage.files import storage_faults, write_whole


def require_no_other_catalog(folder: Path) -> None:
    """Checks before any work that the catalog can be written.

    Raises:
        UsageError: if the folder has a catalog of something else, or can't be read.
    """
    path = folder / CATALOG
    with storage_faults(folder):
        if path.exists():
            existing_root(path, {AREAS_ID}, "several areas")


def write_area_catalog(folder: Path, names: Sequence[str]) -> Path:
    """Writes the catalog, once the mosaics of all areas are there.

    Args:
        folder: Root of the output.
        names: Folders of the areas in it.

    Returns:
        The catalog.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    path = folder / CATALOG
    write_whole(path, json_bytes(area_catalog(names)))
    return path
