"""The land of a grid: cover, light by the relief, and height.

A pure function of world position: granules and zones agree where they overlap. Everything is quantised, so
that the land is uniform over patches, as real land is, and the rasters compress accordingly.
"""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.native import ffi, lib, pointer
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.world import Lattice, Place, pixel_grid, world_lattice

LIGHT_STEPS: int = lib.LIGHT_STEPS
"""Steps of the light layer per unit of the factor on reflectance."""

HEIGHT_STEP = float(lib.HEIGHT_STEP)
"""Metres per step of the height layer."""

_ROWS = 128
"""Rows that one job of the pool makes."""

Bytes = npt.NDArray[np.uint8]


class Ground(NamedTuple):
    """The land over a grid of 10 m, three bytes per pixel."""

    cover: Bytes
    """Land cover (`cloudless_mosaic.synthetic.landcover`), shape (rows, columns)."""
    light: Bytes
    """Factor on reflectance by relief and texture, in 1/32."""
    height: Bytes
    """Height above the sea in steps of 12 m, 0 at and below sea level."""

    def rows(self, first: int, end: int) -> Ground:
        """A view of some rows."""
        return Ground(self.cover[first:end], self.light[first:end], self.height[first:end])

    def under(self, snow_line: float) -> Any:  # noqa: ANN401 - of C
        """The land as a C struct; it must outlive the call.

        Args:
            snow_line: Height from which snow lies, in steps of the height layer.
        """
        layers = (pointer(layer, np.uint8, self.cover.shape) for layer in self)
        return ffi.new("land *", (*layers, snow_line))


def make_ground(seed: int, grid: SourceGrid, pool: Executor) -> Ground:
    """Makes the land of a grid.

    Args:
        seed: Seed of the archive.
        grid: Pixel grid of 10 m.
        pool: Computes the rows; the loops release the GIL.
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


def _terrain(seed: int, lattice: Lattice, place: Place, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
    """Heights, and distances from the valley floors, one row and column beyond ``shape``.

    Returns:
        Shape (2, rows + 1, columns + 1): metres above the sea; 0 on a valley floor, about 0.5 on a ridge.
    """
    around = (shape[0] + 1, shape[1] + 1)
    out = np.empty((2, *around), np.float32)
    scratch = np.empty((lib.TERRAIN_SCRATCH, around[1]))
    lib.raise_terrain(
        seed,
        pixel_grid(lattice, place, around),
        *around,
        pointer(scratch, np.float64, scratch.shape),
        *(pointer(layer, np.float32, around) for layer in out),
    )
    return out


def _cover(seed: int, lattice: Lattice, place: Place, terrain: npt.NDArray[np.float32], out: Ground) -> None:
    """Covers the terrain, and lights it from the south."""
    rows, columns = shape = out.cover.shape
    scratch = np.empty((lib.COVER_SCRATCH, columns))
    lib.cover_terrain(
        seed,
        pixel_grid(lattice, place, shape),
        *shape,
        pointer(scratch, np.float64, scratch.shape),
        *(pointer(layer, np.float32, (rows + 1, columns + 1)) for layer in terrain),
        *(pointer(layer, np.uint8, shape) for layer in out),
    )
