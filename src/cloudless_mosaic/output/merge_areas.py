"""One catalog of the mosaics of several areas, each with a collection of its own."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cloudless_mosaic.errors import NoDataError, UsageError
from cloudless_mosaic.output.existing import existing_items, existing_roots
from cloudless_mosaic.output.merge import Source, read_source
from cloudless_mosaic.output.placing import PlacingFolder
from cloudless_mosaic.output.preview import remove_report
from cloudless_mosaic.output.roots import publish_collection
from cloudless_mosaic.stac.collection import areas_document
from cloudless_mosaic.stac.names import CATALOG, COLLECTION, PLAN
from cloudless_mosaic.storage.documents import json_bytes
from cloudless_mosaic.storage.files import write_whole


def merge_areas(folders: Sequence[Path], folder: Path) -> Path:
    """Puts the mosaics of several areas into one folder: each area's into a folder named as its collection.

    Files are linked where the file system can, else copied. What is there whole from an earlier merge stays,
    so the same command goes on after any end. The catalog comes last.

    Args:
        folders: Output folders of finished runs whose requests have different names, in any order.
        folder: Root of the output; a new folder, or one that an earlier merge was writing to.

    Returns:
        The catalog.

    Raises:
        UsageError: if a run is unfinished or was changed, two have the same name, or the folder has something
            else in it.
        NoDataError: if no area has a mosaic.
        TemporaryError: if the disk is full or fails, or a run is at work in the folder.
    """
    areas = _areas(folders)
    names = {key: list(source.mosaics()) for key, source in areas.items()}
    if not any(names.values()):
        raise NoDataError(f"none of the {len(areas)} folders has a mosaic; run them again with wider limits")
    with _AreasFolder(folder, areas) as output:
        for key, source in areas.items():
            plan, target = source.catalog[PLAN], folder / key
            for name in names[key]:
                output.place(source.path / name, target / name, plan)
            publish_collection(_below(source.collection), names[key], target, table=source.table)
        catalog = areas_document(output.plan, [(one.catalog, one.collection) for one in areas.values()])
        write_whole(folder / CATALOG, json_bytes(catalog))
    return folder / CATALOG


def _areas(folders: Sequence[Path]) -> dict[str, Source]:
    """The folders by the id of their collection, sorted.

    Raises:
        UsageError: if one is unfinished, or two have the same id.
    """
    areas: dict[str, Source] = {}
    for path in folders:
        source = read_source(path)
        key = str(source.collection["id"])
        if key in areas:
            raise UsageError(
                f"{path} and {areas[key].path} both have collection {key}; make them with different `name`"
            )
        areas[key] = source
    return dict(sorted(areas.items()))


def _below(collection: dict[str, Any]) -> dict[str, Any]:
    """A collection in a folder below its catalog, without its table."""
    links = [
        link | {"href": f"../{CATALOG}"} if link["rel"] in {"root", "parent"} else link
        for link in collection["links"]
    ]
    return {key: value for key, value in collection.items() if key != "assets"} | {"links": links}


class _AreasFolder(PlacingFolder):
    """The folder that mosaics of several areas are put into."""

    def __init__(self, path: Path, areas: dict[str, Source]) -> None:
        super().__init__(path)
        self._areas = areas
        plans = {key: source.catalog[PLAN] for key, source in areas.items()}
        self.plan = hashlib.sha256(json.dumps(plans, sort_keys=True).encode()).hexdigest()
        """Fingerprint of all areas together."""

    def _settle(self) -> None:
        if any(source.path.resolve() == self.path.resolve() for source in self._areas.values()):
            raise UsageError(f"`output_dir` {self.path} is one of the areas; choose another folder")
        roots = existing_roots(self.path)
        if any(root.fingerprint != self.plan for root in roots) or any(existing_items(self.path)):
            raise UsageError(f"`output_dir` {self.path} has other mosaics; choose another folder")
        for key, source in self._areas.items():
            self._require_own(self.path / key, source)
        # the catalog lists everything in the folder, so it goes before it changes
        for root in roots:
            root.remove()
        remove_report(self.path)

    def _require_own(self, folder: Path, source: Source) -> None:
        """Creates the folder of an area, or checks that nothing of another plan is in it."""
        folder.mkdir(exist_ok=True)
        plan = source.catalog[PLAN]
        found = [*existing_roots(folder), *existing_items(folder)]
        if any(one.fingerprint not in {plan, None} for one in found) or (folder / CATALOG).exists():
            raise UsageError(f"`output_dir` {folder} has other mosaics; choose another folder")
        (folder / COLLECTION).unlink(missing_ok=True)
