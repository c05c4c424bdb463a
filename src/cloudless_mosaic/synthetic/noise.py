"""Reproducible randomness over the plane: hashes of lattice cells, and smooth noise made of them.

Positions are world units (`cloudless_mosaic.synthetic.world`). Cells are powers of two wide, so a whole
number of them goes round the globe and the noise closes on itself at the antimeridian.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.synthetic.compiled import compiled

WORLD_BITS = 25
"""The globe is 2**25 world units around."""

_COLUMN_PRIME = np.uint64(0x9E3779B97F4A7C15)
_ROW_PRIME = np.uint64(0xD1B54A32D192ED03)
_FIRST_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MULTIPLIER = np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(31)
_HALF_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)

Row = npt.NDArray[np.float64]
"""A number for every place of a row. In kernels a row is taken out of an array by its index: of one that is
unpacked numba doesn't know that its numbers lie side by side, and makes no vector instructions."""

_Vector = tuple[float, float]
_Corners = tuple[_Vector, _Vector, _Vector, _Vector]


def derive_seed(seed: int, *names: str) -> int:
    """A seed of its own for everything that has a name, below 2**56; the same on every machine."""
    text = "/".join((str(seed), *names))
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest(), "little")


@compiled
def mix(seed: int | np.uint64, column: int, row: int) -> np.uint64:  # pragma: no cover - compiled
    """Hashes a lattice cell to 64 evenly spread bits.

    Two rounds of xor-shift and multiply with the constants of SplitMix64 (Steele, Lea and Flood 2014).
    """
    h = np.uint64(seed) ^ (np.uint64(column) * _COLUMN_PRIME) ^ (np.uint64(row) * _ROW_PRIME)
    h = (h ^ (h >> _SHIFT)) * _FIRST_MULTIPLIER
    h = (h ^ (h >> _SHIFT)) * _SECOND_MULTIPLIER
    return h ^ (h >> _SHIFT)


@compiled
def cell_hash(
    seed: int | np.uint64, u: float, v: float, bits: int
) -> np.uint64:  # pragma: no cover - compiled
    """Hashes the cell of ``2**bits`` world units that holds a position."""
    column = (math.floor(u) >> bits) & ((1 << (WORLD_BITS - bits)) - 1)
    return mix(seed, column, math.floor(v) >> bits)


@compiled
def share(h: np.uint64, part: int) -> float:  # pragma: no cover - compiled
    """One of four independent numbers in [0, 1) held by a hash; ``part`` is 0 to 3."""
    return float((h >> np.uint64(16 * part)) & np.uint64(0xFFFF)) / 65536.0


@compiled
def _gradient(seed: int, column: int, row: int) -> _Vector:  # pragma: no cover - compiled
    h = mix(seed, column, row)
    return float(h & _LOW_WORD) / 2147483648.0 - 1.0, float(h >> _HALF_WORD) / 2147483648.0 - 1.0


@compiled
def _corners(seed: int, column: int, row: int, u_bits: int) -> _Corners:  # pragma: no cover - compiled
    """Gradients in the south-west, south-east, north-west and north-east of a cell."""
    around = (1 << (WORLD_BITS - u_bits)) - 1
    west = column & around
    east = (column + 1) & around
    return (
        _gradient(seed, west, row),
        _gradient(seed, east, row),
        _gradient(seed, west, row + 1),
        _gradient(seed, east, row + 1),
    )


@compiled
def _blend(corners: _Corners, x: float, y: float) -> float:  # pragma: no cover - compiled
    """The noise in a cell at ``x`` and ``y``, each from 0 to 1."""
    south_west, south_east, north_west, north_east = corners
    a = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
    b = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
    sw = south_west[0] * x + south_west[1] * y
    se = south_east[0] * (x - 1.0) + south_east[1] * y
    nw = north_west[0] * x + north_west[1] * (y - 1.0)
    ne = north_east[0] * (x - 1.0) + north_east[1] * (y - 1.0)
    south = sw + a * (se - sw)
    north = nw + a * (ne - nw)
    return south + b * (north - south)


@compiled
def add_smooth(
    seed: int, u: Row, v: Row, u_bits: int, v_bits: int, height: float, out: Row
) -> None:  # pragma: no cover - compiled
    """Adds gradient noise (Perlin 2002) at a row of places.

    Neighbours share a cell, whose corners are hashed once for all of them; the rest is a loop without
    branches, which the compiler makes vector instructions of.

    Args:
        seed: Decides the noise.
        u: Eastward world units of the places.
        v: Northward ones.
        u_bits: Cells are ``2**u_bits`` world units wide.
        v_bits: And ``2**v_bits`` high.
        height: Factor on a noise around 0 with a standard deviation of about 0.2, hardly ever beyond 0.7.
        out: Where it is added, one number for each place.
    """
    column_scale = 1.0 / float(1 << u_bits)  # exact, as the scales are powers of two
    row_scale = 1.0 / float(1 << v_bits)
    first = 0
    while first < u.size:
        column = math.floor(u[first] * column_scale)
        row = math.floor(v[first] * row_scale)
        end = first + 1  # the first is in its cell, even where rounding puts it on the edge
        while end < u.size:
            x = u[end] * column_scale - column
            y = v[end] * row_scale - row
            if x < 0.0 or x >= 1.0 or y < 0.0 or y >= 1.0:
                break
            end += 1
        corners = _corners(seed, column, row, u_bits)
        eastwards, northwards, sums = u[first:end], v[first:end], out[first:end]
        for i in range(sums.size):
            x = eastwards[i] * column_scale - column
            y = northwards[i] * row_scale - row
            sums[i] += height * _blend(corners, x, y)
        first = end


@compiled
def fill_fractal(
    seed: int, u: Row, v: Row, bits: int, octaves: int, out: Row
) -> None:  # pragma: no cover - compiled
    """Writes a sum of smooth noises, each with half the cell and half the height of the one before.

    Args:
        seed: Decides the noises.
        u: Eastward world units of a row of places.
        v: Northward ones.
        bits: Cells of the first noise are ``2**bits`` world units wide.
        octaves: Number of noises.
        out: Room for one number for each place.
    """
    out[:] = 0.0
    height = 1.0
    for octave in range(octaves):
        add_smooth(seed + octave, u, v, bits - octave, bits - octave, height, out)
        height *= 0.5
