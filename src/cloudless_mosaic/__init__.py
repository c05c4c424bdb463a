"""Cloud-free Sentinel-2 mosaics of any period from any STAC API.

The names here are loaded when they are first used, so that ``import cloudless_mosaic`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cloudless_mosaic.version import __version__

if TYPE_CHECKING:
    from cloudless_mosaic.api import build, build_mosaics, mosaic, open_mosaics
    from cloudless_mosaic.domain.aoi import Aoi
    from cloudless_mosaic.domain.request import MosaicRequest
    from cloudless_mosaic.domain.results import MosaicResult
    from cloudless_mosaic.errors import (
        CloudlessMosaicError,
        NoDataError,
        ObservationsLostError,
        TemporaryError,
        UsageError,
    )
    from cloudless_mosaic.pipeline import plan_mosaics

__all__ = [
    "Aoi",
    "CloudlessMosaicError",
    "MosaicRequest",
    "MosaicResult",
    "NoDataError",
    "ObservationsLostError",
    "TemporaryError",
    "UsageError",
    "__version__",
    "build",
    "build_mosaics",
    "mosaic",
    "open_mosaics",
    "plan_mosaics",
]

_HOMES = {
    "Aoi": "domain.aoi",
    "CloudlessMosaicError": "errors",
    "MosaicRequest": "domain.request",
    "MosaicResult": "domain.results",
    "NoDataError": "errors",
    "ObservationsLostError": "errors",
    "TemporaryError": "errors",
    "UsageError": "errors",
    "build": "api",
    "build_mosaics": "api",
    "mosaic": "api",
    "open_mosaics": "api",
    "plan_mosaics": "pipeline",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"cloudless_mosaic.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'cloudless_mosaic' has no attribute {name!r}")


def __dir__() -> list[str]:
    """The public names, for completion and ``help``."""
    return list(__all__)
