"""One plane for the whole Earth, so that granules and UTM zones see the same ground and the same weather.

The plane is the spherical Mercator projection of geographic coordinates: conformal, so circles here are
circles on the ground, and periodic in longitude, so it is continuous at the antimeridian. A world unit is 1 /
2**25 of the circumference: 1.19 m on the equator, and shorter by the cosine of the latitude elsewhere.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from pyproj import Transformer

from cloudless_mosaic.synthetic.native import ffi, lib, pointer

AROUND = float(1 << lib.WORLD_BITS)
"""World units around the globe."""

STEP = float(lib.NODE_STEP)
"""Metres between nodes of a lattice. Linear interpolation in between is off by less than 2 cm."""

FloatArray = npt.NDArray[np.floating[Any]]

Place = tuple[float, float, float]
"""x of the left edge, y of the top edge and edge of a pixel."""


class Lattice(NamedTuple):
    """World positions of nodes every 640 m of a projected CRS, at whole multiples of 640 m.

    Nodes don't depend on the window they were made for, so that two granules of one zone get identical
    positions where they overlap.
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

    If the bounds cross the antimeridian, ``u`` continues past half of `AROUND`.
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


def pixel_grid(lattice: Lattice, place: Place, shape: tuple[int, int]) -> Any:  # noqa: ANN401 - of C
    """A grid of pixels in a lattice, as a C struct.

    Args:
        lattice: Must outlive the grid.
        place: Position of the pixels, in the lattice's CRS.
        shape: Rows and columns.

    Raises:
        ValueError: if the lattice doesn't cover the centres of all pixels.
    """
    left, top, pixel = place
    nodes = lattice.u.shape
    columns = [math.floor((left + (column + 0.5) * pixel) / STEP) for column in (0, shape[1] - 1)]
    rows = [math.floor((top - (row + 0.5) * pixel) / STEP) for row in (shape[0] - 1, 0)]
    for (first, last), origin, length in zip((columns, rows), lattice.first, reversed(nodes), strict=True):
        if first < origin or last + 1 >= origin + length:
            raise ValueError(f"pixels at {place} of shape {shape} reach beyond a lattice of {nodes} nodes")
    u, v = (pointer(positions, np.float64, nodes) for positions in (lattice.u, lattice.v))
    return ffi.new("pixel_grid *", (u, v, nodes[1], *lattice.first, left, top, pixel))
