"""The area of interest: a longitude/latitude box or polygons, possibly across the antimeridian."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from cloudless_mosaic.errors import UsageError

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, with west < east and all of it within +-180."""

_EXAMPLE = "write it as W,S,E,N in degrees, for example `aoi`=-122.28,47.54,-121.96,47.75"
_OR_GEOJSON = f"{_EXAMPLE}, or give GeoJSON or a .geojson file"

_LESS_THAN_HALF = 180.0
"""Degrees: a box across the antimeridian has to be narrower, so that a wrong order of numbers is noticed."""


@dataclass(frozen=True, slots=True)
class Aoi:
    """A box in EPSG:4326, or the box around polygons; ``west > east`` means that it crosses the antimeridian.

    Polygons choose the UTM zone and the extent of the mosaic, which is the rectangle around them on its grid.
    """

    west: float
    """Western edge, degrees east, -180 to 180."""
    south: float
    """Southern edge, degrees north, -90 to 90."""
    east: float
    """Eastern edge, degrees east, -180 to 180."""
    north: float
    """Northern edge, degrees north, -90 to 90."""
    area: MultiPolygon | None = field(default=None, repr=False)
    """Polygons in EPSG:4326 that the box is drawn around, cut at the antimeridian; ``None`` for the box."""

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
        if self.crosses_antimeridian and self.east + 360 - self.west >= _LESS_THAN_HALF:
            raise UsageError(
                f"AOI west is greater than its east: {self}; a box across the antimeridian may do that "
                f"when it is narrower than 180 degrees, this one is not; {_EXAMPLE}"
            )

    @classmethod
    def parse(cls, text: str) -> Aoi:
        """Reads ``W,S,E,N`` or GeoJSON.

        Raises:
            UsageError: if the text is neither four numbers that make a box, nor GeoJSON with an area.
        """
        if text.lstrip().startswith("{"):
            return cls._parse_geojson(text)
        parts = text.split(",")
        try:
            west, south, east, north = (float(part) for part in parts)
        except ValueError:
            raise UsageError(f"AOI needs four numbers, got {text[:80]!r}; {_OR_GEOJSON}") from None
        return cls(west, south, east, north)

    @classmethod
    def _parse_geojson(cls, text: str) -> Aoi:
        try:
            return cls.from_geojson(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise UsageError(f"AOI is not JSON ({str(error)[:80]}); {_OR_GEOJSON}") from None

    @classmethod
    def from_geojson(cls, document: object) -> Aoi:
        """The box around the polygons of a GeoJSON object.

        Args:
            document: A loaded Polygon, MultiPolygon, GeometryCollection, Feature or FeatureCollection; across
                the antimeridian its rings may be cut, run on beyond 180 degrees, or jump.

        Raises:
            UsageError: if it has no area, or its place is ambiguous.
        """
        from cloudless_mosaic.domain.geojson import read_area  # noqa: PLC0415 - keeps --help quick

        area = read_area(document)
        west, east = _around([(part.bounds[0], part.bounds[2]) for part in area.geoms])
        return cls(west, area.bounds[1], east, area.bounds[3], area)

    def __str__(self) -> str:
        """The box as the command line takes it, with the number of polygons."""
        text = f"{self.west:g},{self.south:g},{self.east:g},{self.north:g}"
        return text if self.area is None else f"{text} (around {len(self.area.geoms)} polygons)"

    @property
    def crosses_antimeridian(self) -> bool:
        """True when the box runs eastwards over +-180 degrees."""
        return self.west > self.east

    @property
    def boxes(self) -> tuple[Box, ...]:
        """One box, or those on either side of the antimeridian, the western one first; none without area."""
        if not self.crosses_antimeridian:
            return ((self.west, self.south, self.east, self.north),)
        sides = (self.west, self.south, 180.0, self.north), (-180.0, self.south, self.east, self.north)
        return tuple(side for side in sides if side[0] < side[2])

    @property
    def parts(self) -> tuple[Polygon, ...]:
        """The polygons of the request, in EPSG:4326, from the western edge of the box eastwards."""
        from shapely.geometry import box  # noqa: PLC0415 - keeps --help quick

        if self.area is None:
            return tuple(box(*part) for part in self.boxes)
        return tuple(sorted(self.area.geoms, key=lambda part: ((part.bounds[0] - self.west) % 360, part.wkb)))

    @property
    def geometry(self) -> Polygon | MultiPolygon:
        """The box as a polygon in EPSG:4326, cut at the antimeridian."""
        from shapely.geometry import MultiPolygon, box  # noqa: PLC0415 - keeps --help quick

        parts = [box(*part) for part in self.boxes]
        return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _around(ranges: list[tuple[float, float]]) -> tuple[float, float]:
    """West and east of the narrowest span around ranges of longitudes; west > east over +-180."""
    ordered = sorted(ranges)
    west, east = ordered[0][0], ordered[0][1]
    gaps = []
    for start, end in ordered[1:]:
        gaps.append((start - east, start, east))
        east = max(east, end)
    gap, start, end = max(gaps, default=(0.0, west, east))
    crosses = gap > west + 360 - east and end + 360 - start < _LESS_THAN_HALF
    return (start, end) if crosses else (west, east)
