"""Puts published mosaics into another folder, linked where the file system can, else copied."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.existing import intact_files
from cloudless_mosaic.output.locked_folder import LockedFolder
from cloudless_mosaic.stac.names import CATALOG
from cloudless_mosaic.storage.documents import json_bytes, read_document
from cloudless_mosaic.storage.files import publish, storage_faults, write_whole

_STAGING = "merge"


class PlacingFolder(LockedFolder):
    """An output folder that mosaics of other folders are put into."""

    def place(self, source: Path, target: Path, plan: str) -> None:
        """Puts one mosaic into its place, unless it is there.

        Args:
            source: Its folder.
            target: Its folder here.
            plan: Fingerprint of the plan that made it.

        Raises:
            UsageError: if its files aren't those that its item describes.
            TemporaryError: if the disk is full or fails.
        """
        if intact_files(target, plan):
            return
        files = intact_files(source, plan)
        if not files:
            raise UsageError(f"{source} is damaged or of another plan; run it again, then merge")
        *rasters, item = files
        with storage_faults(target):
            staging = self._empty_folder(_STAGING)
            for path in rasters:
                _link_or_copy(path, staging / path.name)
        root = Path(os.path.relpath(self.path / CATALOG, target)).as_posix()
        document = _moved(read_document(item), source, target, root)
        write_whole(staging / item.name, json_bytes(document))
        publish(staging, target, [path.name for path in files])

    def _discard(self) -> None:
        shutil.rmtree(self._work / _STAGING, ignore_errors=True)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # another file system, or one without links
        shutil.copyfile(source, target)


def _moved(item: dict[str, Any], source: Path, target: Path, root: str) -> dict[str, Any]:
    """An item in another folder: links to scenes in files count from there, and another root is above it."""
    for link in item["links"]:
        if link["rel"] == "derived_from" and not urlsplit(link["href"]).scheme:
            path = os.path.normpath(source.resolve() / link["href"])
            link["href"] = Path(os.path.relpath(path, target.resolve())).as_posix()
        elif link["rel"] == "root":
            link["href"] = root
    return item
