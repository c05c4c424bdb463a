"""The folder that gets the files: its checks, and writes that appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudless_mosaic.errors import TemporaryError, UsageError
from cloudless_mosaic.periods import Period

CATALOG = "catalog.json"

_STAGING = ".monthly-mosaic-{}.partial"
_SIDECARS = (".aux.xml", ".ovr", ".msk")
"""What other programs keep beside a raster, and what would be wrong beside a new one."""

_FOLDERS_SYNC = os.name != "nt"
"""Windows can't open a folder, and needs no such call."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FAULTY = (errno.EIO, errno.ESTALE, errno.EROFS)


def mosaic_name(period: Period) -> str:
    """Name of a period's folder, files and STAC item."""
    return f"monthly-mosaic-{period.label}"


def prepare_output(folder: Path) -> None:
    """Makes the folder ready for a run, before any work is done.

    Creates it, tries a write, and removes what a killed run left half done and the catalog of an earlier
    run, so that a run that fails leaves none.

    Raises:
        UsageError: if the folder can't be created or written to.
    """
    probe = folder / ".cloudless-mosaic.probe"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        for staging in folder.glob(_STAGING.format("*")):
            shutil.rmtree(staging)
        (folder / CATALOG).unlink(missing_ok=True)
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise UsageError(
            f"--output-dir {folder} can't be written to: {reason.lower()}; choose another folder"
        ) from error


def staging_folder(folder: Path, period: Period) -> Path:
    """An empty hidden folder, beside the place of the period's files and on the same disk.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    staging = folder / _STAGING.format(period.label)
    with storage_faults(staging):
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir()
    return staging


def publish(staging: Path, target: Path, names: Iterable[str]) -> None:
    """Moves finished files to their place, over those of an earlier run, and removes the staging folder.

    Args:
        staging: Where the files are.
        target: Folder they go to.
        names: The files; the last one speaks for the others: it leaves first and comes last.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    *others, last = names
    with storage_faults(target):
        target.mkdir(exist_ok=True)
        (target / last).unlink(missing_ok=True)
        for name in (*others, last):
            for suffix in _SIDECARS:
                (target / (name + suffix)).unlink(missing_ok=True)
            (staging / name).replace(target / name)
        _sync_folder(target)
        _sync_folder(target.parent)
    shutil.rmtree(staging, ignore_errors=True)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file that is there whole or not at all.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        with storage_faults(path):
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _sync_folder(path.parent)
    finally:
        partial.unlink(missing_ok=True)


@contextmanager
def storage_faults(path: Path) -> Iterator[None]:
    """Turns a full or failing disk into an error for people.

    Raises:
        TemporaryError: in place of such an ``OSError``.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise TemporaryError(
                f"no space to write {path.name} in {path.parent} ({error.strerror}); free some and run again"
            ) from error
        if error.errno in _FAULTY:
            raise TemporaryError(
                f"the disk failed at {path.name} in {path.parent} ({error.strerror}); check it and run again"
            ) from error
        raise


def _sync_folder(folder: Path) -> None:
    """Makes renames last."""
    if not _FOLDERS_SYNC:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
