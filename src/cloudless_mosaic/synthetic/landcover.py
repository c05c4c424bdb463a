"""What covers the land at a place, by the lie of the land around it.

Fields and towns keep to the low ground, forest takes the rest up to the tree line, bare rock lies above.
Lengths are in world units, 0.8 m at the latitude of the demo; heights in metres.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.synthetic.compiled import compiled
from cloudless_mosaic.synthetic.noise import Row, add_smooth, cell_hash, fill_fractal, share

WATER, SHALLOWS, CONIFERS, BROADLEAVES, CLEARING, GRASS, CROP, SOIL, GARDENS, ROOFS, STREET, ROCK = range(12)
"""Land covers."""

Position = tuple[float, float]
"""Eastward and northward world units."""


class Noises(NamedTuple):
    """What chance does to a place, each a smooth noise. A named tuple, because kernels take it whole."""

    river: float
    """Rivers are wide where it is high."""
    town: float
    """Towns lie where it is high."""
    farm: float
    """Fields lie where it is high."""
    bend: float
    """Bends the edges of stands of trees."""
    exposure: float
    """Trees end lower where it is high."""


@compiled
def ramp(low: float, high: float, value: float) -> float:  # pragma: no cover - compiled
    """Goes smoothly from 0 at ``low`` to 1 at ``high``."""
    x = min(1.0, max(0.0, (value - low) / (high - low)))
    return x * x * (3.0 - 2.0 * x)


@compiled
def fill_noises(
    seed: int, u: Row, v: Row, out: npt.NDArray[np.float64]
) -> None:  # pragma: no cover - compiled
    """Writes `Noises` for a row of places, shape (5, places).

    All of them everywhere: single ones where they are asked for take longer than whole rows.
    """
    out[:] = 0.0
    add_smooth(seed + 500, u, v, 14, 14, 1.0, out[0])
    fill_fractal(seed + 600, u, v, 13, 3, out[1])
    fill_fractal(seed + 700, u, v, 13, 3, out[2])
    add_smooth(seed + 810, u, v, 10, 10, 1.0, out[3])
    add_smooth(seed + 840, u, v, 10, 10, 1.0, out[4])


@compiled
def land_cover(
    seed: int, position: Position, noises: Noises, height: float, valley: float, slope: float
) -> tuple[int, float]:  # pragma: no cover - compiled
    """Land cover and texture of one place.

    Args:
        seed: Seed of the land.
        position: The place.
        noises: Those of the place.
        height: Metres above the sea.
        valley: Distance from the valley floor, 0 on it and about 0.5 on a ridge.
        slope: Rise over run.

    Returns:
        The cover, and a factor around 1 on its reflectance.
    """
    if height < 0.0:
        return (SHALLOWS if height > -4.0 else WATER), 1.0
    river = 0.003 + 0.02 * ramp(-0.1, 0.5, noises.river)
    if height < 420.0 and valley < river:
        return (SHALLOWS if height > 60.0 else WATER), 1.0
    if height < 320.0 and slope < 0.25:
        built = noises.town - height / 900.0 - 0.16
        if built > 0.0:
            return _town(seed, position, built)
        farmed = noises.farm - height / 700.0 + 0.1
        if farmed > 0.0 and slope < 0.12:
            return _field(seed, position)
    return _forest(seed, position, noises, height, slope)


@compiled
def _town(seed: int, position: Position, density: float) -> tuple[int, float]:  # pragma: no cover - compiled
    """Streets every 100 m, avenues every 800 m, blocks of gardens and roofs between them."""
    u, v = position
    if (math.floor(u) & 1023) < 34 or (math.floor(v) & 1023) < 34 or (math.floor(v) & 127) < 14:
        return STREET, 1.0
    block = cell_hash(seed + 610, u, v, 7)
    tone = 0.9 + 0.25 * share(block, 1)
    if share(block, 0) < 0.12:
        return GRASS, 1.0
    return (ROOFS if share(block, 2) < 3.0 * density else GARDENS), tone


@compiled
def _field(seed: int, position: Position) -> tuple[int, float]:  # pragma: no cover - compiled
    """Parcels, alike in shape and direction within an estate of 1.6 km, with roads between estates."""
    u, v = position
    estate = cell_hash(seed + 710, u, v, 11)
    x = float(math.floor(u) & 2047)
    y = float(math.floor(v) & 2047)
    if x < 14.0 or y < 14.0:
        return STREET, 1.0
    turn = 0.5 * share(estate, 0) - 0.25
    across = (x + turn * y) / (240.0 + 260.0 * share(estate, 1))
    along = (y - turn * x) / (330.0 + 470.0 * share(estate, 2))
    parcel = cell_hash(estate, across + 64.0, along + 64.0, 0)
    tone = 0.88 + 0.24 * share(parcel, 1)
    choice = share(parcel, 0)
    if choice < 0.42:
        return GRASS, tone
    if choice < 0.64:
        return CROP, tone
    if choice < 0.84:
        return SOIL, tone
    return (CONIFERS if choice < 0.94 else BROADLEAVES), tone


@compiled
def _forest(
    seed: int, position: Position, noises: Noises, height: float, slope: float
) -> tuple[int, float]:  # pragma: no cover - compiled
    """Stands with bent edges, some cleared, broadleaves in the lowland; rock above the tree line."""
    u, v = position
    bend = 1100.0 * noises.bend
    stand = cell_hash(seed + 820, u + bend, v - bend, 10)
    tone = 0.9 + 0.06 * int(4.0 * share(stand, 0))
    exposure = height + 500.0 * noises.exposure + 500.0 * slope
    if exposure > 1750.0:
        return ROCK, tone
    choice = share(stand, 1)
    if exposure > 1450.0 or (choice < 0.1 and slope < 0.6):
        return CLEARING, tone
    if height < 350.0 and choice < 0.45 - height / 1000.0:
        return BROADLEAVES, tone
    return CONIFERS, tone
