"""Numbers in words."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def number(count: int, noun: str) -> str:
    """``1 scene``, ``2 scenes``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def size(count: float) -> str:
    """Bytes in the unit that fits, by thousands."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def size_on_disk(files: Iterable[Path]) -> int:
    """Bytes of files; one that has been taken away meanwhile counts as nothing."""
    total = 0
    for file in files:
        try:
            total += file.stat().st_size
        except OSError:
            continue
    return total
