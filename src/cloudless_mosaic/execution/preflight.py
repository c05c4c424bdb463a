"""Checks before work begins: access to data, and software and environment of the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import urlsplit

from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import AccessError, SourceError, UsageError
from cloudless_mosaic.execution.worker import WorkerReport
from cloudless_mosaic.planning.plan import CompositePlan
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.reading.alternates import open_raster

_SAMPLES = 3
"""Scenes per place that are tried; a single one may be missing at its source."""

_AT_ONCE = 16
"""Rasters that are opened at once, where the first can't be read."""


def scene_rasters(plan: CompositePlan) -> Iterator[SourceRaster]:
    """One raster of every scene of a plan."""
    for period in plan.periods:
        for scene in period.scenes:
            raster = next((one for one in (scene.scl, *scene.rasters.values()) if one), None)
            if raster:
                yield raster


def sample_rasters(plan: CompositePlan) -> tuple[SourceRaster, ...]:
    """A few rasters of every host or folder that a plan reads from."""
    places: dict[str, list[SourceRaster]] = {}
    for raster in scene_rasters(plan):
        _keep(places.setdefault(_place(raster.href), []), raster)
    return tuple(raster for rasters in places.values() for raster in rasters)


def require_access(reader: RasterReader, rasters: Sequence[SourceRaster]) -> None:
    """Opens remote rasters until one can be read, so that a fault of all is named before the work.

    Nearly always that is the first, whose header is needed anyway. A failure that may pass ends it, too.

    Args:
        reader: Where pixels come from.
        rasters: One of every scene.

    Raises:
        UsageError: if none can be read with the certificates, credentials and settings at hand.
    """
    refused = None
    for start in range(0, len(rasters), _AT_ONCE):
        some = rasters[start : start + _AT_ONCE]
        if not all(urlsplit(raster.href).netloc for raster in some):
            return
        reader.prepare(raster.href for raster in some)
        for raster in some:
            try:
                open_raster(reader, raster)
            except AccessError as error:
                refused = refused or error
            except SourceError:
                return
            else:
                return
    if refused:
        raise UsageError(f"none of the {len(rasters)} scenes can be read, for example {refused}")


def check_reports(ours: WorkerReport, reports: Mapping[str, WorkerReport]) -> None:
    """Compares the reports of the workers with that of this process.

    Args:
        ours: The report of this process.
        reports: Those of the workers, by address.

    Raises:
        UsageError: if a worker differs, or no process has access to any raster; the message names the
            difference, or the reason.
    """
    for address, report in reports.items():
        differences = list(_differences(ours.versions, report.versions))
        if differences:
            raise UsageError(
                f"worker {address} has other software than this computer: {', '.join(differences)}; give the "
                "workers an image with the same versions (`image`), or run the command from their image"
            )
        if report.environment:
            raise UsageError(
                f"worker {address} has {', '.join(report.environment)} in its environment, with which GDAL "
                "reads wrongly or reveals secrets; take it out of the image or the cluster's options"
            )
        for href, reason in report.readable.items():
            # what this process can't read either is a lost observation, not a fault of the worker
            if reason and not ours.readable[href]:
                raise UsageError(
                    f"worker {address} can't read what this computer can: {reason}; put the files where the "
                    "workers see them, or give the workers the credentials"
                )
    everywhere = [ours, *reports.values()]
    if ours.readable and all(report.refused == ours.readable.keys() for report in everywhere):
        reason = next(iter(ours.readable.values()))
        raise UsageError(f"neither this computer nor the workers can read a scene, for example {reason}")


def other_software(ours: Mapping[str, str], answers: Mapping[str, object]) -> dict[str, str]:
    """What differs on workers that have other software than this process, or can't say what they have.

    Args:
        ours: Versions here, by name.
        answers: What the workers gave for theirs, by address: versions, or an error.
    """
    found = {}
    for address, theirs in answers.items():
        if isinstance(theirs, OSError):
            continue  # it has left
        if isinstance(theirs, Mapping):
            differences = ", ".join(_differences(ours, theirs))
        else:
            differences = f"it can't load cloudless-mosaic as it is here ({type(theirs).__name__})"
        if differences:
            found[address] = differences
    return found


def _differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    for name, version in ours.items():
        other = theirs.get(name, "not installed")
        if other != version:
            yield f"{name} {other} there, {version} here"


def _place(href: str) -> str:
    parts = urlsplit(href)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "file"


def _keep(rasters: list[SourceRaster], raster: SourceRaster) -> None:
    if len(rasters) < _SAMPLES and raster.href not in {one.href for one in rasters}:
        rasters.append(raster)
