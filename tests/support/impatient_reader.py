"""A reader for trials: soon out of patience, and fit to be sent to other processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import RasterHeader, TileReader, WindowRead
from cloudless_mosaic.reading.patience import Patience
from cloudless_mosaic.reading.stores import Stores
from cloudless_mosaic.reading.tokens import TokenBroker

HASTY = Patience(connect=5.0, request=1.0, read=15.0, pause=0.01, store_retries=2, store_pause=0.005)
"""Tries as often as a patient reader, and waits a hundredth of the time."""


@dataclass(frozen=True, slots=True)
class HastyReader:
    """A ``RasterReader`` over the one ``TileReader`` of a process that has this patience and trial."""

    patience: Patience = HASTY
    """Time-outs and retries."""
    trial: str = ""
    """Readers of other trials share nothing with this one."""

    def prepare(self, hrefs: Iterable[str]) -> None:
        """See ``RasterReader.prepare``."""
        _reader(self).prepare(hrefs)

    def header(self, href: str) -> RasterHeader:
        """See ``RasterReader.header``."""
        return _reader(self).header(href)

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """See ``RasterReader.read_many``."""
        return _reader(self).read_many(reads)


@lru_cache(maxsize=1)
def _reader(key: HastyReader) -> TileReader:
    # the process's own broker may have met another trial's token service
    return TileReader(key.patience, Stores(key.patience, TokenBroker()))
