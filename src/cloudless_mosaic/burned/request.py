"""A request for the burned area between two scenes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import (
    ExecutionOptions,
    MaskOptions,
    OutputOptions,
    ReadingOptions,
    RequestPart,
    decides_pixels,
    declared_like,
    require_positive,
    web_address,
)
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.layers import Layer
from cloudless_mosaic.masks import MaskChoice
from cloudless_mosaic.reducers import Reducer
from cloudless_mosaic.reducers.median import Median

Index = Literal["dnbr", "rbr", "bai"]
"""See ``indices``."""

CLEAR_CLASSES = (2, 4, 5, 7)
"""Codes of the scene classification that are compared: dark area, vegetation, not vegetated, unclassified.

Fresh burns are dark: many are classified as dark areas, and some as unclassified. Clouds, shadows and missing
pixels are left out, and so are water and snow: both are dark in short-wave infrared, so a lake that rises or
snow that melts between the dates looks like a fire, or like regrowth.
"""


def _box(aoi: Aoi | None) -> str | None:
    return None if aoi is None else str(aoi)


@dataclass(frozen=True, kw_only=True)
class ComparisonOptions(RequestPart):
    """The two scenes, the index, and where it is computed.

    Raises:
        UsageError: if a scene isn't named, or the pixel size isn't above 0; the message names the field.
    """

    pre_fire_url: str = field(metadata=decides_pixels(name="pre_fire", written=web_address))
    """Address or path of the STAC item of the scene before the fire."""
    post_fire_url: str = field(metadata=decides_pixels(name="post_fire", written=web_address))
    """Address or path of the STAC item of the scene after the fire."""
    index: Index = field(default="dnbr", metadata=decides_pixels())
    """What ``bai.tif`` holds."""
    aoi: Aoi | None = field(default=None, metadata=decides_pixels(written=_box))
    """Area to cut to, EPSG:4326: the rectangle around it; ``None`` is all of the overlap of the scenes."""
    resolution: float = field(default=10.0, metadata=decides_pixels())
    """Edge of an output pixel, metres."""

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in ("pre_fire_url", "post_fire_url"):
            if not getattr(self, name).strip():
                raise UsageError(f"`{name}` is empty; give the address or file of a STAC item")
        require_positive("resolution", self.resolution)


# dataclasses collect the fields of the last base first
@dataclass(frozen=True, kw_only=True)
class BurnedAreaRequest(ExecutionOptions, OutputOptions, MaskOptions, ReadingOptions, ComparisonOptions):
    """Two scenes to compare, and how.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    mask: MaskChoice = field(default="scl", metadata=declared_like(MaskOptions, "mask"))
    """Name of a recipe. With two dates there is little to compare, and a fire changes much of it."""
    clear_classes: tuple[int, ...] = field(
        default=CLEAR_CLASSES, metadata=declared_like(MaskOptions, "clear_classes")
    )
    """Codes of the scene classification that are compared."""

    def __post_init__(self) -> None:
        super().__post_init__()
        dates = self.cloud_mask.dates
        if dates and dates.neighbours:
            raise UsageError(
                f"`mask_options` neighbours={dates.neighbours}: scenes of a pair have no neighbours in time; "
                "leave it out"
            )

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that are read of both scenes."""
        return ("nir", "swir22", "red") if self.index == "bai" else ("nir", "swir22")

    @property
    def exact(self) -> bool:
        """False: maps coarser than the scenes are made from overviews, like mosaics by default."""
        return False

    @property
    def all_layers(self) -> tuple[Layer, ...]:
        """None: the layers are of mosaics."""
        return ()

    @property
    def reduction(self) -> Reducer:
        """Each date is a composite of one observation, whose median is the observation itself."""
        return Median()
