"""The parts of an output grid that have files of their own. Pure geometry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, floor

from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.snapping import SNAP


@dataclass(frozen=True, slots=True)
class Tile:
    """A part of an output grid."""

    name: str
    """Unique among the tiles of one size, CRS and resolution, whatever the grid: ``x4y52``."""
    rows: tuple[int, int]
    """First row in the grid, and the one after the last."""
    columns: tuple[int, int]
    """First column in the grid, and the one after the last."""

    @property
    def window(self) -> tuple[slice, slice]:
        """Rows and columns to index an array or a GeoBox with."""
        return slice(*self.rows), slice(*self.columns)

    def blocks(self, blocks: Blocks) -> Blocks:
        """Those blocks of the grid that lie in the tile, counted from its corner."""
        return Blocks(_within(blocks.row_edges, *self.rows), _within(blocks.column_edges, *self.columns))


def cut_tiles(geobox: GeoBox, size: int) -> Iterator[Tile]:
    """Cuts a grid into tiles, from north to south and from west to east.

    Edges lie on multiples of ``size`` pixels from the origin of the CRS, so that runs over other areas cut
    at the same places. A tile is named by its column and row from there, eastwards and northwards.

    Args:
        geobox: Grid to cut.
        size: Edge of a tile, pixels.
    """
    rows, columns = tile_edges(geobox, size)
    west, north = _corner(geobox)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            x, y = floor((west + left) / size), floor((north - bottom) / size)
            yield Tile(f"x{x}y{y}", (top, bottom), (left, right))


def tile_edges(geobox: GeoBox, size: int) -> tuple[list[int], list[int]]:
    """Rows and columns of a grid at which tiles begin, its own edges included."""
    rows, columns = geobox.shape
    west, north = _corner(geobox)
    first_row, first_column = (
        north - size * ceil(north / size) + size,
        size * floor(west / size) - west + size,
    )
    return (
        [0, *range(first_row, rows, size), rows],
        [0, *range(first_column, columns, size), columns],
    )


def _corner(geobox: GeoBox) -> tuple[int, int]:
    """Whole pixels from the origin of the CRS to the north-western corner, eastwards and northwards."""
    affine = geobox.affine
    return floor(affine.c / affine.a + SNAP), floor(-affine.f / affine.e + SNAP)


def _within(edges: tuple[int, ...], first: int, last: int) -> tuple[int, ...]:
    return tuple(edge - first for edge in edges if first <= edge <= last)
