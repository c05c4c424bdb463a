"""Cloud-free Sentinel-2 mosaics of any period from any STAC API.

The names here are loaded when they are first used, so that ``import cloudless_mosaic`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from cloudless_mosaic.version import __version__

if TYPE_CHECKING:
    from cloudless_mosaic.api import build_mosaics, open_mosaics
    from cloudless_mosaic.domain.aoi import Aoi
    from cloudless_mosaic.domain.request import MosaicRequest
    from cloudless_mosaic.domain.results import MosaicResult

__all__ = ["Aoi", "MosaicRequest", "MosaicResult", "__version__", "build_mosaics", "open_mosaics"]

_HOMES = {
    "Aoi": "domain.aoi",
    "MosaicRequest": "domain.request",
    "MosaicResult": "domain.results",
    "build_mosaics": "api",
    "open_mosaics": "api",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f"cloudless_mosaic.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'cloudless_mosaic' has no attribute {name!r}")
