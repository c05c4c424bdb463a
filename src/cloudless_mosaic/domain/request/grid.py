"""The output grid."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.checks import require_positive
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart


@dataclass(frozen=True, kw_only=True)
class GridOptions(RequestPart):
    """Pixel size and CRS.

    Raises:
        UsageError: if the pixel size isn't above 0; the message names the field.
    """

    resolution: float = field(default=100.0, metadata=decides_pixels())
    """Edge of an output pixel, in metres (units of ``crs`` when that is given)."""
    crs: str | None = field(default=None, metadata=decides_pixels())
    """Output CRS, for example ``EPSG:32633``; ``None`` is the UTM zone with the most of the AOI."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_positive("resolution", self.resolution)
