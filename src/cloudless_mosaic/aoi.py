"""The area of interest: a longitude/latitude box, possibly across the antimeridian."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudless_mosaic.errors import UsageError

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, with west < east and all of it within +-180."""

_EXAMPLE = "write it as W,S,E,N in degrees, for example --aoi=-122.28,47.54,-121.96,47.75"


@dataclass(frozen=True, slots=True)
class Aoi:
    """A box in EPSG:4326; ``west > east`` means that it crosses the antimeridian."""

    west: float
    """Western edge, degrees east, -180 to 180."""
    south: float
    """Southern edge, degrees north, -90 to 90."""
    east: float
    """Eastern edge, degrees east, -180 to 180."""
    north: float
    """Northern edge, degrees north, -90 to 90."""

    def __post_init__(self) -> None:
        values = (self.west, self.south, self.east, self.north)
        if not all(math.isfinite(value) for value in values):
            raise UsageError(f"AOI has a value that is not a number: {self}; {_EXAMPLE}")
        if max(abs(self.south), abs(self.north)) > 90:
            swapped = max(abs(self.west), abs(self.east)) <= 90
            hint = "latitude and longitude look swapped; " if swapped else ""
            raise UsageError(f"AOI latitude is outside -90..90: {self}; {hint}{_EXAMPLE}")
        if max(abs(self.west), abs(self.east)) > 180:
            raise UsageError(f"AOI longitude is outside -180..180: {self}; {_EXAMPLE}")
        if self.south > self.north:
            raise UsageError(f"AOI south is above its north: {self}; {_EXAMPLE}")
        if self.south == self.north or self.west == self.east or not self.boxes:
            raise UsageError(f"AOI has no area: {self}; {_EXAMPLE}")
        if self.crosses_antimeridian and self.east + 360 - self.west >= 180:
            raise UsageError(
                f"AOI west is greater than its east: {self}; a box across the antimeridian may do that "
                f"when it is narrower than 180 degrees, this one is not; {_EXAMPLE}"
            )

    @classmethod
    def parse(cls, text: str) -> Aoi:
        """Reads ``W,S,E,N``.

        Raises:
            UsageError: if the text isn't four numbers that make a box.
        """
        parts = text.split(",")
        try:
            west, south, east, north = (float(part) for part in parts)
        except ValueError:
            raise UsageError(f"AOI needs four numbers, got {text!r}; {_EXAMPLE}") from None
        return cls(west, south, east, north)

    def __str__(self) -> str:
        return f"{self.west:g},{self.south:g},{self.east:g},{self.north:g}"

    @property
    def crosses_antimeridian(self) -> bool:
        """True when the box runs eastwards over +-180 degrees."""
        return self.west > self.east

    @property
    def boxes(self) -> tuple[Box, ...]:
        """One box, or those on either side of the antimeridian (western one first), none without area."""
        if not self.crosses_antimeridian:
            return ((self.west, self.south, self.east, self.north),)
        sides = (self.west, self.south, 180.0, self.north), (-180.0, self.south, self.east, self.north)
        return tuple(side for side in sides if side[0] < side[2])

    @property
    def geometry(self) -> Polygon | MultiPolygon:
        """The area as a polygon in EPSG:4326, cut at the antimeridian."""
        from shapely.geometry import MultiPolygon, box  # noqa: PLC0415 - keeps --help quick

        parts = [box(*part) for part in self.boxes]
        return parts[0] if len(parts) == 1 else MultiPolygon(parts)
