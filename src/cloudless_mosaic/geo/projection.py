"""Coordinate reference systems: comparison, units, and transformation from one to another."""

from __future__ import annotations

from functools import lru_cache
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from shapely import segmentize, transform
from shapely.geometry.base import BaseGeometry

Area = TypeVar("Area", BaseGeometry, npt.NDArray[np.object_])

_DENSE = 0.05
"""Degrees between points along an edge before it is projected."""

EARTH_RADIUS = 6371008.8
"""Mean radius in metres (Moritz 2000, Geodetic Reference System 1980)."""


@lru_cache(maxsize=1024)
def same_crs(one: str, other: str) -> bool:
    """True for two texts of one CRS, whatever the order of its axes."""
    if one == other:
        return True
    return bool(CRS.from_user_input(one).equals(CRS.from_user_input(other), ignore_axis_order=True))


@lru_cache(maxsize=1024)
def metres_per_unit(crs: str) -> float:
    """Metres per unit of a CRS; for degrees, the length of a degree along a meridian of the mean sphere."""
    parsed = CRS.from_user_input(crs)
    factor = parsed.axis_info[0].unit_conversion_factor
    return factor * EARTH_RADIUS if parsed.is_geographic else factor


@lru_cache(maxsize=1024)
def unit_of(crs: str) -> str:
    """Name of the unit of a CRS: ``m`` where it is the metre."""
    name = CRS.from_user_input(crs).axis_info[0].unit_name
    return "m" if name == "metre" else name


def project(area: Area, source: str, target: str) -> Area:
    """Transforms an area, or an array of areas, with enough points along edges to follow their curves."""
    step = _DENSE if is_geographic(source) else 5000.0
    forward = transformer(source, target).transform

    def convert(points: np.ndarray) -> np.ndarray:
        return np.column_stack(forward(points[:, 0], points[:, 1]))

    projected: Area = transform(segmentize(area, step), convert)
    return projected


@lru_cache(maxsize=1024)
def transformer(source: str, target: str) -> Transformer:
    """The transformation from one CRS to another, x before y; cached, since it is slow to make."""
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=1024)
def is_geographic(crs: str) -> bool:
    """True for a CRS in longitude and latitude."""
    return bool(CRS.from_user_input(crs).is_geographic)
