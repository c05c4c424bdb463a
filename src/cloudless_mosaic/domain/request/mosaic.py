"""A request for mosaics."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from cloudless_mosaic.domain.bands import find_band
from cloudless_mosaic.domain.fills import Relax, Widen
from cloudless_mosaic.domain.html import html_table
from cloudless_mosaic.domain.periods import default_name
from cloudless_mosaic.domain.periods.period import Range
from cloudless_mosaic.domain.providers import NamedProvider, named_provider
from cloudless_mosaic.domain.request.composite import CompositeOptions
from cloudless_mosaic.domain.request.execution import ExecutionOptions
from cloudless_mosaic.domain.request.fields import written_fields
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
        if isinstance(self.provider, str):
            self._take_over(named_provider(self.provider))
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

    def _take_over(self, provider: NamedProvider) -> None:
        """Takes address and collection of a provider, where the request has their defaults."""
        for name in ("stac_url", "collection"):
            if getattr(self, name) == getattr(SearchOptions, name):
                object.__setattr__(self, name, getattr(provider, name))

    @property
    def goes_through_time(self) -> bool:
        """True where periods share scenes, or fill each other's pixels, so that they are made together."""
        return self.window is not None or bool(self.fills)

    @property
    def margin(self) -> timedelta:
        """How far from a period scenes may lie that fill its pixels."""
        return timedelta(days=max((fill.days for fill in self.fills if isinstance(fill, Widen)), default=0))

    @property
    def span(self) -> Range:
        """First instant that scenes are searched from, and the one after the last, UTC."""
        sources = [period.source for period in self.periods]
        first, end = min(start for start, _ in sources), max(end for _, end in sources)
        return first - self.margin, end + self.margin

    @property
    def searched_cloud_cover(self) -> float:
        """Most cloud of the scenes that are searched, percent."""
        return 100.0 if any(isinstance(fill, Relax) for fill in self.fills) else self.max_cloud_cover

    def reaches(self, instant: datetime) -> bool:
        """True for the time of a scene that a period is made of, or that may fill its pixels."""
        margin = self.margin
        return any(
            instant in period or (margin and period.source[0] - margin <= instant < period.source[1] + margin)
            for period in self.periods
        )

    def _repr_html_(self) -> str:
        """What decides the pixels, as a table for notebooks; without credentials."""
        return html_table("Request for mosaics", (), written_fields(self).items())
