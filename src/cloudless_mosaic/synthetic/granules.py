"""Granules of the Sentinel-2 tiling grid, and the parts of them in an archive."""

from __future__ import annotations

from dataclasses import dataclass

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import UsageError

GRANULE_SIZE = 10980
"""Pixels of 10 m along the edge of a granule."""

_BLOCK = 512
ALIGNMENT = 2 * _BLOCK
"""Pixels of 10 m. 512 pixel blocks of the 10 m and of the 20 m rasters of a part that begins at a multiple
of this from the granule's origin are blocks of the whole granule's rasters too."""


@dataclass(frozen=True, slots=True)
class Granule:
    """A tile of the Sentinel-2 grid."""

    name: str
    """MGRS name, for example ``10TET``."""
    epsg: int
    """Code of its UTM zone."""
    origin: tuple[int, int]
    """x of the left edge and y of the top edge, metres."""

    @property
    def crs(self) -> str:
        """Authority code of its UTM zone."""
        return f"EPSG:{self.epsg}"


SEATTLE = Granule("10TET", 32610, (499980, 5300040))
"""The granule of the README example."""

PLUMAS = Granule("10TFK", 32610, (600000, 4500000))
"""The granule of the example of burned area."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A rectangle of a granule.

    Raises:
        UsageError: if it isn't inside the granule or its corner isn't aligned.
    """

    granule: Granule
    """The granule."""
    offset: tuple[int, int] = (0, 0)
    """Column and row of the upper left corner in the granule, pixels of 10 m, multiples of 1024."""
    size: tuple[int, int] = (GRANULE_SIZE, GRANULE_SIZE)
    """Columns and rows, pixels of 10 m, even."""

    def __post_init__(self) -> None:
        for begin, length in zip(self.offset, self.size, strict=True):
            inside = begin >= 0 and length > 0 and begin + length <= GRANULE_SIZE
            if not inside or begin % ALIGNMENT or length % 2:
                raise UsageError(
                    f"no such part of a granule: offset {self.offset}, size {self.size}; offsets are "
                    f"multiples of {ALIGNMENT}, sizes even, and both together at most {GRANULE_SIZE}"
                )

    def grid(self, resolution: int) -> SourceGrid:
        """The pixel grid of a raster of this extent, ``resolution`` metres per pixel.

        Raises:
            UsageError: if such pixels or their blocks don't nest in the extent, which happens only with 60 m.
        """
        pixel = resolution // 10
        if any(begin % (_BLOCK * pixel) for begin in self.offset) or any(side % pixel for side in self.size):
            raise UsageError(
                f"offset {self.offset} and size {self.size} don't nest pixels of {resolution} m; take an "
                f"offset in multiples of {_BLOCK * pixel} and a size in multiples of {pixel}"
            )
        left = self.granule.origin[0] + 10 * self.offset[0]
        top = self.granule.origin[1] - 10 * self.offset[1]
        columns, rows = (length * 10 // resolution for length in self.size)
        edge = float(resolution)
        return SourceGrid(self.granule.crs, (edge, 0.0, float(left), 0.0, -edge, float(top)), (rows, columns))
