"""Checks before work begins: software, environment and data access of the workers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.execution.worker import WorkerReport
from cloudless_mosaic.planning.plan import CompositePlan

_SAMPLES = 3
"""Scenes per place that are tried; a single one may be missing at its source."""


def sample_hrefs(plan: CompositePlan) -> tuple[str, ...]:
    """A few rasters of every host or folder that a plan reads from."""
    places: dict[str, list[str]] = {}
    for period in plan.periods:
        for scene in period.scenes:
            for raster in (scene.scl, *scene.rasters.values()):
                if raster:
                    _keep(places.setdefault(_place(raster.href), []), raster.href)
                    break
    return tuple(href for hrefs in places.values() for href in hrefs)


def check_reports(ours: WorkerReport, reports: Mapping[str, WorkerReport]) -> None:
    """Compares the reports of the workers with that of this process.

    Args:
        ours: The report of this process.
        reports: Those of the workers, by address.

    Raises:
        UsageError: if a worker differs; the message names the difference and what to change.
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


def _differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    for name, version in ours.items():
        other = theirs.get(name, "not installed")
        if other != version:
            yield f"{name} {other} there, {version} here"


def _place(href: str) -> str:
    parts = urlsplit(href)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else "file"


def _keep(hrefs: list[str], href: str) -> None:
    if len(hrefs) < _SAMPLES and href not in hrefs:
        hrefs.append(href)
