"""Ranges of numbers in a request."""

from __future__ import annotations

import math
import re
from pathlib import Path

from cloudless_mosaic.errors import UsageError


def require_positive(field: str, value: float) -> None:
    """Raises ``UsageError``, which names the field, unless a value is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"`{field}` must be greater than 0, got {value:g}")


def require_between(field: str, value: float, low: float, high: float) -> None:
    """Raises ``UsageError``, which names the field, unless a value lies within limits, both included."""
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"`{field}` must be between {low:g} and {high:g}, got {value:g}")


_ELSEWHERE = re.compile(
    r"[a-z][a-z0-9+.-]+:[:/]|(s3|gs|gcs|az|abfss?|hdfs|zip|tar|file|https?|ftp|memory):|/vsi", re.IGNORECASE
)
"""Starts of addresses of object stores, archives and GDAL's virtual files; a drive has one letter."""


def require_local(field: str, path: Path | str) -> None:
    """Raises ``UsageError``, which names the field, unless a path is one of this computer, in UTF-8."""
    text = str(path)
    if _ELSEWHERE.match(text):
        raise UsageError(
            f"`{field}` {text[:80]!r} is not a path of this computer; give one, and copy the files afterwards"
        )
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(f"`{field}` {text[:80]!r} is not UTF-8; give a path that is") from None


def expanded(path: Path) -> Path:
    """A path with ``~`` at its start replaced by the home folder; shells leave it in ``--option=~/x``.

    Raises:
        UsageError: if there is no such user, or no home folder.
    """
    try:
        return path.expanduser()
    except RuntimeError:
        raise UsageError(f"{path}: there is no such home folder; give the whole path") from None
