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

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import AccessError, SourceError, UsageError
from cloudless_mosaic.execution.allocator import keep_freed_memory
from cloudless_mosaic.execution.engine import Answer, AnyTask, Argument, Result
from cloudless_mosaic.geo.data_folders import ignore_foreign_data
from cloudless_mosaic.reading import RasterReader, default_reader
from cloudless_mosaic.reading.alternates import open_raster

_PACKAGES = ("dask", "distributed", "numpy", "pyproj", "imagecodecs", "obstore", "rasterio")
"""Distributions whose versions have to be the same everywhere: they decide messages and pixels."""

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


class OtherVersionError(UsageError):
    """A worker that joined late has another version of the package."""


@dataclass(frozen=True, slots=True)
class WorkerReport:
    """Software, environment and data access of a process."""

    versions: dict[str, str]
    """Version by name of the distribution; that of Python without its patch level; ours by its source."""
    environment: tuple[str, ...]
    """Variables that must not be set as they are, as ``NAME=value``."""
    readable: dict[str, str]
    """By href: empty where its header could be read, else why not."""
    refused: frozenset[str] = frozenset()
    """Those that can't be read, now or later, with the certificates, credentials and settings at hand."""


@lru_cache(maxsize=1)
def package_digest() -> str:
    """A digest of the source of this package: equal digests give equal pixels."""
    root = Path(__file__).resolve().parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in _SOURCE):
        digest.update(str(path.relative_to(root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def report(rasters: Iterable[SourceRaster], access: tuple[StorageAccess, ...] = ()) -> WorkerReport:
    """Reports software, environment and data access of this process.

    Args:
        rasters: What to try.
        access: Storage that the profile of the provider describes.
    """
    reader = default_reader(access)
    failures = {raster.href: _failure(reader, raster) for raster in rasters}
    return WorkerReport(
        versions=software(),
        environment=tuple(
            f"{name}={os.environ[name]}"
            for name, harmless in _FORBIDDEN.items()
            if os.environ.get(name, "").upper() not in harmless
        ),
        readable={href: str(error or "") for href, error in failures.items()},
        refused=frozenset(href for href, error in failures.items() if isinstance(error, AccessError)),
    )


def worker_report(rasters: Iterable[SourceRaster], access: tuple[StorageAccess, ...] = ()) -> WorkerReport:
    """The report of a worker.

    Args:
        rasters: See ``report``.
        access: See ``report``.
    """
    ignore_foreign_data()
    return report(rasters, access)


def work_on_block(
    task: AnyTask, work: Callable[[AnyTask, RasterReader], Result], digest: str, reader: RasterReader | None
) -> Result:
    """Works on a task with the reader of this process.

    Args:
        task: What to work on.
        work: What to do with it.
        digest: That of the package where the task was made.
        reader: Used instead of this process's own, where it is given.

    Raises:
        OtherVersionError: if this process has another version of the package; a worker may join late.
    """
    _prepare(digest)
    reader = reader or default_reader(task.access)
    reader.prepare(task.hrefs)
    return work(task, reader)


def call_here(argument: Argument, function: Callable[[Argument], Answer], digest: str) -> Answer:
    """Calls a function in this process.

    Raises:
        UsageError: as ``work_on_block``.
    """
    _prepare(digest)
    return function(argument)


def _prepare(digest: str) -> None:
    """Checks and settles this process; a worker may join late, without a report.

    Raises:
        UsageError: if it has another version of the package.
    """
    if digest != package_digest():
        raise OtherVersionError(
            "a worker joined with another version of cloudless-mosaic; give all workers the same image"
        )
    ignore_foreign_data()
    keep_freed_memory()


def software() -> dict[str, str]:
    """Versions of what decides pixels in this process, by name."""
    found = {"python": f"{sys.version_info.major}.{sys.version_info.minor}"}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "cloudless-mosaic (source)": package_digest()}


def _failure(reader: RasterReader, raster: SourceRaster) -> SourceError | None:
    """Why a header can't be read; ``None`` where it can."""
    try:
        open_raster(reader, raster)
    except SourceError as error:
        return error
    return None
