"""An output folder that one run holds at a time, with a hidden folder for its work."""

from __future__ import annotations

import shutil
from abc import ABC, abstractmethod
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.storage.files import folder_faults
from cloudless_mosaic.storage.lock import FolderLock

_WORK = ".cloudless-mosaic"
"""Name of the hidden folder; the same for all programs, so that one of them writes to a folder at a time."""

_LOCK = "lock"
_MANIFEST = "manifest.json"


class LockedFolder(ABC):
    """The root of an output and the hidden folder in it, locked while the context is entered.

    Files are made in the hidden folder and moved out when they are complete. The hidden folder is removed at
    the end, unless a later run can use what is in it.
    """

    def __init__(self, path: Path) -> None:
        """Touches nothing; entering the context takes the folder.

        Args:
            path: Root of the output; created where it is missing.
        """
        self.path = path
        """Root of the output."""
        self._work = path / _WORK
        self._manifest = self._work / _MANIFEST
        """Record of an unfinished run of mosaics."""

    def __enter__(self) -> Self:
        """Takes the folder.

        Raises:
            UsageError: if it can't be written to, or holds files of another plan or program.
            TemporaryError: if another run holds it, or the disk is full.
        """
        with folder_faults(self.path):
            self._lock = FolderLock(self._work / _LOCK)
            try:
                self._settle()
            except BaseException:
                self._leave()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Releases the folder; only what a later run can use stays in the hidden folder."""
        self._leave()

    @abstractmethod
    def _settle(self) -> None:
        """Refuses or removes files of other plans; called with the lock held.

        Raises:
            UsageError: if something is there that must not be overwritten.
        """

    @abstractmethod
    def _discard(self) -> None:
        """Removes from the hidden folder what no later run can use."""

    def _empty_folder(self, name: str) -> Path:
        """A new folder in the hidden one, on the disk of the output.

        Raises:
            OSError: if the disk is full or fails.
        """
        folder = self._work / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return folder

    def _empty_work(self) -> None:
        """Removes everything but the lock from the hidden folder."""
        for path in self._work.iterdir():
            if path.is_dir():
                shutil.rmtree(path)
            elif path.name != _LOCK:
                path.unlink()

    def _leave(self) -> None:
        with suppress(OSError):
            self._discard()
        self._lock.release()
        with suppress(OSError):
            self._work.rmdir()  # fails unless it is empty


def other_plan_error(folder: Path, what: str, difference: str) -> UsageError:
    """The error for an output folder that holds the work of another plan.

    Args:
        folder: Root of the output.
        what: What is there.
        difference: How its plan differs.
    """
    return UsageError(
        f"`output_dir` {folder} has {what} of another plan: {difference}; choose another folder, or add "
        "`overwrite` to replace what is there"
    )
