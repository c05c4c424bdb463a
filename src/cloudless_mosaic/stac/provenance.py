"""How a mosaic came about, in words and numbers for its STAC item."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.net.redaction import without_credentials
from cloudless_mosaic.planning.plan import MosaicPlan, PeriodPlan

PROCESSING_LEVEL = "L3"
"""Composites of several dates, on a grid of their own."""


def processing_properties(plan: MosaicPlan, period: PeriodPlan, version: str) -> dict[str, Any]:
    """Fields of the processing extension."""
    first, last, reducer = period.period.start, period.period.last_instant, plan.request.reduction
    return {
        "processing:level": PROCESSING_LEVEL,
        "processing:software": {"cloudless-mosaic": version},
        "processing:lineage": (
            f"{reducer.title} of the clear observations of each pixel of Sentinel-2 Level-2A from "
            f"{first:%Y-%m-%d} to {last:%Y-%m-%d} (UTC); {reducer.rule}. "
            f"{plan.request.cloud_mask.description} Granules of one overpass count as one "
            f"observation. {_sampling_sentence(plan.request)} The radiometric offset of each scene was "
            "removed before, and what fell below 1 was raised to 1."
        ),
        "processing:expression": {
            "format": "numpy",
            "expression": reducer.expression,
        },
    }


def run_parameters(plan: MosaicPlan) -> dict[str, Any]:
    """What was asked for, as far as it decides the mosaics; without anything of this machine."""
    request = plan.request
    catalogue = urlsplit(request.stac_url)
    parameters = {
        "start_date": request.start_date.isoformat(),
        "end_date": request.end_date.isoformat(),
        "aoi": str(request.aoi),
        "bands": list(request.bands),
        "collection": request.collection,
        "stac_url": without_credentials(request.stac_url) if catalogue.netloc else None,
        "profile": request.profile.fields if request.profile else None,
        "boa_offset": "auto" if request.boa_offset is None else request.boa_offset,
        "resolution": request.resolution,
        "crs": request.crs,
        "max_items": request.max_items,
        "max_cloud_cover": request.max_cloud_cover,
        "mask": request.mask,
        "scl_clear": list(request.clear_classes) if request.mask == "scl" else None,
        "cloud_dilation": request.cloud_dilation if request.mask == "scl" else None,
        "exact": request.exact,
        "compression": request.compression,
        "tile_size": request.tile_size,
    }
    return {name: value for name, value in parameters.items() if value is not None}


def derived_from(href: str, folder: Path) -> str:
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


def _sampling_sentence(request: MosaicRequest) -> str:
    if request.exact:
        return "Pixels were read at native resolution."
    return (
        "Where the output is coarser, overviews at least twice as fine were read, and clear pixels averaged."
    )
