"""Which scenes a search is for, and which of their bands."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from urllib.parse import urlsplit

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.periods import (
    DEFAULT_PERIOD,
    Period,
    PeriodKind,
    Window,
    YearlyDays,
    only_days,
    parse_period,
)
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.net.redaction import without_credentials

_FIRST_YEAR = 1970
"""The layer of dates counts days from its first one."""

PLANETARY_COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"


def web_address(url: str) -> str | None:
    """An address without credentials; ``None`` for a path of this computer."""
    return without_credentials(url) if urlsplit(url).netloc else None


@dataclass(frozen=True, kw_only=True)
class SearchOptions(RequestPart):
    """Days, area, bands and catalogue.

    Raises:
        UsageError: if the days or bands can't be those of a search; the message names the field.
    """

    start_date: date = field(metadata=decides_pixels(written=date.isoformat))
    """First day, UTC."""
    end_date: date = field(metadata=decides_pixels(written=date.isoformat))
    """Last day, UTC, inclusive."""
    aoi: Aoi = field(metadata=decides_pixels(written=str))
    """Area of interest in EPSG:4326."""
    bands: tuple[str, ...] = field(metadata=decides_pixels(written=list))
    """Bands in the order of the output, by common name (``red``) or Sentinel-2 name (``B04``)."""
    collection: str = field(default="sentinel-2-l2a", metadata=decides_pixels())
    """STAC collection."""
    # it may hold a password or a key
    stac_url: str = field(
        default=PLANETARY_COMPUTER, repr=False, metadata=decides_pixels(written=web_address)
    )
    """STAC API, or a static catalog, item, ItemCollection or stac-geoparquet file, local or on the web."""
    period: str = field(default=DEFAULT_PERIOD, metadata=decides_pixels(omit_default=True))
    """Name of a kind of period: the days are cut into these."""
    every_year: str | None = field(default=None, metadata=decides_pixels())
    """Days of each year that count, as ``06-01..08-31``; ``None`` is all."""
    window: str | None = field(default=None, metadata=decides_pixels())
    """Range of time around each period that its scenes are from, as ``3months`` or ``45days``; ``None`` is
    the period itself."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.end_date < self.start_date:
            raise UsageError(
                f"`end_date` {self.end_date} is before `start_date` {self.start_date}; swap them"
            )
        if self.start_date.year < _FIRST_YEAR:
            raise UsageError(f"`start_date` {self.start_date} is before {_FIRST_YEAR}; give a later day")
        if self.end_date.year == date.max.year:
            raise UsageError(f"`end_date` {self.end_date} is the end of the calendar; give an earlier day")
        if not self.bands:
            raise UsageError("no band asked for; give `bands`, for example red, green and blue")
        repeated = sorted({band for band in self.bands if self.bands.count(band) > 1})
        if repeated:
            raise UsageError(f"`bands` {repeated[0]} is given more than once; name every band once")
        object.__setattr__(self, "period", self.period_kind.name)
        if self.every_year is not None:
            object.__setattr__(self, "every_year", str(YearlyDays.parse(self.every_year)))
        if self.window is not None:
            object.__setattr__(self, "window", str(Window.parse(self.window)))
        if not self.periods:
            raise UsageError(
                f"no day from {self.start_date} to {self.end_date} is one of `every_year` {self.every_year}; "
                "give other days"
            )

    @property
    def period_kind(self) -> PeriodKind:
        """Cuts the days of the request into periods."""
        return parse_period(self.period)

    # computed once, since each item of a search is compared with them
    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the request, in order."""
        periods = self.period_kind.cut(self.start_date, self.end_date)
        if self.every_year is not None:
            periods = only_days(periods, YearlyDays.parse(self.every_year))
        if self.window is not None:
            window = Window.parse(self.window)
            periods = tuple(window.around(period) for period in periods)
        return periods


def parse_date(field: str, text: str) -> date:
    """Reads a day as ``YYYY-MM-DD``.

    Args:
        field: Field that the day is for; for messages.
        text: The day.

    Raises:
        UsageError: if the text isn't such a day; the message names ``field``.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(f"`{field}` needs a day as YYYY-MM-DD, got {text!r}") from None
