"""``run.json``: what a run took and what became of it, for whoever runs the program for others.

Times differ from run to run, so the file is written only where it is asked for, and nothing compares it.
"""

from __future__ import annotations

import platform
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.storage.documents import json_bytes
from cloudless_mosaic.storage.files import write_whole
from cloudless_mosaic.version import __version__

RUN_FILE = "run.json"
"""Name of the file, beside ``catalog.json``."""

_PACKAGES = ("dask", "numpy", "obstore", "pyproj", "rasterio")
_MOST_LOSSES = 1000
"""Losses that are named; all are counted."""


@dataclass(frozen=True, slots=True)
class RunTimes:
    """When a run began, and its id."""

    run: str
    """Id, as in the log."""
    started: datetime
    """Start, UTC."""


def write_run_file(result: MosaicResult, times: RunTimes) -> Path:
    """Writes ``run.json`` beside the catalog.

    Args:
        result: What the run made.
        times: When it began.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    path = result.catalog.parent / RUN_FILE
    write_whole(path, json_bytes(_document(result, times, datetime.now(UTC))))
    return path


def _document(result: MosaicResult, times: RunTimes, finished: datetime) -> dict[str, Any]:
    mosaics = [period for period in result.periods if not period.empty]
    lost = [(period, one) for period in mosaics for one in period.lost]
    usage = result.usage
    return {
        "run": times.run,
        "started": _text(times.started),
        "finished": _text(finished),
        "seconds": round((finished - times.started).total_seconds(), 3),
        "exit_code": 0,
        "versions": _versions(),
        "cost": {
            "requests": usage.requests,
            "read_bytes": usage.read_bytes,
            "written_bytes": sum(map(_size, mosaics)),
            "processor_seconds": round(usage.processor_seconds, 3),
            "workers": usage.workers,
        },
        "observations": sum(period.observations for period in mosaics),
        "lost": len(lost),
        "losses": [
            {"mosaic": period.label, "scene": one.scene_id, "block": one.block, "reason": redact(one.reason)}
            for period, one in lost[:_MOST_LOSSES]
        ],
        "mosaics": [_mosaic(period) for period in mosaics],
        "empty": [period.label for period in result.periods if period.empty],
        "dropped": len(result.dropped),
        "warnings": [redact(warning) for warning in result.warnings],
    }


def _mosaic(period: PeriodResult) -> dict[str, Any]:
    return {
        "mosaic": period.label,
        "scenes": len(period.used),
        "clear_share": period.clear_share,
        "observations": period.observations,
        "lost": len(period.lost),
        "files": len(period.files),
        "bytes": _size(period),
    }


def _size(period: PeriodResult) -> int:
    return sum(file.stat().st_size for file in period.files if file.is_file())


def _versions() -> dict[str, str]:
    found = {"cloudless-mosaic": __version__, "python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _text(instant: datetime) -> str:
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")
