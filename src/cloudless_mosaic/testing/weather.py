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

from cloudless_mosaic.scenes import SourceGrid
from cloudless_mosaic.testing.acquisitions import Acquisition, Swath
from cloudless_mosaic.testing.compiled import compiled
from cloudless_mosaic.testing.ground import Bytes, Place
from cloudless_mosaic.testing.noise import derive_seed, fractal, smooth
from cloudless_mosaic.testing.pool import run_all
from cloudless_mosaic.testing.world import (
    AROUND,
    Lattice,
    heading_vector,
    locate,
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
    half = AROUND / 2.0
    for row in range(out.cloud.shape[0]):
        y = top - (row + 0.5) * pixel
        for column in range(out.cloud.shape[1]):
            u, v = locate(lattice, left + (column + 0.5) * pixel, y)
            eastwards = (u - conditions.edge[0] + half) % AROUND - half
            northwards = v - conditions.edge[1]
            inwards = eastwards * conditions.inwards[0] + northwards * conditions.inwards[1]
            out.seen[row, column] = inwards >= 0.0
            out.cloud[row, column] = _cloud(seed, u, v, conditions.clouds)
            out.cirrus[row, column] = _cirrus(seed + 40, u, v, conditions.cirrus)
            out.haze[row, column] = _haze(seed + 80, u, v, conditions.haze)


@compiled
def _cloud(seed: int, u: float, v: float, threshold: float) -> int:  # pragma: no cover - compiled
    """Thickness of cloud: large fields whose edges fray into puffs."""
    if threshold == math.inf:
        return 0
    broad = fractal(seed, u, v, 13, 2)
    if broad + 0.4 < threshold:
        return 0
    depth = broad + 0.5 * fractal(seed + 2, u, v, 11, 4)
    thinnest = 0.0
    if threshold == -math.inf:
        threshold = -0.7
        thinnest = OPAQUE / THICKEST
    return math.floor(THICKEST * min(1.0, max(thinnest, 2.2 * (depth - threshold))))


@compiled
def _cirrus(seed: int, u: float, v: float, threshold: float) -> int:  # pragma: no cover - compiled
    """Density of cirrus, drawn out from west to east."""
    if threshold == math.inf:
        return 0
    depth = smooth(seed, u, v, 15, 13) + 0.5 * smooth(seed + 1, u, v, 13, 11) - threshold
    return math.floor(DENSEST * min(1.0, max(0.0, 4.0 * depth)))


@compiled
def _haze(seed: int, u: float, v: float, threshold: float) -> int:  # pragma: no cover - compiled
    """Density of haze, which has no sharp edge."""
    if threshold == math.inf:
        return 0
    depth = fractal(seed, u, v, 14, 2) - threshold
    return math.floor(DENSEST * min(1.0, max(0.0, 3.0 * depth)))
