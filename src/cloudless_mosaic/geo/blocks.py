"""The blocks that an output grid is cut into."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.snapping import SNAP


@dataclass(frozen=True, slots=True)
class Block:
    """A rectangle of the output grid."""

    index: tuple[int, int]
    """Row and column among the blocks."""
    rows: tuple[int, int]
    """First row and the row after the last."""
    columns: tuple[int, int]
    """First column and the column after the last."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows, columns."""
        return self.rows[1] - self.rows[0], self.columns[1] - self.columns[0]

    @property
    def window(self) -> tuple[slice, slice]:
        """For indexing an array of the whole grid."""
        return slice(*self.rows), slice(*self.columns)


@dataclass(frozen=True, slots=True)
class Blocks:
    """A partition of a grid into blocks, in row-major order."""

    row_edges: tuple[int, ...]
    """Rows at which blocks begin, and the end of the grid."""
    column_edges: tuple[int, ...]
    """Columns at which blocks begin, and the end of the grid."""

    def __len__(self) -> int:
        return (len(self.row_edges) - 1) * (len(self.column_edges) - 1)

    def __iter__(self) -> Iterator[Block]:
        for i, rows in enumerate(zip(self.row_edges, self.row_edges[1:], strict=False)):
            for j, columns in enumerate(zip(self.column_edges, self.column_edges[1:], strict=False)):
                yield Block((i, j), rows, columns)

    @property
    def largest(self) -> tuple[int, int]:
        """Rows and columns of the largest block (the two need not meet in one block)."""
        return int(np.diff(self.row_edges).max()), int(np.diff(self.column_edges).max())

    def cut_at(self, rows: Iterable[int], columns: Iterable[int]) -> Blocks:
        """Blocks with more cuts."""
        return Blocks(tuple(sorted({*self.row_edges, *rows})), tuple(sorted({*self.column_edges, *columns})))

    def halved(self) -> Blocks:
        """Blocks with half the edge, whose edges include all edges of these."""
        return Blocks(_halve(self.row_edges), _halve(self.column_edges))


def cut_blocks(geobox: GeoBox, size: int, origin: tuple[float, float] | None = None) -> Blocks:
    """Cuts a grid into blocks of ``size`` pixels, counted from ``origin``.

    Args:
        geobox: Grid to cut.
        size: Edge of a block, pixels.
        origin: x and y of a corner of the source's own tiling, at which a block must begin. Without it,
            or where it is not on a pixel corner, blocks are counted from the corner of the grid.
    """
    rows, columns = geobox.shape
    row_phase = column_phase = 0
    if origin is not None:
        affine = geobox.affine
        x, y = (origin[0] - affine.c) / affine.a, (origin[1] - affine.f) / affine.e
        if abs(x - round(x)) < SNAP * size and abs(y - round(y)) < SNAP * size:
            column_phase, row_phase = round(x) % size, round(y) % size
    return Blocks(_edges(rows, size, row_phase), _edges(columns, size, column_phase))


def _halve(edges: tuple[int, ...]) -> tuple[int, ...]:
    """Adds an edge half a block from every edge; the first block may be smaller than the others."""
    half = -(-int(np.diff(edges).max()) // 2)
    cuts = {edges[0] + half if len(edges) == 2 else edges[1] - half}
    cuts |= {edge + half for edge in edges[1:-1]}
    return tuple(sorted({*edges, *(cut for cut in cuts if edges[0] < cut < edges[-1])}))


def _edges(length: int, size: int, phase: int) -> tuple[int, ...]:
    return tuple(sorted({0, length, *range(phase, length, size)}))
