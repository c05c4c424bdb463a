"""Rasters at one of several addresses: the first, or an alternate where that can't be read."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from functools import lru_cache

from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.protocol import RasterHeader, RasterReader

_KEPT = 4096
"""Rasters whose readable alternate a process remembers."""


def open_raster(reader: RasterReader, raster: SourceRaster) -> tuple[SourceRaster, RasterHeader]:
    """Reads the header of a raster, at an alternate address where its own fails after all retries.

    The alternate that could be read is tried first from then on, so that a server that is out of reach is
    waited for once for each file.

    Args:
        reader: Where headers come from.
        raster: The raster.

    Returns:
        The raster at the address that could be read, and its header.

    Raises:
        SourceError: if none can be read, with the reason for its own address. It is lasting only where it is
            for all of them.
    """
    if not raster.alternates:
        return raster, reader.header(raster.href)
    known = _known_detours()
    chosen = known.get(raster.href)
    failures: list[SourceError] = []
    own_first = sorted((raster.href, *raster.alternates), key=lambda href: href != (chosen or raster.href))
    for href in own_first:
        try:
            header = reader.header(href)
        except SourceError as error:
            failures.insert(0 if href == raster.href else len(failures), error)
            continue
        known.put(raster.href, href)
        return (raster if href == raster.href else replace(raster, href=href, alternates=())), header
    first = failures[0]
    passing = next((error for error in failures if not error.lasting), first)
    raise first if passing is first else SourceError(f"{first}; its alternate: {passing}")


class _Detours:
    """Which alternates could be read in place of which addresses. Thread-safe."""

    def __init__(self) -> None:
        self._chosen: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, href: str) -> str | None:
        return self._chosen.get(href)

    def put(self, href: str, chosen: str) -> None:
        with self._lock:
            if href == chosen:
                self._chosen.pop(href, None)
                return
            self._chosen[href] = chosen
            if len(self._chosen) > _KEPT:
                self._chosen.popitem(last=False)


@lru_cache(maxsize=1)
def _known_detours() -> _Detours:
    """Those of this process."""
    return _Detours()
