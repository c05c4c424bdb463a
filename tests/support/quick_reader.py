"""A reader for tests of faults: with short time-outs, and fit to be sent to other processes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.net.retry import RetryPolicy
from cloudless_mosaic.reading import RasterHeader, TileReader, WindowRead
from cloudless_mosaic.reading.settings import ReadSettings
from cloudless_mosaic.reading.stores import Stores
from cloudless_mosaic.reading.tokens import TokenBroker

QUICK = ReadSettings(
    connect_timeout=5.0,
    request_timeout=1.0,
    retry=RetryPolicy(attempts=3, first_delay=0.01, factor=4.0, total=15.0),
    store_retry=RetryPolicy(attempts=3, first_delay=0.005, longest_delay=0.25, total=2.0),
)
"""As many attempts as in a run, and a hundredth of its delays."""


@dataclass(frozen=True, slots=True)
class QuickReader:
    """A ``RasterReader`` over the one ``TileReader`` of a process that has these settings and trial."""

    settings: ReadSettings = QUICK
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
def _reader(key: QuickReader) -> TileReader:
    # the process's own broker may have met another trial's token service
    return TileReader(key.settings, Stores(key.settings, TokenBroker()))
