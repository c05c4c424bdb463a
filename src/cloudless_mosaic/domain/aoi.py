"""The area of interest: a longitude/latitude box or polygons, possibly across the antimeridian."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from cloudless_mosaic.errors import UsageError

if TYPE_CHECKING:
    from shapely.geometry import MultiPolygon, Polygon

    from cloudless_mosaic.domain.areas.polygons import Area

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees, with west < east and all of it within +-180."""

_EXAMPLE = "write it as W,S,E,N in degrees, for example `aoi`=-122.28,47.54,-121.96,47.75"

_LESS_THAN_HALF = 180.0
"""Degrees: a box across the antimeridian has to be narrower, so that a wrong order of numbers is noticed."""


@dataclass(frozen=True, slots=True)
class Aoi:
    """A box in EPSG:4326, or the box around polygons; ``west > east`` means that it crosses the antimeridian.

    Polygons choose the UTM zone and the extent of the mosaic, which is the rectangle around them on its grid.
    """

    west: float
    """Western edge, degrees east, -180 to 180; a box that begins or ends beyond is moved by a full turn."""
    south: float
    """Southern edge, degrees north, -90 to 90."""
    east: float
    """Eastern edge, degrees east, -180 to 180."""
    north: float
    """Northern edge, degrees north, -90 to 90."""
    area: MultiPolygon | None = field(default=None, repr=False)
    """Polygons in EPSG:4326 that the box is drawn around, cut at the antimeridian; ``None`` for the box."""
    notes: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """What the user has to know about how the area was read, one line each."""
    outline: MultiPolygon | None = field(default=None, repr=False)
    """The polygons as they were given, see ``Area.outline``; ``None`` for the box."""

    def __post_init__(self) -> None:
        west, east = _within_world(self.west, self.east)
        object.__setattr__(self, "west", west)
        object.__setattr__(self, "east", east)
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
        """Reads ``W,S,E,N`` (also with brackets, spaces or heights), GeoJSON, WKT, or a bbox of OGC API.

        Raises:
            UsageError: if the text is none of these, or has no area.
        """
        from cloudless_mosaic.domain.areas.text import Bounds, read_text  # noqa: PLC0415 - keeps --help quick

        read = read_text(text)
        if isinstance(read, Bounds):
            return cls(read.west, read.south, read.east, read.north, notes=read.notes)
        return cls.around(read)

    @classmethod
    def from_geojson(cls, document: object) -> Aoi:
        """The box around the polygons of a GeoJSON object.

        Args:
            document: A loaded Polygon, MultiPolygon, GeometryCollection, Feature or FeatureCollection; across
                the antimeridian its rings may be cut, run on beyond 180 degrees, or jump.

        Raises:
            UsageError: if it has no area, or its place is ambiguous.
        """
        from cloudless_mosaic.domain.areas.geojson import read_area  # noqa: PLC0415 - keeps --help quick

        return cls.around(read_area(document))

    @classmethod
    def from_file(cls, path: Path) -> Aoi:
        """The box around the polygons of a file, or what the text in it says.

        Args:
            path: A file of text as `parse` takes it, of GeoParquet, or of any format that GDAL reads polygons
                from. Formats other than text need the extra ``vector``.

        Raises:
            UsageError: if it can't be read, or has no area.
        """
        from cloudless_mosaic.domain.areas.files import read_file  # noqa: PLC0415 - keeps --help quick

        read = read_file(path)
        return cls.parse(read) if isinstance(read, str) else cls.around(read)

    @classmethod
    def around(cls, area: Area) -> Aoi:
        """The area of polygons, and the box around them."""
        parts = area.polygons
        west, east = _around([(part.bounds[0], part.bounds[2]) for part in parts.geoms])
        return cls(west, parts.bounds[1], east, parts.bounds[3], parts, area.notes, area.outline)

    def grown(self, metres: float) -> Aoi:
        """The area and what lies within a distance of it, on the ground.

        Args:
            metres: The distance; 0 or more.

        Raises:
            UsageError: if the area is too large for that: it is grown on a plane around its middle.
        """
        from cloudless_mosaic.domain.areas.growing import grow  # noqa: PLC0415 - keeps --help quick

        return replace(self.around(grow(self.exact, metres)), notes=self.notes) if metres else self

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
    def exact(self) -> MultiPolygon:
        """The polygons of the request as they were given, in EPSG:4326, with their holes and all points.

        They may overlap. Longitudes run on beyond 180 degrees where one crosses the antimeridian.
        """
        from shapely.geometry import MultiPolygon, box  # noqa: PLC0415 - keeps --help quick

        if self.outline is not None:
            return self.outline
        east = self.east + 360 if self.crosses_antimeridian else self.east
        return MultiPolygon([box(self.west, self.south, east, self.north)])

    @property
    def geometry(self) -> Polygon | MultiPolygon:
        """The box as a polygon in EPSG:4326, cut at the antimeridian."""
        from shapely.geometry import MultiPolygon, box  # noqa: PLC0415 - keeps --help quick

        parts = [box(*part) for part in self.boxes]
        return parts[0] if len(parts) == 1 else MultiPolygon(parts)


def _within_world(west: float, east: float) -> tuple[float, float]:
    """Edges within +-180 degrees of a box that runs on beyond, as polygons may (``179.5`` to ``180.5``)."""
    beyond = max(abs(west), abs(east))
    if not 180 < beyond <= 360 or west >= east:
        return west, east
    if east - west >= 360:
        return -180.0, 180.0
    return west - 360 * round(west / 360), east - 360 * round(east / 360)


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
