"""Documents and files of earlier runs in a folder: which plan made them, whether they are intact, removal."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.periods import (
    COLLECTION_IDS,
    Period,
    parse_mosaic_name,
)
from cloudless_mosaic.domain.results import (
    HoleShares,
    LostObservation,
    MaskCounts,
    PeriodResult,
    SceneNote,
)
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.layers import LAYERS
from cloudless_mosaic.stac.names import (
    CATALOG,
    CATALOG_ID,
    COLLECTION,
    ITEMS,
    PARAMETERS,
    PLAN,
    PREFIX,
    SHA256,
    SHARD,
)
from cloudless_mosaic.storage.documents import read_document
from cloudless_mosaic.storage.files import SIDECARS

_ROOTS = {CATALOG: frozenset({CATALOG_ID}), COLLECTION: COLLECTION_IDS}
"""Ids of the documents above the items."""

_ENDINGS = (
    *(".json", ".tif", "-count.tif", "-visual.tif", "-thumbnail.png"),
    *(f"-{layer.ending}.tif" for layer in LAYERS.values()),
)
"""Of the files of a period; the item goes first, since it speaks for the others."""


@dataclass(frozen=True, slots=True)
class ExistingDocument:
    """A document of an earlier run, in its place."""

    path: Path
    """The item of a mosaic, or a document above the items."""
    fingerprint: str | None
    """Of the plan it was made by; ``None`` where it doesn't say."""
    parameters: dict[str, Any] | None
    """Of the run it was made by; ``None`` where it doesn't say."""
    shard: str | None = None
    """The part of the plan that a document above the items lists, as ``2/8``; ``None`` is all of it."""
    table: bool = False
    """True of a collection that names a table of its items."""

    @property
    def record(self) -> dict[str, Any]:
        """As much of the record of its plan as it holds."""
        return {"parameters": self.parameters} | ({"shard": self.shard} if self._is_root else {})

    def remove(self) -> None:
        """Removes the document and the files that it names; with an item, its folder if that's all in it.

        Raises:
            OSError: if the disk fails.
        """
        self.path.unlink(missing_ok=True)
        if self._is_root:
            self.remove_table()
            return
        folder = self.path.parent
        for path in _files(folder):
            for suffix in ("", *SIDECARS):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()

    def remove_table(self) -> None:
        """Removes the table of the items, if the document names it.

        Raises:
            OSError: if the disk fails.
        """
        if self.table:
            (self.path.parent / ITEMS).unlink(missing_ok=True)

    @property
    def _is_root(self) -> bool:
        return self.path.name in _ROOTS


def existing_roots(folder: Path) -> tuple[ExistingDocument, ...]:
    """The documents above the items in a folder: the catalog first, which speaks for the rest.

    Raises:
        UsageError: if one is of something else, for example of the scenes themselves.
        OSError: if one can't be read.
    """
    return tuple(
        existing_root(folder / name, known, "mosaics")
        for name, known in _ROOTS.items()
        if (folder / name).exists()
    )


def existing_root(path: Path, known: Container[str], what: str) -> ExistingDocument:
    """A document above the items.

    Args:
        path: The document.
        known: Ids that the program gives such documents.
        what: What the program makes, for the message.

    Raises:
        UsageError: if it has another id.
        OSError: if it can't be read.
    """
    document = read_document(path)
    if str(document.get("id")) not in known and document.get("id") != _own_name(document):
        raise UsageError(
            f"`output_dir` {path.parent} has a {path.name} that isn't one of {what}; choose another folder"
        )
    assets = document.get("assets")
    return ExistingDocument(
        path,
        document.get(PLAN),
        document.get(PARAMETERS),
        document.get(SHARD),
        table=isinstance(assets, dict) and "items" in assets,
    )


def existing_items(folder: Path, own: str = "") -> Iterator[ExistingDocument]:
    """The periods in a folder, unfinished ones included: those lack their item, and so a fingerprint.

    Args:
        folder: Root of an output.
        own: Name that the request gives its mosaics. Unfinished ones of other such names are not recognised.

    Raises:
        OSError: if one can't be read.
    """
    for place in sorted(folder.iterdir()):
        if not any(path.exists() for path in _files(place)):
            continue
        path = place / f"{place.name}.json"
        properties = _properties(path)
        names = {"", own, _own_name(properties)}
        if any(parse_mosaic_name(place.name, name) for name in names):
            yield ExistingDocument(path, properties.get(PLAN), properties.get(PARAMETERS))


def intact_result(folder: Path, period: Period, tile: str, fingerprint: str) -> PeriodResult | None:
    """What an earlier run of the same plan published of a mosaic.

    Args:
        folder: Of the mosaic.
        period: Of the mosaic.
        tile: Of the mosaic; empty where there are no tiles.
        fingerprint: Of the plan.

    Returns:
        The result that run had; ``None`` if a file is missing or has another checksum than its item declares.

    Raises:
        OSError: if a file can't be read.
    """
    files = intact_files(folder, fingerprint)
    if not files:
        return None
    try:
        return _result(_properties(files[-1]), period, tile, files)
    except (KeyError, TypeError, AttributeError):
        # the item was edited
        return None


def intact_files(folder: Path, fingerprint: str) -> tuple[Path, ...]:
    """The files of a published mosaic, its item last; none where one is missing or has other bytes.

    Args:
        folder: Of the mosaic.
        fingerprint: Of the plan that it has to be of.

    Raises:
        OSError: if a file can't be read.
    """
    item = folder / f"{folder.name}.json"
    if _properties(item).get(PLAN) != fingerprint:
        return ()
    try:
        assets = {
            folder / Path(asset["href"]).name: asset for asset in read_document(item)["assets"].values()
        }
        intact = all(_is_intact(path, asset) for path, asset in assets.items())
    except (KeyError, TypeError, AttributeError):
        # the item was edited
        return ()
    return (*assets, item) if intact else ()


def _result(properties: dict[str, Any], period: Period, tile: str, files: tuple[Path, ...]) -> PeriodResult:
    """The result that the properties of an item describe."""
    own = {key.removeprefix(PREFIX): value for key, value in properties.items()}
    return PeriodResult(
        period=period,
        found=own["scenes_found"],
        used=tuple(sorted(scene["id"] for scene in own["scenes"] if scene["used"])),
        clear_share=round(own["clear_percent"] / 100, 6),
        mean_count=own["mean_observations"],
        observations=own["observations"],
        lost=tuple(
            LostObservation(lost["scene"], (lost["block"][0], lost["block"][1]), lost["reason"])
            for lost in own["lost_observations"]
        ),
        notes=tuple(SceneNote(one["scene"], one["note"], one["warning"]) for one in own["notes"]),
        files=files,
        tile=tile,
        masked=tuple(
            sorted((one["id"], MaskCounts(**one["masked"])) for one in own["scenes"] if "masked" in one)
        ),
        filled=tuple(
            (way, round(percent / 100, 6))
            for way, percent in sorted(own.get("filled_percent", {}).items())
            if percent
        ),
        holes=HoleShares(**{name: round(share / 100, 6) for name, share in own["holes_percent"].items()}),
    )


def _own_name(fields: dict[str, Any]) -> str:
    """The name that the request behind a document gave its mosaics; empty where it gave none."""
    parameters = fields.get(PARAMETERS)
    name = parameters.get("name") if isinstance(parameters, dict) and PLAN in fields else None
    return name if isinstance(name, str) else ""


def _properties(item: Path) -> dict[str, Any]:
    """Those of an item; none where it is missing or damaged."""
    properties = read_document(item).get("properties") if item.exists() else None
    return properties if isinstance(properties, dict) else {}


def _files(folder: Path) -> list[Path]:
    """The files of a period that may be there; those of indices have any names."""
    known = [folder / f"{folder.name}{ending}" for ending in _ENDINGS]
    return [*known, *sorted(folder.glob(f"{folder.name}-index-*.tif"))]


def _is_intact(path: Path, asset: dict[str, Any]) -> bool:
    """True if a file has the size and the checksum that its asset declares."""
    if not path.is_file() or path.stat().st_size != asset["file:size"]:
        return False
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return bool(asset["file:checksum"] == SHA256 + digest)
