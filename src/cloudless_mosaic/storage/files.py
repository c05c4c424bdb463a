"""Atomic writes, and the errors of disks."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cloudless_mosaic.errors import TemporaryError, UsageError

SIDECARS = (".aux.xml", ".ovr", ".msk")
"""Suffixes of sidecar files of other programs, which would be wrong beside a new raster."""

_FOLDERS_SYNC = os.name != "nt"
"""Windows can't open a folder, and doesn't need this call."""

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of an exhausted disk, quota or limit."""

_FAULTY = (errno.EIO, errno.ESTALE, errno.EROFS)
_TOO_MANY = (errno.EMFILE, errno.ENFILE)
_COPIED = 1 << 20
"""Bytes that are copied at once."""

_TAKEN_AWAY = (errno.EACCES, errno.EPERM, errno.ENOENT)
"""Errors of a folder that was writable when the run began and no longer is."""


def require_place(folder: Path) -> None:
    """Checks that a folder is one, or could be made, before work begins. Writes nothing.

    Raises:
        UsageError: if a file is in its place, or its path can't be that of a folder.
    """
    try:
        there = next((one for one in (folder, *folder.absolute().parents) if one.exists()), None)
        obstacle = "" if there is None or there.is_dir() else f"{there} is not a folder"
    except (OSError, ValueError) as error:
        obstacle = (getattr(error, "strerror", None) or str(error)).lower()
    if obstacle:
        raise UsageError(f"`output_dir` {folder} can't be written to: {obstacle}; choose another folder")


def publish(staging: Path, target: Path, names: Iterable[str]) -> None:
    """Moves finished files to their place, over those of an earlier run, and removes the staging folder.

    Args:
        staging: Where the files are.
        target: Folder they go to.
        names: The files; the last one describes the others, so it is removed first and moved last.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    *others, last = names
    with storage_faults(target):
        target.mkdir(exist_ok=True)
        (target / last).unlink(missing_ok=True)
        for name in (*others, last):
            for suffix in SIDECARS:
                (target / (name + suffix)).unlink(missing_ok=True)
            _move(staging / name, target / name)
        _sync_folder(target)
        _sync_folder(target.parent)
    shutil.rmtree(staging, ignore_errors=True)


def _move(source: Path, target: Path) -> None:
    """Moves a file over another one, which is whole at any time; also from another file system.

    The folder of unfinished work may be a link to a quicker disk.
    """
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        partial = target.with_name(f".{target.name}.partial")
        try:
            with source.open("rb") as read, partial.open("wb") as written:
                shutil.copyfileobj(read, written, _COPIED)
                written.flush()
                os.fsync(written.fileno())
            partial.replace(target)
        finally:
            partial.unlink(missing_ok=True)
        source.unlink()


def write_whole(path: Path, data: bytes) -> None:
    """Writes a file whole or not at all.

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
def folder_faults(path: Path) -> Iterator[None]:
    """Turns the error of a folder that can't be used into one for people.

    Raises:
        TemporaryError: in place of an ``OSError`` of a full disk, or of too many open files.
        UsageError: in place of any other.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or "unknown reason").lower()
        if error.errno in _FULL:
            raise TemporaryError(
                f"no space in `output_dir` {path} ({reason}); free some and run again"
            ) from error
        if error.errno in _TOO_MANY:
            raise TemporaryError(
                f"`output_dir` {path} can't be opened beside other files ({reason}); raise the limit "
                "(ulimit -n) and run again"
            ) from error
        raise UsageError(
            f"`output_dir` {path} can't be written to: {reason}; choose another folder"
        ) from error


@contextmanager
def storage_faults(path: Path) -> Iterator[None]:
    """Turns the error of a full or failing disk into one for people.

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
        if error.errno in _TOO_MANY:
            raise TemporaryError(
                f"{path.name} in {path.parent} can't be opened beside so many others ({error.strerror}); "
                "raise the limit (ulimit -n) or take fewer `workers`, and run again"
            ) from error
        if error.errno in _TAKEN_AWAY:
            raise TemporaryError(
                f"{path.name} in {path.parent} can't be written any more ({error.strerror}); "
                "see who removed or closed the folder and run again"
            ) from error
        raise


def _sync_folder(folder: Path) -> None:
    """Makes renames durable."""
    if not _FOLDERS_SYNC:
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
