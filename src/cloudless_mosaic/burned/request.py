"""What the user of the burned-area program wishes, validated."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.provider import ProviderProfile
from cloudless_mosaic.domain.request import Compression, Execution, MaskSource, MosaicRequest
from cloudless_mosaic.errors import UsageError

Index = Literal["dnbr", "rbr", "bai"]
"""See ``indices``."""

CLEAR_CLASSES = (2, 4, 5, 7)
"""Codes of the scene classification that are compared: dark area, vegetation, not vegetated, unclassified.

Fresh burns are dark: the classification takes many of them for dark areas, and some for unclassified. Water
and snow are left out beside clouds, shadows and what is missing: both are dark in short-wave infrared, so a
lake that rises or snow that melts between the dates looks like a fire, or like forest that grew.
"""

_WORLD = Aoi(-180.0, -90.0, 180.0, 90.0)
_ANY_DAY = date(2015, 6, 23)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnedAreaRequest:
    """Two scenes to compare, and how.

    Raises:
        UsageError: if a value is out of its range; the message names the option.
    """

    pre_fire_url: str
    """Address or path of the STAC item of the scene before the fire."""
    post_fire_url: str
    """Address or path of the STAC item of the scene after the fire."""
    index: Index = "dnbr"
    """What ``bai.tif`` holds."""
    aoi: Aoi | None = None
    """Area to cut to, EPSG:4326: the rectangle around it; ``None`` is all of the overlap of the scenes."""
    resolution: float = 10.0
    """Edge of an output pixel, metres."""
    profile: ProviderProfile | None = None
    """How the items are to be read; ``None`` tells by host, collection and properties."""
    boa_offset: int | None = None
    """Digital number to add to the pixels of both scenes, 0 or -1000; ``None`` decides scene by scene."""
    mask: MaskSource = "scl"
    """``scl`` masks by the scene classification of both dates, ``none`` takes every pixel that has data."""
    clear_classes: tuple[int, ...] = CLEAR_CLASSES
    """Codes of the scene classification that are compared."""
    cloud_dilation: float = 100.0
    """Metres by which cloud and shadow grow before they are masked; 0 is off."""
    compression: Compression = "deflate"
    """How tiles of the GeoTIFFs are compressed."""
    max_lost: float = 5.0
    """Percentage of the observations (scene and block) that may be lost before the run fails."""
    workers: int | None = None
    """Threads, or workers of a local cluster; ``None`` is two threads or one worker per core."""
    execution: Execution = field(default_factory=Execution)
    """Where the work is done."""
    output_dir: Path = Path()
    """Folder that gets the files."""
    overwrite: bool = False
    """Replace what a run of another plan left in ``output_dir``; without it, that is an error."""

    def __post_init__(self) -> None:
        for option, location in (
            ("--pre-fire-url", self.pre_fire_url),
            ("--post-fire-url", self.post_fire_url),
        ):
            if not location.strip():
                raise UsageError(f"{option} is empty; give the address or file of a STAC item")
        # what both programs have in common is checked in one place
        _ = self.reading

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that are read of both scenes."""
        return ("nir", "swir22", "red") if self.index == "bai" else ("nir", "swir22")

    @property
    def reading(self) -> MosaicRequest:
        """How pixels are read and masked, in the terms of a mosaic of one scene; its days mean nothing."""
        return MosaicRequest(
            start_date=_ANY_DAY,
            end_date=_ANY_DAY,
            aoi=self.aoi or _WORLD,
            bands=self.bands,
            profile=self.profile,
            boa_offset=self.boa_offset,
            resolution=self.resolution,
            mask=self.mask,
            clear_classes=self.clear_classes,
            cloud_dilation=self.cloud_dilation,
            compression=self.compression,
            max_lost=self.max_lost,
            workers=self.workers,
            execution=self.execution,
            output_dir=self.output_dir,
            overwrite=self.overwrite,
        )
