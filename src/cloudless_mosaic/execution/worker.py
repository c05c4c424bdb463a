"""What runs in the process of a Dask worker. Imported there by name."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from cloudless_mosaic.errors import SourceError, UsageError
from cloudless_mosaic.execution.engine import AnyTask, Made
from cloudless_mosaic.reading import RasterReader, default_reader

_PACKAGES = ("dask", "distributed", "numpy", "imagecodecs", "obstore", "pyproj", "rasterio")
"""Distributions whose versions have to be the same everywhere, for the sake of messages and of pixels."""

_SOURCE = {".py", ".c", ".h"}
"""Ends of the names of files that decide pixels."""

_FORBIDDEN = {
    # with threads GDAL returns zeros for what it could not fetch, without an error
    "GDAL_NUM_THREADS": {"", "1"},
    # these two would write credentials to the log, and run code that a file brings along
    "CPL_CURL_VERBOSE": {"", "0", "NO", "OFF", "FALSE"},
    "GDAL_VRT_ENABLE_PYTHON": {"", "0", "NO", "OFF", "FALSE"},
}
"""Environment variables of GDAL, and the values that do no harm."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """What a process says of itself."""

    versions: dict[str, str]
    """Version by name of the distribution; that of Python without its patch level; ours by its source."""
    environment: tuple[str, ...]
    """Variables that must not be set as they are, as ``NAME=value``."""
    readable: dict[str, str]
    """By href: empty where its header could be read, else why not."""


@lru_cache(maxsize=1)
def package_digest() -> str:
    """A digest of the source of this package: equal digests give equal pixels."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _SOURCE):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def report(hrefs: Iterable[str]) -> WorkerReport:
    """Tells what matters about this process.

    Args:
        hrefs: Rasters to try.
    """
    reader = default_reader()
    return WorkerReport(
        versions=_versions(),
        environment=tuple(
            f"{name}={os.environ[name]}"
            for name, harmless in _FORBIDDEN.items()
            if os.environ.get(name, "").upper() not in harmless
        ),
        readable={href: _why_unreadable(reader, href) for href in hrefs},
    )


def work_on_block(
    task: AnyTask, work: Callable[[AnyTask, RasterReader], Made], digest: str, reader: RasterReader | None
) -> Made:
    """Works on a task with the reader of this process.

    Args:
        task: What to work on.
        work: What to do with it.
        digest: That of the package where the task was made.
        reader: Used instead of this process's own, where it is given.

    Raises:
        UsageError: if this process has another version of the package; a worker may join late.
    """
    if digest != package_digest():
        raise UsageError(
            "a worker joined with another version of cloudless-mosaic; give all workers the same image"
        )
    reader = reader or default_reader()
    reader.prepare(task.hrefs)
    return work(task, reader)


def _versions() -> dict[str, str]:
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "cloudless-mosaic (source)": package_digest()}


def _why_unreadable(reader: RasterReader, href: str) -> str:
    try:
        reader.header(href)
    except SourceError as error:
        return str(error)
    return ""
