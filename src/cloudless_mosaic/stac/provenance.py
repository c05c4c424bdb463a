"""How a mosaic came about, in words and numbers for its STAC item."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.request import CompositeOptions, written_fields
from cloudless_mosaic.net.redaction import without_credentials
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import CompositePlan, MosaicPlan

PROCESSING_LEVEL = "L3"
"""Composites of several dates, on a grid of their own."""


def processing_properties(plan: MosaicPlan, period: PeriodPlan, version: str) -> dict[str, Any]:
    """Fields of the processing extension."""
    reducer = plan.request.reduction
    return {
        "processing:level": PROCESSING_LEVEL,
        "processing:software": {"cloudless-mosaic": version},
        "processing:lineage": (
            f"{reducer.title} of the clear observations of each pixel of Sentinel-2 Level-2A from "
            f"{_days(period.period)} (UTC); {reducer.rule}. "
            f"{plan.request.cloud_mask.description} Granules of one overpass count as one observation. "
            f"{_fill_sentence(plan.request)}{_resampling_sentence(plan.request)} The radiometric offset of "
            "each scene was removed before, and what fell below 1 was raised to 1."
        ),
        "processing:expression": {
            "format": "numpy",
            "expression": reducer.expression,
        },
    }


def _days(period: Period) -> str:
    """The days that the scenes of a period are from."""
    every_year = f", {period.days} of each year" if period.days else ""
    return f"{' to '.join(period.source_days)}{every_year}"


def run_parameters(plan: CompositePlan) -> dict[str, Any]:
    """What was asked for, as far as it decides the output; see ``written_fields``."""
    return written_fields(plan.request)


def derived_from_href(href: str, folder: Path) -> str:
    """The address of a scene as a link from ``folder``, without credentials; empty where there is none.

    Args:
        href: Address or path of the scene's item; may be empty.
        folder: Folder of the item that links; paths become relative to it.
    """
    parts = urlsplit(href)
    if parts.netloc and parts.scheme != "file":
        return without_credentials(href)
    if not href:
        return ""
    path = unquote(parts.path) if parts.scheme == "file" else href
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:
        # another drive of a Windows machine
        return ""


def _fill_sentence(request: CompositeOptions) -> str:
    if not request.fills:
        return ""
    return f"Pixels without a clear observation were filled where that was possible ({request.fill}). "


def _resampling_sentence(request: CompositeOptions) -> str:
    if request.exact:
        return "Pixels were read at native resolution."
    return (
        "Where the output is coarser, overviews at least twice as fine were read, and clear pixels averaged."
    )
