"""The catalog above the mosaics of several areas, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from cloudless_mosaic.output.existing import existing_roots
from cloudless_mosaic.stac.areas import area_catalog
from cloudless_mosaic.stac.names import CATALOG
from cloudless_mosaic.storage.documents import json_bytes
from cloudless_mosaic.storage.files import storage_faults, write_whole


def write_area_catalog(folder: Path, names: Sequence[str]) -> Path:
    """Writes the catalog, once the mosaics of all areas are there.

    Args:
        folder: Root of the output.
        names: Folders of the areas in it.

    Returns:
        The catalog.

    Raises:
        UsageError: if the folder has a catalog of something else.
        TemporaryError: if the disk is full or fails.
    """
    with storage_faults(folder):
        existing_roots(folder)
    path = folder / CATALOG
    write_whole(path, json_bytes(area_catalog(names)))
    return path
