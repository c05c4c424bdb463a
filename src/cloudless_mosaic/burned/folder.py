"""The folder that a comparison writes to: locked, and with whole files only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from cloudless_mosaic.burned.files import INDEX, PICTURE, SEVERITY
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.stac import BURNED_CATALOG, ITEM, plan_fingerprint, run_record
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.fingerprint import differences
from cloudless_mosaic.stac.names import CATALOG, PARAMETERS, PLAN
from cloudless_mosaic.storage.files import folder_faults, publish, storage_faults, write_whole
from cloudless_mosaic.storage.lock import FolderLock

_WORK = ".cloudless-mosaic"
"""As mosaics have it, so that no two runs of either program write to one folder at a time."""

_STAGING = "burned-area"
_MARK = "publishing"
"""File that is there while finished files are moved out; who finds it knows whose they are."""

FILES = (INDEX, SEVERITY, PICTURE, ITEM)
"""What is published, the item last, which speaks for the others."""


class BurnedAreaFolder:
    """The output folder, for the time of one run.

    Files are made in a hidden folder and moved out at the end, the catalog last. A run that ends before
    leaves nothing, and the next one starts over: two scenes take seconds.
    """

    def __init__(self, plan: ChangePlan) -> None:
        """Touches nothing yet; that's for ``with``.

        Args:
            plan: The run, whose request names the folder.
        """
        self.path = plan.request.output_dir
        """Root of the output."""
        self._plan = plan
        self._work = self.path / _WORK

    @property
    def staging(self) -> Path:
        """Folder for files in the making."""
        return self._work / _STAGING

    def __enter__(self) -> Self:
        """Takes the folder.

        Raises:
            UsageError: if it can't be written to, or something else is in it.
            TemporaryError: if another run has it, or the disk is full.
        """
        self._is_new = not self.path.exists()
        with folder_faults(self.path):
            self._lock = FolderLock(self._work / "lock")
            try:
                self._refuse_others()
                shutil.rmtree(self.staging, ignore_errors=True)
                self.staging.mkdir()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the folder back."""
        self._leave()

    def publish(self, catalog: bytes) -> Path:
        """Moves the finished files to their place, and writes the catalog.

        Args:
            catalog: The catalog, as JSON.

        Returns:
            Where the catalog is.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        path = self.path / CATALOG
        with storage_faults(path):
            (self._work / _MARK).touch()
            path.unlink(missing_ok=True)
        publish(self.staging, self.path, FILES)
        write_whole(path, catalog)
        with storage_faults(path):
            (self._work / _MARK).unlink()
        return path

    def _refuse_others(self) -> None:
        """Raises ``UsageError`` if there's anything of another plan, or of somebody else."""
        catalog, request = self.path / CATALOG, self._plan.request
        if (self._work / "manifest.json").exists():
            raise UsageError(
                f"`output_dir` {self.path} has an unfinished run of mosaics; choose another folder"
            )
        if catalog.exists():
            theirs = _document(catalog)
            if theirs.get("id") != BURNED_CATALOG:
                raise UsageError(
                    f"`output_dir` {self.path} has a {CATALOG} that isn't one of burned area; choose another "
                    "folder"
                )
            if theirs.get(PLAN) != plan_fingerprint(self._plan) and not request.overwrite:
                before, now = {"parameters": theirs.get(PARAMETERS)}, run_record(self._plan)
                same = before["parameters"] == now["parameters"]
                what = "its scenes or this program were others" if same else differences(before, now)
                raise UsageError(
                    f"`output_dir` {self.path} has the burned area of another plan: {what}; choose another "
                    "folder, or add `overwrite` to replace what is there"
                )
        elif not request.overwrite and not (self._work / _MARK).exists():
            self._refuse_strangers([name for name in FILES if (self.path / name).exists()])

    def _refuse_strangers(self, names: Sequence[str]) -> None:
        if names:
            raise UsageError(
                f"`output_dir` {self.path} has a {names[0]} of something else; choose another folder, or add "
                "`overwrite` to replace it"
            )

    def _leave(self) -> None:
        with suppress(OSError):
            shutil.rmtree(self.staging, ignore_errors=True)
        self._lock.release()
        with suppress(OSError):
            self._work.rmdir()  # refused unless it's empty
            if self._is_new:
                # so that nobody takes an empty folder for a result
                self.path.rmdir()


def _document(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where the file holds something else."""
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}
