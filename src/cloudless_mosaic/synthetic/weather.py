"""What is in the sky: clouds and their shadows, cirrus, haze; and where the swath ends.

A pure function of world position and overpass, made on the 20 m grid of the scene classification.
"""

from __future__ import annotations

import math
from concurrent.futures import Executor
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition, Swath
from cloudless_mosaic.synthetic.compiled import compiled
from cloudless_mosaic.synthetic.ground import Bytes, Place
from cloudless_mosaic.synthetic.noise import Row, add_smooth, derive_seed, fill_fractal
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.world import (
    AROUND,
    Lattice,
    heading_vector,
    locate_row,
    world_lattice,
    world_position,
)

THICKEST = 18
"""Thickness of a cloud is 0 to this."""

OPAQUE = 6
"""Thickness from which nothing shines through a cloud."""

DENSEST = 16
"""Density of cirrus and of haze is 0 to this."""

_SPREAD = 0.205
"""Standard deviation of the noises that the parts of the sky are cut from."""

_ROWS = 64
"""Rows that one job of the pool makes."""

_LOWEST_SUN = 80.0
"""Degrees from the zenith beyond which shadows grow no longer."""


class Weather(NamedTuple):
    """What lies between sensor and ground, on a grid of 20 m. A named tuple: kernels take it whole."""

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
        """True where the sensor sees the ground and nothing else."""
        return np.asarray(self.seen & ((self.cloud | self.shadow | self.cirrus | self.haze) == 0))

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
    """What makes one overpass differ from another."""

    clouds: float
    """Noise above this is cloud."""
    cirrus: float
    """Noise above this is cirrus."""
    haze: float
    """Noise above this is haze."""
    edge: tuple[float, float]
    """A place on the edge of the swath, world units."""
    inwards: tuple[float, float]
    """Unit vector into the swath; 0, 0 without an edge."""


def make_weather(seed: int, acquisition: Acquisition, grid: SourceGrid, pool: Executor) -> Weather:
    """Makes the weather of an overpass over a grid.

    Args:
        seed: Seed of the archive.
        acquisition: The overpass; all its processings have the same weather.
        grid: Pixel grid of 20 m.
        pool: Where the rows are computed; the kernels release the GIL.
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

    Takes the north of the grid for true north, which they miss by 3 degrees at most.
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


@compiled
def _sky(
    seed: int, lattice: Lattice, place: Place, conditions: _Conditions, out: Weather
) -> None:  # pragma: no cover - compiled
    left, top, pixel = place
    columns = out.cloud.shape[1]
    places, noises = np.empty((2, columns)), np.empty((2, columns))
    u, v, broad, fine = places[0], places[1], noises[0], noises[1]
    for row in range(out.cloud.shape[0]):
        locate_row(lattice, left, top - (row + 0.5) * pixel, pixel, u, v)
        _swath(u, v, conditions, out.seen[row])
        if conditions.clouds != math.inf:
            fill_fractal(seed, u, v, 13, 2, broad)
            fill_fractal(seed + 2, u, v, 11, 4, fine)
            _clouds(broad, fine, conditions.clouds, out.cloud[row])
        if conditions.cirrus != math.inf:
            broad[:] = 0.0
            add_smooth(seed + 40, u, v, 15, 13, 1.0, broad)
            add_smooth(seed + 41, u, v, 13, 11, 0.5, broad)
            _veil(broad, conditions.cirrus, 4.0, out.cirrus[row])
        if conditions.haze != math.inf:
            fill_fractal(seed + 80, u, v, 14, 2, broad)
            _veil(broad, conditions.haze, 3.0, out.haze[row])


@compiled
def _swath(
    u: Row, v: Row, conditions: _Conditions, out: npt.NDArray[np.bool_]
) -> None:  # pragma: no cover - compiled
    """True on the seen side of the edge, to which the way is the shorter one round the globe."""
    half = AROUND / 2.0
    for column in range(out.size):
        eastwards = u[column] - conditions.edge[0] + half
        if eastwards < 0.0 or eastwards >= AROUND:  # next to never, and a remainder takes long
            eastwards %= AROUND
        northwards = v[column] - conditions.edge[1]
        inwards = (eastwards - half) * conditions.inwards[0] + northwards * conditions.inwards[1]
        out[column] = inwards >= 0.0


@compiled
def _clouds(broad: Row, fine: Row, threshold: float, out: Bytes) -> None:  # pragma: no cover - compiled
    """Thickness of cloud: large fields whose edges fray into puffs."""
    solid = threshold == -math.inf
    thinnest = OPAQUE / THICKEST if solid else 0.0
    lowest = -0.7 if solid else threshold
    for column in range(out.size):
        depth = broad[column] + 0.5 * fine[column]
        thickness = math.floor(THICKEST * min(1.0, max(thinnest, 2.2 * (depth - lowest))))
        out[column] = thickness if broad[column] + 0.4 >= threshold else 0


@compiled
def _veil(depth: Row, threshold: float, steepness: float, out: Bytes) -> None:  # pragma: no cover - compiled
    """Density of cirrus, drawn out from west to east, or of haze; neither has a sharp edge."""
    for column in range(out.size):
        out[column] = math.floor(DENSEST * min(1.0, max(0.0, steepness * (depth[column] - threshold))))
