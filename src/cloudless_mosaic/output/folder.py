"""The folder that a run writes to: locked, settled with what earlier runs left, and ready to go on from."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

from cloudless_mosaic.domain.periods import mosaic_name
from cloudless_mosaic.domain.results import PeriodResult
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.existing import (
    ExistingDocument,
    existing_items,
    existing_roots,
    intact_result,
)
from cloudless_mosaic.output.fingerprint import differences, fingerprint, plan_record
from cloudless_mosaic.output.geoparquet import require_place
from cloudless_mosaic.output.kept import KeptWork
from cloudless_mosaic.output.locked_folder import LockedFolder, other_plan_error
from cloudless_mosaic.output.preview import remove_report
from cloudless_mosaic.planning.mosaics import Mosaic, cut_mosaics
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.stac.names import CATALOG
from cloudless_mosaic.storage.files import storage_faults, write_whole

_CUT = "blocks"
"""Field of the manifest: edges of the rows and columns of blocks."""


class OutputFolder(LockedFolder):
    """The root of the output, for the time of one run.

    A hidden folder in it holds the lock, the manifest (the record of the plan in work), the blocks of periods
    that aren't published and their files in the making. It goes when the catalog is written. Whatever is
    outside of it is whole.

    A run of the same plan goes on from there; it keeps published periods whose files still have the checksums
    that the item declares. What another plan left is refused, or removed where the request says so.
    """

    def __init__(self, plan: MosaicPlan, mosaics: Sequence[Mosaic] | None = None) -> None:
        """Touches nothing; entering the context takes the folder.

        Args:
            plan: The run, whose request names the folder.
            mosaics: Those that the run makes; ``None`` cuts the plan.
        """
        super().__init__(plan.request.output_dir)
        self.plan = plan
        """The run."""
        self.mosaics = cut_mosaics(plan) if mosaics is None else mosaics
        """Those that the run makes."""
        self.finished: dict[str, PeriodResult] = {}
        """Results of mosaics, by label, that an earlier run of this plan published."""
        record = plan_record(plan)
        self.fingerprint = fingerprint(record)
        """Of the plan, whichever part of it the run makes."""
        self._name = plan.request.name or ""
        self._shard = str(plan.request.shard) if plan.request.shard else None
        self._record = {**record, "shard": self._shard}
        self._cut = [list(plan.blocks.row_edges), list(plan.blocks.column_edges)]
        self.background = ThreadPoolExecutor(thread_name_prefix="keep")
        """Threads that wait for the disk beside the work."""
        self._run = f"run-{uuid4().hex}"
        self._marking = Lock()
        self._owned = False
        self._done = False

    @property
    def checkpoint_count(self) -> int:
        """Blocks of unfinished mosaics that an earlier run left."""
        unfinished = (mosaic for mosaic in self.mosaics if mosaic.label not in self.finished)
        return sum(len(self.kept(mosaic)) for mosaic in unfinished)

    def kept(self, mosaic: Mosaic) -> KeptWork:
        """What an earlier run kept of a mosaic.

        Raises:
            TemporaryError: if the disk fails.
        """
        return KeptWork.find(self.blocks_folder(mosaic), self.fingerprint, mosaic.plan.blocks)

    def blocks_folder(self, mosaic: Mosaic) -> Path:
        """Where finished blocks and parts of a mosaic go; made with the first of them. Absolute."""
        return self._work.absolute() / f"blocks-{mosaic.label}"

    def marker(self) -> Path:
        """A file of this run alone, by which other processes recognise the folder. Absolute.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        with self._marking:
            path = self._work.absolute() / self._run
            if not path.exists():
                write_whole(path, self._run.encode())
        return path

    def staging(self, mosaic: Mosaic) -> Path:
        """An empty folder for files in the making, on the disk that they go to.

        Its name is that of the run, so that a process that outlived another run can't write to it.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        name = f"files-{mosaic.label}-{self._run}"
        with storage_faults(self._work / name):
            return self._empty_folder(name)

    def complete(self, results: Sequence[PeriodResult]) -> Path:
        """Writes the collection and the catalog, which ends the run.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        from cloudless_mosaic.output.roots import write_roots  # noqa: PLC0415 - pystac loads slowly

        path = write_roots(self.plan, results, self.path, self.fingerprint)
        self._done = True
        return path

    def _require_folders(self, names: Iterable[str]) -> None:
        """Makes sure that nothing else is in the place of a mosaic, before there is work that would be lost.

        Raises:
            UsageError: if there is.
        """
        for path in (self.path / name for name in sorted(names)):
            if os.path.lexists(path) and not path.is_dir():
                raise UsageError(
                    f"`output_dir` {self.path} has {path.name}, which is no folder, in the place of a "
                    "mosaic; move it away, or choose another folder"
                )

    def _settle(self) -> None:
        """Refuses or removes what another plan left, and takes over what this one did."""
        roots = existing_roots(self.path)
        manifest = self._read_manifest()
        cut = manifest.pop(_CUT, None) if manifest else None
        started = manifest is not None and fingerprint(manifest) == fingerprint(self._record)
        finished = any(root.path.name == CATALOG and self._is_ours(root) for root in roots)
        names = {mosaic_name(mosaic.label, self._name) for mosaic in self.mosaics}
        self._require_folders(names)
        items = list(existing_items(self.path, self._name))
        others = [item for item in items if item.fingerprint != self.fingerprint]
        if started or finished:
            # one of our mosaics, whose item is not written yet or was damaged since
            others = [item for item in others if item.fingerprint or item.path.stem not in names]
        others = [root for root in roots if not self._is_ours(root)] + others
        if self.plan.request.geoparquet:
            require_place(self.path, roots)
        if not self.plan.request.overwrite:
            self._refuse(others, None if started else manifest)
        elif self._shard:
            # the catalog of a shard would not list what another one made
            others += [
                item for item in items if item.fingerprint == self.fingerprint and item.path.stem not in names
            ]
        for other in others:
            other.remove()
        if not started or cut != self._cut:
            # blocks of another size, for workers with more or less memory, can't be used
            self._empty_work()
        self._remove_unfinished()
        self._owned = True
        self._take_over()

    def _refuse(self, others: Sequence[ExistingDocument], manifest: dict[str, Any] | None) -> None:
        """Raises ``UsageError`` if there's anything of another plan."""
        if others:
            what, theirs = "mosaics", others[0].record
        elif manifest is not None:
            what, theirs = "an unfinished run", manifest
        else:
            return
        raise other_plan_error(self.path, what, differences(theirs, self._record))

    def _take_over(self) -> None:
        """Checks what is published, and notes that the rest is in work."""
        for mosaic in self.mosaics:
            name = mosaic_name(mosaic.label, self._name)
            result = intact_result(self.path / name, mosaic.period.period, mosaic.plan.tile, self.fingerprint)
            # with a stricter limit, lost observations are tried again
            if result and result.lost_percent <= self.plan.request.max_lost:
                self.finished[mosaic.label] = result
        if len(self.finished) < len(self.mosaics):
            for root in existing_roots(self.path):
                root.remove()
            remove_report(self.path)
            write_whole(self._manifest, json.dumps({**self._record, _CUT: self._cut}).encode())

    def _is_ours(self, root: ExistingDocument) -> bool:
        return root.fingerprint == self.fingerprint and root.shard == self._shard

    def _read_manifest(self) -> dict[str, Any] | None:
        """The record of the plan in work; ``None`` where there's none, or the disk spoiled it."""
        try:
            return dict(json.loads(self._manifest.read_bytes())) if self._manifest.exists() else None
        except (ValueError, TypeError):
            return None

    def _remove_unfinished(self) -> None:
        """Removes files in the making and the markers of runs that were killed."""
        for folder in self._work.glob("files-*"):
            shutil.rmtree(folder, ignore_errors=True)
        for marker in self._work.glob("run-*"):
            marker.unlink(missing_ok=True)

    def _discard(self) -> None:
        self.background.shutdown()
        (self._work / self._run).unlink(missing_ok=True)
        if self._owned and (self._done or not self._worth_keeping()):
            self._empty_work()

    def _worth_keeping(self) -> bool:
        items = existing_items(self.path, self._name)
        return self.checkpoint_count > 0 or any(item.fingerprint == self.fingerprint for item in items)
