"""Clouds and their shadows, cirrus and haze; and the edge of the swath.

A pure function of world position and overpass, made on the 20 m grid of the scene classification.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition, Swath
from cloudless_mosaic.synthetic.ground import Bytes, Ground
from cloudless_mosaic.synthetic.native import ffi, lib, pointer
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.world import (
    Lattice,
    Place,
    heading_vector,
    pixel_grid,
    world_lattice,
    world_position,
)

THICKEST: int = lib.THICKEST
"""Greatest thickness of a cloud."""

OPAQUE: int = lib.OPAQUE
"""Thickness from which a cloud is opaque."""

DENSEST: int = lib.DENSEST
"""Greatest density of cirrus and of haze."""

_SPREAD = 0.205
"""Standard deviation of the noises behind clouds, cirrus and haze."""

_ROWS = 64
"""Rows that one job of the pool makes."""

_LOWEST_SUN = 80.0
"""Solar zenith angle in degrees beyond which shadows no longer grow."""


class Weather(NamedTuple):
    """Clouds, cirrus, haze and swath, on a grid of 20 m."""

    cloud: Bytes
    """Thickness of cloud, 0 to `THICKEST`, shape (rows, columns)."""
    shadow: Bytes
    """Thickness of the cloud that casts its shadow here; 0 under a cloud."""
    cirrus: Bytes
    """Density of cirrus, 0 to `DENSEST`."""
    haze: Bytes
    """Density of haze, 0 to `DENSEST`."""
    seen: npt.NDArray[np.bool_]
    """True inside the swath."""

    @property
    def clear(self) -> npt.NDArray[np.bool_]:
        """True where the sensor sees the unobscured ground."""
        return np.asarray(self.seen & ((self.cloud | self.shadow | self.cirrus | self.haze) == 0))

    def over(self, ground: Ground) -> Any:  # noqa: ANN401 - of C
        """The sky as a C struct; it must outlive the call.

        Args:
            ground: The land under it, 10 m.
        """
        rows, columns = ground.cover.shape
        shape = (rows // 2, columns // 2)
        layers = (pointer(layer, np.uint8, shape) for layer in self[:-1])
        return ffi.new("sky *", (*layers, pointer(self.seen, np.bool_, shape)))

    def window(self, rows: slice, columns: slice = slice(None)) -> Weather:
        """A part of it, contiguous; a view where all columns are taken."""
        return Weather(
            np.ascontiguousarray(self.cloud[rows, columns]),
            np.ascontiguousarray(self.shadow[rows, columns]),
            np.ascontiguousarray(self.cirrus[rows, columns]),
            np.ascontiguousarray(self.haze[rows, columns]),
            np.ascontiguousarray(self.seen[rows, columns]),
        )


class _Conditions(NamedTuple):
    """Parameters of the weather of one overpass."""

    clouds: float
    """Noise above this is cloud."""
    cirrus: float
    """Noise above this is cirrus."""
    haze: float
    """Noise above this is haze."""
    edge: tuple[float, float]
    """A point on the edge of the swath, world units."""
    inwards: tuple[float, float]
    """Unit vector into the swath; 0, 0 without an edge."""


def make_weather(seed: int, acquisition: Acquisition, grid: SourceGrid, pool: Executor) -> Weather:
    """Makes the weather of an overpass over a grid.

    Args:
        seed: Seed of the archive.
        acquisition: The overpass; all its processings have the same weather.
        grid: Pixel grid of 20 m.
        pool: Computes the rows; the loops release the GIL.
    """
    down, right = _displacement(acquisition, grid.resolution)
    rows, columns = abs(down), abs(right)
    wide = _grown(grid, rows, columns)
    cloud, shadow, cirrus, haze = np.zeros((4, *wide.shape), np.uint8)
    layers = Weather(cloud, shadow, cirrus, haze, np.zeros(wide.shape, np.bool_))
    lattice = world_lattice(grid.crs, wide.bounds)
    conditions = _conditions(acquisition)
    sky_seed = derive_seed(seed, "sky", acquisition.overpass)
    left, top = wide.origin

    def fill(first: int) -> None:
        place = (left, top - first * wide.resolution, wide.resolution)
        _sky(sky_seed, lattice, place, conditions, layers.window(slice(first, first + _ROWS)))

    run_all(pool, fill, range(0, wide.shape[0], _ROWS))
    casting = cloud[_window(grid, rows - down, columns - right)]
    inside = layers.window(*_window(grid, rows, columns))
    return inside._replace(shadow=np.where(inside.cloud == 0, casting, np.uint8(0)))


def _window(grid: SourceGrid, row: int, column: int) -> tuple[slice, slice]:
    rows, columns = grid.shape
    return slice(row, row + rows), slice(column, column + columns)


def _grown(grid: SourceGrid, rows: int, columns: int) -> SourceGrid:
    """The grid with more rows above and below it and more columns on either side."""
    left, top = grid.origin
    edge = grid.resolution
    transform = (edge, 0.0, left - columns * edge, 0.0, -edge, top + rows * edge)
    return SourceGrid(grid.crs, transform, (grid.shape[0] + 2 * rows, grid.shape[1] + 2 * columns))


def _displacement(acquisition: Acquisition, resolution: float) -> tuple[int, int]:
    """Pixels, downwards and to the right, from a cloud to its shadow.

    Treats the north of the grid as true north, which differs by 3 degrees at most.
    """
    zenith = math.radians(min(acquisition.sun.zenith, _LOWEST_SUN))
    reach = acquisition.sky.cloud_height * math.tan(zenith) / resolution
    eastwards, northwards = heading_vector(acquisition.sun.azimuth + 180)
    return round(-reach * northwards), round(reach * eastwards)


def _conditions(acquisition: Acquisition) -> _Conditions:
    sky = acquisition.sky
    thresholds = (_threshold(sky.clouds), _threshold(sky.cirrus), _threshold(sky.haze))
    return _Conditions(*thresholds, *_edge(acquisition.swath))


def _threshold(part: float) -> float:
    """The height of noise that a part of the plane exceeds."""
    if part <= 0:
        return math.inf
    return -math.inf if part >= 1 else NormalDist(0, _SPREAD).inv_cdf(1 - part)


def _edge(swath: Swath | None) -> tuple[tuple[float, float], tuple[float, float]]:
    if swath is None:
        return (0.0, 0.0), (0.0, 0.0)
    u, v = world_position(*swath.edge)
    return (float(u), float(v)), heading_vector(swath.bearing + 90)


def _sky(seed: int, lattice: Lattice, place: Place, conditions: _Conditions, out: Weather) -> None:
    """Fills all layers except the shadows; empty layers keep their zeros."""
    shape = out.cloud.shape
    scratch = np.empty((lib.SKY_SCRATCH, shape[1]))
    given = ffi.new("conditions *", (*conditions[:3], *conditions.edge, *conditions.inwards))
    lib.make_sky(
        seed,
        pixel_grid(lattice, place, shape),
        given,
        *shape,
        pointer(scratch, np.float64, scratch.shape),
        *(pointer(layer, np.uint8, shape) for layer in (out.cloud, out.cirrus, out.haze)),
        pointer(out.seen, np.bool_, shape),
    )
