"""The file of the preview page: which is ours, and when it has to go."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

REPORT = "report.html"

_MARK = b'<meta name="generator" content="cloudless-mosaic'
_HEAD = 1024
"""Bytes of the page that the mark is in."""


def is_report(path: Path) -> bool:
    """True if a file is a page of this program."""
    try:
        with path.open("rb") as file:
            return _MARK in file.read(_HEAD)
    except OSError:
        return False


def remove_report(folder: Path) -> None:
    """Removes the page of mosaics that are about to change; a file of another program stays."""
    path = folder / REPORT
    if is_report(path):
        with suppress(FileNotFoundError):
            path.unlink()
