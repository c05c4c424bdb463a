"""A fire with a known severity: what it does to the pixels of a product.

It burns vegetation in rings around a centre; meanwhile bare land elsewhere turns green. Severity is the
decrease of the normalized burn ratio (NBR) of a pixel. It lies in the middle of the classes of severity maps,
so that noise moves almost no pixel to another class.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.geo.projection import transformer
from cloudless_mosaic.synthetic.ground import Ground
from cloudless_mosaic.synthetic.landcover import BROADLEAVES, CLEARING, CONIFERS, CROP, GARDENS, GRASS, SOIL
from cloudless_mosaic.synthetic.rasters import Pixels, coarsened

Floats = npt.NDArray[np.float32]

RINGS = (0.18, 0.35, 0.55, 0.8)
"""Severity from the edge of the fire to its centre."""

GREENING = (-0.18, -0.35)
"""Severity of land that turns green, from the edge to the centre."""

_FUEL = (CONIFERS, BROADLEAVES, GRASS, CROP, GARDENS)
_BARE = (SOIL, CLEARING)

_SEEN = (2, 4, 5)
"""Classes of land in the scene classification."""

_CHAR_CLASS, _SCORCHED_CLASS = 2, 5
"""Classes of burned land: dark area at the highest severity, else not vegetated."""

_SOOT = 0.6
"""Share of the light in near and short-wave infrared that burned land reflects together."""

_CHAR = 450.0
"""Digital number of char in red."""

Place = tuple[float, float]
"""Longitude and latitude, degrees."""


@dataclass(frozen=True, slots=True)
class Fire:
    """Place and size of a fire."""

    centre: Place
    """Point of the highest severity."""
    radius: float
    """Metres to the edge, on average."""
    green: Place
    """Centre of the regrowth."""
    green_radius: float
    """Metres to the edge of the regrowth."""

    def severity(self, ground: Ground, grid: SourceGrid) -> Floats:
        """The decrease of NBR by the fire, on pixels of 20 m.

        Args:
            ground: The land, 10 m.
            grid: Its grid, 10 m.

        Returns:
            Shape (rows / 2, columns / 2); 0 where nothing changed.
        """
        inwards = _inwards(self.centre, self.radius, grid)
        burned = _in_steps(inwards, RINGS) * _all_of_four(ground.cover, _FUEL)
        greening = _in_steps(_inwards(self.green, self.green_radius, grid), GREENING)
        return np.where(burned, burned, greening * _all_of_four(ground.cover, _BARE)).astype(np.float32)


def burn(rasters: Mapping[str, Pixels], severity: Floats, offset: int) -> dict[str, Pixels]:
    """The rasters of a product after a fire.

    Args:
        rasters: By name, among them ``B04``, ``B08``, ``B12`` and ``SCL``, each on its native grid.
        severity: The decrease of NBR, on pixels of 20 m.
        offset: Digital number that pixels carry above ``reflectance / 0.0001``.

    Returns:
        All rasters; clouds and water are unchanged.
    """
    changed = (severity != 0) & np.isin(rasters["SCL"], _SEEN)
    severity = np.where(changed, severity, 0)
    burned = severity > 0
    soot = np.where(burned, _SOOT, 1.0)
    near, short = _reflected(coarsened(rasters["B08"], 2), offset), _reflected(rasters["B12"], offset)
    short = np.rint(soot * (near + short) * (1 - _lowered(near, short, severity)) / 2)
    wide = [plane.repeat(2, 0).repeat(2, 1) for plane in (changed, severity, short, burned)]
    fine_near = _reflected(rasters["B08"], offset)
    after = _lowered(fine_near, _reflected(rasters["B12"], offset).repeat(2, 0).repeat(2, 1), wide[1])
    red = _reflected(rasters["B04"], offset)
    classes = np.where(severity > RINGS[1], _CHAR_CLASS, _SCORCHED_CLASS)
    return {
        **rasters,
        "SCL": np.where(burned, classes, np.where(changed, 4, rasters["SCL"])).astype(np.uint8),
        "B12": _replaced(rasters["B12"], changed, short, offset),
        "B08": _replaced(rasters["B08"], wide[0], wide[2] * (1 + after) / (1 - after), offset),
        "B04": _replaced(rasters["B04"], wide[3], red + (_CHAR - red) * wide[1] / RINGS[-1], offset),
    }


def _inwards(centre: Place, radius: float, grid: SourceGrid) -> npt.NDArray[np.float64]:
    """0 at the edge of a lobed area, 1 in its centre, on pixels of 20 m."""
    x, y = transformer("EPSG:4326", grid.crs).transform(*centre)
    edge = 2 * grid.resolution
    rows, columns = grid.shape[0] // 2, grid.shape[1] // 2
    east = grid.origin[0] + edge * (np.arange(columns) + 0.5) - x
    north = (grid.origin[1] - edge * (np.arange(rows) + 0.5) - y)[:, None]
    angle = np.arctan2(north, east)
    reach = radius * (1 + 0.25 * np.sin(3 * angle + 1) + 0.12 * np.sin(7 * angle))
    return np.asarray(1 - np.hypot(east, north) / reach)


def _in_steps(inwards: npt.NDArray[np.float64], values: tuple[float, ...]) -> npt.NDArray[np.float64]:
    """Rings of equal width, each with its value; 0 outside."""
    rings = np.clip(np.ceil(inwards * len(values)), 0, len(values)).astype(int)
    return np.asarray(np.array((0.0, *values))[rings])


def _all_of_four(cover: npt.NDArray[np.uint8], kinds: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    rows, columns = cover.shape
    fours = np.isin(cover, kinds).reshape(rows // 2, 2, columns // 2, 2)
    return np.asarray(fours.all(axis=(1, 3)))


def _reflected(pixels: Pixels, offset: int) -> npt.NDArray[np.float64]:
    return np.maximum(pixels.astype(np.float64) - offset, 1)


def _lowered(near: npt.NDArray[Any], short: npt.NDArray[Any], fall: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """NBR after its decrease."""
    return np.asarray(np.clip((near - short) / (near + short) - fall, -0.95, 0.95))


def _replaced(pixels: Pixels, where: npt.NDArray[Any], values: npt.NDArray[Any], offset: int) -> Pixels:
    numbers = np.clip(np.rint(values) + offset, 1, 65535).astype(np.uint16)
    return np.where(where & (pixels > 0), numbers, pixels)
