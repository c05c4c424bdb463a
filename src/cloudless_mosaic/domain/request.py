"""What the user wishes, validated. The only home of defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal, Self

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.periods import Period, PeriodKind, parse_period
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.radiometry import OFFSETS
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import Mask, MaskOptions, make_mask
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES, SCL_CLASSES
from cloudless_mosaic.reducers import Reducer, parse_reducer

PLANETARY_COMPUTER = "https://planetarycomputer.microsoft.com/api/stac/v1"

_TILE_STEP = 512
"""Pixels. No tile inside of a file is cut then, and the overviews of neighbours share their grid."""

_MOST_SHARDS = 100_000

MaskSource = Literal["scl", "none"]

Compression = Literal["deflate", "zstd"]
"""``deflate``: every reader knows it; ``zstd``: quicker to read, but not every reader knows it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """Where the work is done. Has no influence on the pixels.

    Raises:
        UsageError: if a value is out of its range; the message names the option.
    """

    cluster: Literal["local"] | None = None
    """``local`` starts a Dask cluster on this computer; ``None`` goes by the environment."""
    worker_memory: float | None = None
    """GiB of each worker of a local cluster; ``None`` shares out what the computer has."""
    gateway_url: str | None = None
    """Address of the Dask Gateway; ``None`` is that of Dask's configuration."""
    wait_workers: float = 300.0
    """Seconds that a cluster may be without a worker."""

    def __post_init__(self) -> None:
        if self.worker_memory is not None:
            _require_positive("--worker-memory", self.worker_memory)
        _require_between("--wait-workers", self.wait_workers, 0, 86400)


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several equal parts of a plan, for a run of its own.

    Raises:
        UsageError: if there is no such part.
    """

    number: int
    """Which one, from 1."""
    count: int
    """Of how many."""

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.count <= _MOST_SHARDS:
            raise UsageError(
                f"--shard must be I/N with I from 1 to N, and N at most {_MOST_SHARDS}, got {self}; "
                "for example 1/4"
            )

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Reads ``2/8``.

        Raises:
            UsageError: if the text isn't such a part.
        """
        number, _, count = text.partition("/")
        if not (_is_number(number) and _is_number(count)):
            raise UsageError(f"--shard needs a part as I/N, got {text!r}; for example 1/4")
        return cls(int(number), int(count))

    def part(self, length: int) -> slice:
        """The places of this part in a sequence; parts differ by one in length at most."""
        return slice((self.number - 1) * length // self.count, self.number * length // self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class MosaicRequest:
    """One wish: an area, a span of time, bands, and how to make the mosaics.

    Raises:
        UsageError: if a value is out of its range; the message names the option.
    """

    start_date: date
    """First day, UTC."""
    end_date: date
    """Last day, UTC, inclusive."""
    aoi: Aoi
    """Area of interest in EPSG:4326."""
    bands: tuple[str, ...]
    """Bands in the order of the output, by common name (``red``) or Sentinel-2 name (``B04``)."""
    collection: str = "sentinel-2-l2a"
    """STAC collection."""
    stac_url: str = PLANETARY_COMPUTER
    """Root of a STAC API, or a local catalog, item or ItemCollection file."""
    profile: ProviderProfile | None = None
    """How the items of the catalogue are to be read; ``None`` tells by API, collection and properties."""
    boa_offset: int | None = None
    """Digital number to add to the pixels of every scene, 0 or -1000; ``None`` decides scene by scene."""
    resolution: float = 100.0
    """Edge of an output pixel, in metres (units of ``crs`` when that is given)."""
    crs: str | None = None
    """Output CRS, for example ``EPSG:32633``; ``None`` is the UTM zone with the most of the AOI."""
    max_items: int = 100
    """Most scenes taken from the search; a cut is reported."""
    max_cloud_cover: float = 25.0
    """Scenes with more cloud than this percentage (``eo:cloud_cover``) are left out."""
    mask: MaskSource = "scl"
    """``scl`` masks by the scene classification, ``none`` takes every pixel that has data."""
    clear_classes: tuple[int, ...] = DEFAULT_CLEAR_CLASSES
    """Codes of the scene classification that count as clear."""
    cloud_dilation: float = 100.0
    """Metres by which cloud and shadow grow before they are masked; 0 is off."""
    compression: Compression = "deflate"
    """How tiles of the GeoTIFFs are compressed."""
    exact: bool = False
    """Read native pixels even where an overview is fine enough."""
    max_lost: float = 5.0
    """Percentage of a period's observations that may be lost before the run fails."""
    tile_size: int | None = None
    """Edge in pixels of the tiles that get files of their own; ``None`` makes one file of each month."""
    shard: Shard | None = None
    """Make this part of the mosaics only; ``None`` makes all."""
    workers: int | None = None
    """Threads, or workers of a local cluster; ``None`` is two threads or one worker per core."""
    execution: Execution = field(default_factory=Execution)
    """Where the work is done."""
    output_dir: Path = Path()
    """Folder that gets ``catalog.json``, ``collection.json`` and a folder per month."""
    overwrite: bool = False
    """Replace what a run of another plan left in ``output_dir``; without it, that is an error."""
    geoparquet: bool = False
    """Write a table of all items, ``items.parquet``, too."""

    def __post_init__(self) -> None:
        if self.end_date < self.start_date:
            raise UsageError(
                f"--end-date {self.end_date} is before --start-date {self.start_date}; swap them"
            )
        if self.end_date.year == date.max.year:
            raise UsageError(f"--end-date {self.end_date} is the end of the calendar; give an earlier day")
        if not self.bands:
            raise UsageError("no band asked for; add for example --bands red --bands green --bands blue")
        repeated = sorted({band for band in self.bands if self.bands.count(band) > 1})
        if repeated:
            raise UsageError(f"--bands {repeated[0]} is given more than once; name every band once")
        if self.boa_offset is not None and self.boa_offset not in OFFSETS:
            raise UsageError(
                f"--boa-offset must be auto, {' or '.join(map(str, OFFSETS))}, got {self.boa_offset}"
            )
        _require_positive("--resolution", self.resolution)
        _require_positive("--max-items", self.max_items)
        if self.workers is not None:
            _require_positive("--workers", self.workers)
        if self.tile_size is not None:
            _require_tile_size(self.tile_size)
        _require_between("--max-cloud-cover", self.max_cloud_cover, 0, 100)
        _require_between("--max-lost", self.max_lost, 0, 100)
        _require_between("--cloud-dilation", self.cloud_dilation, 0, 5000)
        unknown = sorted(set(self.clear_classes) - set(SCL_CLASSES))
        if unknown or not self.clear_classes:
            raise UsageError(
                f"--scl-clear takes codes 0-11 of the scene classification, got "
                f"{','.join(map(str, self.clear_classes)) or 'none'}; for example --scl-clear 4,5,6"
            )

    @property
    def cloud_mask(self) -> Mask:
        """Determines the clear pixels."""
        return make_mask(self.mask, MaskOptions(self.clear_classes, self.cloud_dilation))

    @property
    def reduction(self) -> Reducer:
        """Makes one value of the clear observations of a pixel."""
        return parse_reducer("median")

    @property
    def period_kind(self) -> PeriodKind:
        """Cuts the days of the request into periods."""
        return parse_period("month")

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods of the request, in order."""
        return self.period_kind.cut(self.start_date, self.end_date)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _require_tile_size(size: int) -> None:
    if size < _TILE_STEP or size % _TILE_STEP:
        raise UsageError(
            f"--tile-size must be a multiple of {_TILE_STEP} pixels, the edge of the tiles inside of a file, "
            f"got {size}; for example {max(_TILE_STEP, round(size / _TILE_STEP) * _TILE_STEP)}"
        )


def parse_date(option: str, text: str) -> date:
    """Reads a day as ``YYYY-MM-DD``.

    Raises:
        UsageError: if the text isn't such a day; the message names ``option``.
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise UsageError(f"{option} needs a day as YYYY-MM-DD, got {text!r}") from None


def _require_positive(option: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"{option} must be greater than 0, got {value:g}")


def _require_between(option: str, value: float, low: float, high: float) -> None:
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"{option} must be between {low:g} and {high:g}, got {value:g}")
