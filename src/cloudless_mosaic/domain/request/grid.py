"""The output grid."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any, Protocol

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.grids.named import GRIDS
from cloudless_mosaic.domain.request.checks import require_positive
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import UsageError


class _Clipped(Protocol):
    """A request that may be cut to the polygons of its area."""

    @property
    def clip(self) -> bool: ...

    @property
    def aoi(self) -> Aoi: ...


def _outline(request: _Clipped) -> str | None:
    """SHA-256 of the polygons that a mosaic is cut to, as WKB."""
    return hashlib.sha256(request.aoi.exact.wkb).hexdigest() if request.clip else None


def _grid_fields(grid: SourceGrid | None) -> dict[str, Any] | None:
    if grid is None:
        return None
    return {"crs": grid.crs, "transform": list(grid.transform), "shape": list(grid.shape)}


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

    grid: str | None = field(default=None, metadata=decides_pixels())
    """Name of a grid of another archive: its CRS, and where its pixels lie; ``None`` is the scenes' own."""
    like: SourceGrid | None = field(default=None, metadata=decides_pixels(written=_grid_fields))
    """The output grid itself: its CRS, pixels and extent are taken; ``None`` covers the area."""
    clip: bool = field(default=False, metadata=decides_pixels(completed=_outline))
    """Cut to the polygons of the area: pixels whose centres are outside of them are nodata."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.like is not None:
            object.__setattr__(self, "resolution", self.like.resolution)
            object.__setattr__(self, "crs", self.like.crs)
        require_positive("resolution", self.resolution)
        if self.grid is not None and self.grid not in GRIDS:
            raise UsageError(f"`grid` {self.grid[:40]!r} is unknown; choose among {', '.join(GRIDS)}")
        if self.grid is not None and self.crs is not None:
            raise UsageError(
                "`grid` has a CRS of its own; leave out `crs`, `like` and tiles, or leave out `grid`"
            )
