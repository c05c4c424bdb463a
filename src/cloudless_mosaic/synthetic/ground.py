"""The land of a grid: what covers it, how the relief lights it, how high it lies.

A pure function of world position: granules and zones agree where they overlap. Everything is quantised, so
that the land is uniform over patches, as real land is, and the rasters compress accordingly.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.compiled import compiled
from cloudless_mosaic.synthetic.landcover import SHALLOWS, Noises, fill_noises, land_cover, ramp
from cloudless_mosaic.synthetic.noise import derive_seed, fill_fractal
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.world import Lattice, locate_row, world_lattice

LIGHT_STEPS = 32
"""Steps of the light layer per unit of the factor on reflectance."""

HEIGHT_STEP = 12.0
"""Metres per step of the height layer."""

_RELIEF_STEPS = 8.0
"""Steps of the relief per unit. Coarser than the light, whose other part is uniform over patches."""

_ROWS = 128
"""Rows that one job of the pool makes."""

Bytes = npt.NDArray[np.uint8]

Place = tuple[float, float, float]
"""x of the left edge, y of the top edge and edge of a pixel."""


class Ground(NamedTuple):
    """The land over a grid of 10 m, three bytes per pixel. A named tuple, because kernels take it whole."""

    cover: Bytes
    """Land cover (`cloudless_mosaic.synthetic.landcover`), shape (rows, columns)."""
    light: Bytes
    """Factor on reflectance by relief and texture, in 1/32."""
    height: Bytes
    """Height above the sea in steps of 12 m, 0 at and below sea level."""

    def rows(self, first: int, end: int) -> Ground:
        """A view of some rows."""
        return Ground(self.cover[first:end], self.light[first:end], self.height[first:end])


def make_ground(seed: int, grid: SourceGrid, pool: Executor) -> Ground:
    """Lays out the land over a grid.

    Args:
        seed: Seed of the archive.
        grid: Pixel grid of 10 m.
        pool: Where the rows are computed; the kernels release the GIL.
    """
    ground = Ground(*(np.empty(grid.shape, np.uint8) for _ in Ground._fields))
    left, bottom, right, top = grid.bounds
    pixel = grid.resolution
    lattice = world_lattice(grid.crs, (left, bottom - pixel, right + pixel, top))
    land_seed = derive_seed(seed, "ground")

    def fill(first: int) -> None:
        out = ground.rows(first, first + _ROWS)
        place = (left, top - first * pixel, pixel)
        terrain = _terrain(land_seed, lattice, place, out.cover.shape)
        _cover(land_seed, lattice, place, terrain, out)

    run_all(pool, fill, range(0, grid.shape[0], _ROWS))
    return ground


@compiled
def _terrain(
    seed: int, lattice: Lattice, place: Place, shape: tuple[int, int]
) -> npt.NDArray[np.float32]:  # pragma: no cover - compiled
    """Heights, and distances from the valley floors, one row and column beyond ``shape``.

    Valleys follow the zero lines of a noise. Mountains rise where a broader noise is high.

    Returns:
        Shape (2, rows + 1, columns + 1): metres above the sea; 0 on a valley floor, about 0.5 on a ridge.
    """
    left, top, pixel = place
    rows, columns = shape
    out = np.empty((2, rows + 1, columns + 1), np.float32)
    places, noises = np.empty((2, columns + 1)), np.empty((4, columns + 1))
    u, v = places[0], places[1]
    for row in range(rows + 1):
        locate_row(lattice, left, top - (row + 0.5) * pixel, pixel, u, v)
        fill_fractal(seed + 100, u, v, 16, 2, noises[0])
        fill_fractal(seed + 200, u, v, 13, 4, noises[1])
        fill_fractal(seed + 300, u, v, 14, 2, noises[2])
        fill_fractal(seed + 400, u, v, 11, 3, noises[3])
        for column in range(columns + 1):
            mountains = ramp(-0.05, 0.35, noises[0, column])
            valley = abs(noises[1, column])
            base = 45.0 + 260.0 * noises[2, column] + 160.0 * mountains
            crags = noises[3, column] * (60.0 + 1000.0 * mountains)
            rise = min(1.3, 2.2 * valley)
            out[0, row, column] = base + rise * (130.0 + 2000.0 * mountains + crags)
            out[1, row, column] = valley
    return out


@compiled
def _cover(
    seed: int, lattice: Lattice, place: Place, terrain: npt.NDArray[np.float32], out: Ground
) -> None:  # pragma: no cover - compiled
    """Covers the terrain, and lights it from the south."""
    left, top, pixel = place
    rows, columns = out.cover.shape
    places, noises = np.empty((2, columns)), np.empty((5, columns))
    u, v = places[0], places[1]
    for row in range(rows):
        locate_row(lattice, left, top - (row + 0.5) * pixel, pixel, u, v)
        fill_noises(seed, u, v, noises)
        for column in range(columns):
            chance = Noises(
                noises[0, column], noises[1, column], noises[2, column], noises[3, column], noises[4, column]
            )
            here = terrain[0, row, column]
            eastward = (terrain[0, row, column + 1] - here) / pixel
            southward = (terrain[0, row + 1, column] - here) / pixel
            slope = abs(eastward) + abs(southward)
            cover, tone = land_cover(
                seed, (u[column], v[column]), chance, here, terrain[1, row, column], slope
            )
            if cover > SHALLOWS:
                relief = min(1.45, max(0.3, 1.0 - 0.25 * eastward - 0.85 * southward))
                tone *= math.floor(relief * _RELIEF_STEPS + 0.5) / _RELIEF_STEPS
            out.cover[row, column] = cover
            out.light[row, column] = math.floor(tone * LIGHT_STEPS + 0.5)
            out.height[row, column] = math.floor(min(255.0, max(0.0, here / HEIGHT_STEP)))
