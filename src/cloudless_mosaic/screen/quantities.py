"""Quantities as text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def number(count: int, noun: str) -> str:
    """``1 scene``, ``2 scenes``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def percent(share: float) -> str:
    """A share from 0 to 1 in percent; only 0 and 1 are shown as 0 and 100."""
    if 0 < share < 0.0005:
        return "< 0.1 %"
    return "> 99.9 %" if 0.9995 <= share < 1 else f"{100 * share:.1f} %"


def size(count: float) -> str:
    """Bytes in a suitable decimal unit."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def size_on_disk(files: Iterable[Path]) -> int:
    """Size of files in bytes; a file that has been removed meanwhile counts as 0."""
    total = 0
    for file in files:
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
