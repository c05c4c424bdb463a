"""The area of a grid."""

from __future__ import annotations

from dataclasses import replace

from pyproj import CRS
from shapely import segmentize
from shapely.geometry import box

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.areas.polygons import Part, make_area
from cloudless_mosaic.domain.scenes import SourceGrid

_PARTS = 20
"""Points along an edge, which may be a curve in degrees."""


def area_of_grid(grid: SourceGrid) -> Aoi:
    """The area of interest that a grid covers.

    Raises:
        UsageError: if it can't be placed in longitude and latitude.
    """
    left, bottom, right, top = grid.bounds
    outline = segmentize(box(*grid.bounds), max(right - left, top - bottom) / _PARTS)
    area = Aoi.around(make_area([Part((outline,), CRS.from_user_input(grid.crs))]))
    # notes are on areas that users write, and the grid is what they gave
    return replace(area, notes=())
