"""One plane for the whole Earth, so that granules and UTM zones see the same ground and the same weather.

The plane is the spherical Mercator projection of geographic coordinates: conformal, so that what is round
here is round on the ground, and periodic in longitude, so that it closes at the antimeridian. A world unit
is 1 / 2**25 of the way round: 1.19 m on the equator, and shorter by the cosine of the latitude elsewhere.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from cloudless_mosaic.synthetic.compiled import compiled
from cloudless_mosaic.synthetic.noise import WORLD_BITS, Row

AROUND = float(1 << WORLD_BITS)
"""World units around the globe."""

STEP = 640.0
"""Metres between nodes of a lattice. Linear interpolation in between is off by less than 2 cm."""

FloatArray = npt.NDArray[np.floating[Any]]


class Lattice(NamedTuple):
    """World positions of nodes every 640 m of a projected CRS, at whole multiples of 640 m.

    Nodes don't depend on the window they were made for, so that two granules of one zone get identical
    positions where they overlap. A named tuple, because kernels take it whole.
    """

    u: npt.NDArray[np.float64]
    """Eastward world units, shape (nodes northwards, nodes eastwards)."""
    v: npt.NDArray[np.float64]
    """Northward world units, same shape."""
    first: tuple[int, int]
    """x and y of the south-western node, in steps."""


def world_position(longitude: FloatArray | float, latitude: FloatArray | float) -> tuple[Any, Any]:
    """World units of geographic coordinates in degrees; ``u`` is 0 at Greenwich."""
    u = np.asarray(longitude) * (AROUND / 360)
    v = np.arcsinh(np.tan(np.radians(latitude))) * (AROUND / math.tau)
    return u, v


def geographic_position(u: FloatArray | float, v: FloatArray | float) -> tuple[Any, Any]:
    """Longitude and latitude in degrees of a world position; undoes `world_position`."""
    latitude = np.degrees(np.arctan(np.sinh(np.asarray(v) * (math.tau / AROUND))))
    return np.asarray(u) * (360 / AROUND), latitude


def world_lattice(crs: str, bounds: tuple[float, float, float, float]) -> Lattice:
    """The lattice that covers ``bounds``: left, bottom, right, top in ``crs``.

    Where the bounds straddle the antimeridian, ``u`` runs on past half of `AROUND` instead of jumping.
    """
    left, bottom = math.floor(bounds[0] / STEP), math.floor(bounds[1] / STEP)
    right, top = math.floor(bounds[2] / STEP) + 1, math.floor(bounds[3] / STEP) + 1
    x, y = np.meshgrid(np.arange(left, right + 1) * STEP, np.arange(bottom, top + 1) * STEP)
    to_geographic = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    longitude, latitude = to_geographic.transform(x, y)
    reference = longitude.flat[0]
    longitude = np.where(longitude - reference > 180, longitude - 360, longitude)
    longitude = np.where(longitude - reference < -180, longitude + 360, longitude)
    u, v = world_position(longitude, latitude)
    return Lattice(u, v, (left, bottom))


def heading_vector(bearing: float) -> tuple[float, float]:
    """Unit vector on the plane of a bearing in degrees clockwise from north."""
    return math.sin(math.radians(bearing)), math.cos(math.radians(bearing))


@compiled
def locate(lattice: Lattice, x: float, y: float) -> tuple[float, float]:  # pragma: no cover - compiled
    """World position of x and y of the lattice's CRS."""
    i = math.floor(x / STEP)
    j = math.floor(y / STEP)
    a = x / STEP - i
    b = y / STEP - j
    i -= lattice.first[0]
    j -= lattice.first[1]
    return _between(lattice.u, i, j, a, b), _between(lattice.v, i, j, a, b)


@compiled
def locate_row(
    lattice: Lattice, left: float, y: float, pixel: float, u: Row, v: Row
) -> None:  # pragma: no cover - compiled
    """Writes the world positions of a row of pixels to ``u`` and ``v``.

    Args:
        lattice: Covers the row.
        left: x of the left edge of the first pixel.
        y: That of the centres of all.
        pixel: Edge of a pixel.
        u: Room for eastward world units, one for each pixel.
        v: Room for northward ones.
    """
    for column in range(u.size):
        u[column], v[column] = locate(lattice, left + (column + 0.5) * pixel, y)


@compiled
def _between(
    nodes: npt.NDArray[np.float64], i: int, j: int, a: float, b: float
) -> float:  # pragma: no cover - compiled
    south = nodes[j, i] + a * (nodes[j, i + 1] - nodes[j, i])
    north = nodes[j + 1, i] + a * (nodes[j + 1, i + 1] - nodes[j + 1, i])
    return float(south + b * (north - south))
