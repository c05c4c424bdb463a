"""Paths on the command line."""

from __future__ import annotations

from pathlib import Path

from cloudless_mosaic.errors import UsageError


def expanded(path: Path) -> Path:
    """A path with ``~`` at its start replaced by the home folder; shells leave it in ``--option=~/x``.

    Raises:
        UsageError: if there is no such user, or no home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError:
        raise UsageError(f"{path}: there is no such home folder; give the whole path") from None
