"""The folder that a comparison writes to: locked, and with whole files only."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from cloudless_mosaic.burned.files import INDEX, PICTURE, SEVERITY
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.stac import BURNED_CATALOG, ITEM, plan_fingerprint, run_record
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.output.existing import existing_root
from cloudless_mosaic.output.fingerprint import differences
from cloudless_mosaic.output.locked_folder import LockedFolder, other_plan_error
from cloudless_mosaic.stac.names import CATALOG
from cloudless_mosaic.storage.files import publish, storage_faults, write_whole

_STAGING = "burned-area"
_MARK = "publishing"
"""File that exists while files are published; after an interruption it marks them as this program's."""

FILES = (INDEX, SEVERITY, PICTURE, ITEM)
"""The published files; the item comes last, since it describes the others."""


class BurnedAreaFolder(LockedFolder):
    """The output folder, for the time of one run.

    Files are made in a hidden folder and moved out at the end, the catalog last. A run that ends earlier
    leaves nothing, and the next one starts over: two scenes take seconds.
    """

    def __init__(self, plan: ChangePlan) -> None:
        """Writes nothing; entering the context locks the folder.

        Args:
            plan: The run, whose request names the folder.
        """
        super().__init__(plan.request.output_dir)
        self._plan = plan
        self._is_new = not self.path.exists()

    @property
    def staging(self) -> Path:
        """Folder for unfinished files."""
        return self._work / _STAGING

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

    def _settle(self) -> None:
        self._refuse_others()
        self._empty_folder(_STAGING)

    def _refuse_others(self) -> None:
        """Raises ``UsageError`` where there are files of another plan or of another program."""
        catalog, request = self.path / CATALOG, self._plan.request
        if self._manifest.exists():
            raise UsageError(
                f"`output_dir` {self.path} has an unfinished run of mosaics; choose another folder"
            )
        if catalog.exists():
            existing = existing_root(catalog, {BURNED_CATALOG}, "burned area")
            if existing.fingerprint != plan_fingerprint(self._plan) and not request.overwrite:
                before, now = {"parameters": existing.parameters}, run_record(self._plan)
                same = before["parameters"] == now["parameters"]
                what = "its scenes or this program were others" if same else differences(before, now)
                raise other_plan_error(self.path, "the burned area", what)
        elif not request.overwrite and not (self._work / _MARK).exists():
            self._refuse_strangers([name for name in FILES if (self.path / name).exists()])

    def _refuse_strangers(self, names: Sequence[str]) -> None:
        if names:
            raise UsageError(
                f"`output_dir` {self.path} has a {names[0]} of something else; choose another folder, or add "
                "`overwrite` to replace it"
            )

    def _discard(self) -> None:
        shutil.rmtree(self.staging, ignore_errors=True)

    def _leave(self) -> None:
        super()._leave()
        if self._is_new:
            # an empty folder could be mistaken for a result
            with suppress(OSError):
                self.path.rmdir()
