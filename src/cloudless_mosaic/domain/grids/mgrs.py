"""Tiles of the Military Grid Reference System (MGRS), as Sentinel-2 cuts its granules.

Source: NGA.STND.0037, "The Universal Grids and the Transverse Mercator and Polar Stereographic Map
    Projections" (2014), chapter 9, for the letters. ESA's tiles are larger than the squares of 100 km: they
    begin on the multiple of 60 m at or before the north-western corner, and are 109,800 m wide.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from shapely import prepare
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.scenes import GRANULE_WIDTH, SourceGrid
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.projection import project, transformer

TILE_EDGE = GRANULE_WIDTH
"""Metres along an edge of a tile."""

_NAME = re.compile(r"T?(0?[1-9]|[1-5]\d|60)([C-HJ-NP-X])([A-HJ-NP-Z])([A-HJ-NP-V])")
_BANDS = "CDEFGHJKLMNPQRSTUVWX"
_COLUMNS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_ROWS = "ABCDEFGHJKLMNPQRSTUV"
_SQUARE = 100_000
_CYCLE = len(_ROWS) * _SQUARE
"""Metres after which the letters of rows come again."""
_SNAP = 60
"""Metres: the pixels of 10, 20 and 60 m of a tile nest."""
_FALSE_NORTHING = 10_000_000
_MOST_TILES = 1000
"""Tiles that an area may meet: each is searched, and has a folder of its own."""


@dataclass(frozen=True, slots=True)
class Square:
    """A square of 100 km of a UTM zone."""

    zone: int
    """UTM zone."""
    north: bool
    """True on the northern hemisphere."""
    easting: int
    """Of its western edge, metres."""
    northing: int
    """Of its southern edge, metres."""

    @property
    def crs(self) -> str:
        """Authority code of its zone."""
        return f"EPSG:{(32600 if self.north else 32700) + self.zone}"

    @property
    def corner(self) -> tuple[int, int]:
        """X and y of the north-western corner of its tile."""
        west = _SNAP * math.floor(self.easting / _SNAP)
        # northings count from the equator on both hemispheres
        equator = 0 if self.north else _FALSE_NORTHING
        return west, equator + _SNAP * math.ceil((self.northing + _SQUARE - equator) / _SNAP)


def parse_tile(text: str) -> tuple[str, Square]:
    """The name of a tile without leading zero and T, and its square.

    Raises:
        UsageError: if there is no such tile.
    """
    found = _NAME.fullmatch(text.strip().upper())
    square = _square(int(found[1]), found[2], found[3], found[4]) if found else None
    if found is None or square is None:
        raise UsageError(f"`tiles` {text[:20]!r} is not a tile of the MGRS; give its name, for example 10TET")
    return f"{int(found[1]):02}{found[2]}{found[3]}{found[4]}", square


def tile_grid(text: str, resolution: float) -> SourceGrid:
    """The pixel grid of the granules of a tile.

    Args:
        text: Name of the tile, for example ``10TET``.
        resolution: Edge of a pixel, metres.

    Raises:
        UsageError: if there is no such tile, or whole pixels don't fit into it.
    """
    _, square = parse_tile(text)
    edge = TILE_EDGE / resolution
    if abs(edge - round(edge)) > 1e-9:
        raise UsageError(
            f"`resolution` {resolution:g} does not divide the {TILE_EDGE:g} m of a tile; give for example "
            "10, 20, 60 or 100"
        )
    x, y = square.corner
    size = round(edge)
    return SourceGrid(square.crs, (resolution, 0.0, float(x), 0.0, -resolution, float(y)), (size, size))


def tiles_of(parts: list[tuple[int, BaseGeometry]]) -> list[str]:
    """Names of the tiles that meet an area, sorted.

    Args:
        parts: Zones, and the part of the area in each of them, EPSG:4326.

    Raises:
        UsageError: if there are none, or too many to make mosaics of each.
    """
    names: set[str] = set()
    for zone, part in parts:
        for name in _tiles_of(zone, part):
            names.add(name)
            if len(names) > _MOST_TILES:
                raise UsageError(f"`tiles_of_aoi` are more than {_MOST_TILES}; give a smaller area")
    if not names:
        raise UsageError("`tiles_of_aoi` are none beyond 84 degrees north and 80 degrees south; leave it out")
    return sorted(names)


def _tiles_of(zone: int, part: BaseGeometry) -> Iterator[str]:
    _, south, _, north = part.bounds
    for band in _BANDS:
        low, high = _latitudes(band)
        if high <= south or low >= north:
            continue
        belt = part.intersection(box(-180, low, 180, high))
        if belt.is_empty:
            continue
        is_north = band >= "N"
        crs = f"EPSG:{(32600 if is_north else 32700) + zone}"
        area = project(belt, "EPSG:4326", crs)
        prepare(area)
        left, bottom, right, top = (math.floor(value / _SQUARE) for value in area.bounds)
        for column in range(max(1, left), min(8, right) + 1):
            for row in range(bottom, top + 1):
                edges = (column * _SQUARE, row * _SQUARE, (column + 1) * _SQUARE, (row + 1) * _SQUARE)
                if area.intersects(box(*edges)) and area.intersection(box(*edges)).area > 0:
                    yield f"{zone:02}{band}{_letters(zone, column, row)}"


def _letters(zone: int, column: int, row: int) -> str:
    """Letters of column and row of the square, counted in squares from the false origin."""
    shift = 0 if zone % 2 else 5
    return _COLUMNS[(zone - 1) % 3 * 8 + column - 1] + _ROWS[(row + shift) % len(_ROWS)]


def _square(zone: int, band: str, column: str, row: str) -> Square | None:
    """The square of a zone that lies in a band of latitude; ``None`` where there is none."""
    number = _COLUMNS.index(column) - (zone - 1) % 3 * 8 + 1
    if not 1 <= number <= 8:
        return None
    north = band >= "N"
    crs = f"EPSG:{(32600 if north else 32700) + zone}"
    to_metres = transformer("EPSG:4326", crs)
    low, high = _latitudes(band)
    middle = 6 * zone - 183
    bottom, top = (to_metres.transform(middle, latitude)[1] for latitude in (low, high))
    first = (_ROWS.index(row) - (0 if zone % 2 else 5)) % len(_ROWS) * _SQUARE
    # edges of bands are curves, so squares of the next row may reach in at the edge of the zone
    slack = _SQUARE
    for northing in range(first, _FALSE_NORTHING, _CYCLE):
        if bottom - slack <= northing + _SQUARE / 2 <= top + slack:
            return Square(zone, north, number * _SQUARE, northing)
    return None


def _latitudes(band: str) -> tuple[float, float]:
    """Southern and northern edge of a band of latitude, degrees."""
    low = -80.0 + 8 * _BANDS.index(band)
    return low, 84.0 if band == "X" else low + 8
