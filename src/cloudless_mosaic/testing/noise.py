"""Reproducible randomness over the plane: hashes of lattice cells, and smooth noise made of them.

Positions are world units (`cloudless_mosaic.testing.world`). Cells are powers of two wide, so a whole
number of them goes round the globe and the noise closes on itself at the antimeridian.
"""

from __future__ import annotations

import hashlib
import math

import numpy as np

from cloudless_mosaic.testing.compiled import compiled

WORLD_BITS = 25
"""The globe is 2**25 world units around."""

_COLUMN_PRIME = np.uint64(0x9E3779B97F4A7C15)
_ROW_PRIME = np.uint64(0xD1B54A32D192ED03)
_FIRST_MULTIPLIER = np.uint64(0xBF58476D1CE4E5B9)
_SECOND_MULTIPLIER = np.uint64(0x94D049BB133111EB)
_SHIFT = np.uint64(31)
_HALF_WORD = np.uint64(32)
_LOW_WORD = np.uint64(0xFFFFFFFF)


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
def _slope(seed: int, column: int, row: int, x: float, y: float) -> float:  # pragma: no cover - compiled
    h = mix(seed, column, row)
    gradient_x = float(h & _LOW_WORD) / 2147483648.0 - 1.0
    gradient_y = float(h >> _HALF_WORD) / 2147483648.0 - 1.0
    return gradient_x * x + gradient_y * y


@compiled
def smooth(seed: int, u: float, v: float, u_bits: int, v_bits: int) -> float:  # pragma: no cover - compiled
    """Gradient noise (Perlin 2002) over cells of ``2**u_bits`` by ``2**v_bits`` world units.

    Returns:
        A number around 0, standard deviation about 0.2, hardly ever beyond 0.7.
    """
    x = u / float(1 << u_bits)
    y = v / float(1 << v_bits)
    column = math.floor(x)
    row = math.floor(y)
    x -= column
    y -= row
    around = (1 << (WORLD_BITS - u_bits)) - 1
    west = column & around
    east = (column + 1) & around
    a = x * x * x * (x * (x * 6.0 - 15.0) + 10.0)
    b = y * y * y * (y * (y * 6.0 - 15.0) + 10.0)
    south_west = _slope(seed, west, row, x, y)
    south_east = _slope(seed, east, row, x - 1.0, y)
    north_west = _slope(seed, west, row + 1, x, y - 1.0)
    north_east = _slope(seed, east, row + 1, x - 1.0, y - 1.0)
    south = south_west + a * (south_east - south_west)
    north = north_west + a * (north_east - north_west)
    return south + b * (north - south)


@compiled
def fractal(seed: int, u: float, v: float, bits: int, octaves: int) -> float:  # pragma: no cover - compiled
    """Sum of ``octaves`` smooth noises, each with half the cell and half the height of the one before."""
    total = 0.0
    height = 1.0
    for octave in range(octaves):
        total += height * smooth(seed + octave, u, v, bits - octave, bits - octave)
        height *= 0.5
    return total
