"""Limits that a container sets: control groups of Linux, version 1 and 2.

Sources: ``Documentation/admin-guide/cgroup-v2.rst`` and ``cgroup-v1/`` of the kernel, ``proc(5)`` for
``/proc/PID/cgroup`` and ``/proc/PID/mountinfo``. The limit of a group holds for all groups below it, so the
smallest one up to the root counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path, PurePosixPath

_UNLIMITED = 2**60
"""Bytes; version 1 writes the largest number of pages where there is no limit."""

_ROOT = Path("/")


@lru_cache(maxsize=8)
def cpu_quota(root: Path = _ROOT) -> float | None:
    """Processors that this process may use on average; ``None`` without a limit.

    Args:
        root: Folder that holds ``proc`` and ``sys``.
    """
    quotas = []
    for group in _groups(root, "cpu"):
        words = _read(group / "cpu.max").split()
        words = words or [_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us")]
        quota, period = (_number(word) for word in (*words, "", "")[:2])
        if quota and period:
            quotas.append(quota / period)
    return min(quotas, default=None)


@lru_cache(maxsize=8)
def memory_limit(root: Path = _ROOT) -> int | None:
    """Bytes that this process may use, with all others of its container; ``None`` without a limit.

    Args:
        root: Folder that holds ``proc`` and ``sys``.
    """
    limits = []
    for group in _groups(root, "memory"):
        for name in ("memory.max", "memory.high", "memory.limit_in_bytes"):
            limit = _number(_read(group / name))
            if limit and limit < _UNLIMITED:
                limits.append(limit)
    return min(limits, default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """Folders of the groups that this process is in, each with those above it."""
    for number, controllers, path in re.findall(
        r"^(\d+):([^:\n]*):(/.*)$", _read(root / "proc/self/cgroup"), re.MULTILINE
    ):
        is_second = number == "0" and not controllers
        if not is_second and controller not in controllers.split(","):
            continue
        for mounted, place in _mounts(root, None if is_second else controller):
            # in a container the path may be that of the host, and its own group the root of the mount
            inside = PurePosixPath(path)
            if inside.is_relative_to(mounted):
                inside = inside.relative_to(mounted)
            below = place / str(inside).lstrip("/")
            group = below if below.is_dir() else place
            while True:
                yield group
                if group == place:
                    break
                group = group.parent


def _mounts(root: Path, controller: str | None) -> Iterator[tuple[str, Path]]:
    """Mounted group and folder of every mount of a controller; of version 2 where it is ``None``."""
    for line in _read(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        fields, kind = before.split(), after.split()
        if len(fields) < 5 or len(kind) < 3:
            continue
        wanted = kind[0] == "cgroup2" if controller is None else kind[0] == "cgroup"
        if wanted and (controller is None or controller in kind[2].split(",")):
            yield fields[3], root / fields[4].lstrip("/")


def _read(path: Path) -> str:
    try:
        return path.read_text("ascii", errors="replace").strip()
    except OSError:
        return ""


def _number(text: str) -> int | None:
    """A positive number; ``None`` for ``max``, -1 and nothing."""
    return int(text) if text.isascii() and text.isdigit() else None
