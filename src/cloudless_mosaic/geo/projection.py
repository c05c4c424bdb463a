"""From one CRS to another."""

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

_EARTH_RADIUS = 6371008.8
"""Mean radius in metres (Moritz 2000, Geodetic Reference System 1980)."""


@lru_cache(maxsize=1024)
def same_crs(one: str, other: str) -> bool:
    """True for two texts of one CRS, whatever the order of its axes."""
    if one == other:
        return True
    return bool(CRS.from_user_input(one).equals(CRS.from_user_input(other), ignore_axis_order=True))


@lru_cache(maxsize=1024)
def metres_per_unit(crs: str) -> float:
    """Length of a unit of a CRS; that of a degree along a meridian where the CRS counts in degrees."""
    found = CRS.from_user_input(crs)
    factor = found.axis_info[0].unit_conversion_factor
    return factor * _EARTH_RADIUS if found.is_geographic else factor


@lru_cache(maxsize=1024)
def unit_of(crs: str) -> str:
    """Name of the unit of a CRS: ``m`` where it is the metre."""
    name = CRS.from_user_input(crs).axis_info[0].unit_name
    return "m" if name == "metre" else name


def project(area: Area, source: str, target: str) -> Area:
    """An area, or an array of them, in another CRS, with enough points along edges to follow their curves."""
    step = _DENSE if _is_geographic(source) else 5000.0
    forward = transformer(source, target).transform

    def convert(points: np.ndarray) -> np.ndarray:
        return np.column_stack(forward(points[:, 0], points[:, 1]))

    projected: Area = transform(segmentize(area, step), convert)
    return projected


@lru_cache(maxsize=1024)
def transformer(source: str, target: str) -> Transformer:
    """From one CRS to another, x before y; kept, since it takes longer to make than to use."""
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=1024)
def _is_geographic(crs: str) -> bool:
    return bool(CRS.from_user_input(crs).is_geographic)
