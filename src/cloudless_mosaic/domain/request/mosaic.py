"""A request for mosaics."""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.domain.bands import find_band
from cloudless_mosaic.domain.periods import default_name
from cloudless_mosaic.domain.request.composite import CompositeOptions
from cloudless_mosaic.domain.request.execution import ExecutionOptions
from cloudless_mosaic.domain.request.grid import GridOptions
from cloudless_mosaic.domain.request.limits import SceneLimits
from cloudless_mosaic.domain.request.mask import MaskOptions
from cloudless_mosaic.domain.request.output import OutputOptions
from cloudless_mosaic.domain.request.reading import ReadingOptions
from cloudless_mosaic.domain.request.search import SearchOptions
from cloudless_mosaic.domain.request.tiling import TilingOptions


# dataclasses collect the fields of the last base first
@dataclass(frozen=True, kw_only=True)
class MosaicRequest(
    ExecutionOptions,
    TilingOptions,
    OutputOptions,
    CompositeOptions,
    MaskOptions,
    SceneLimits,
    GridOptions,
    ReadingOptions,
    SearchOptions,
):
    """An area, a span of time, bands, and how to make the mosaics. The only home of defaults.

    Raises:
        UsageError: if a value is out of its range, or values don't go together; the message names the field.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name == default_name(self.period_kind):
            # the same as none, so that a folder of either can be continued with the other
            object.__setattr__(self, "name", None)
        bands = [band for band in map(find_band, self.bands) if band]
        # names that no band has are refused by the search
        if len(bands) == len(self.bands):
            self.reduction.check(bands)
            for index in self.spectral_indices:
                index.check(bands)
