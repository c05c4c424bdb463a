"""Where a mosaic has data, as polygons with few corners."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.geo.geobox import GeoBox

MOST_CORNERS = 100
"""Corners that an area has at most; an area serves to find a mosaic, the exact mask is in its pixels."""

_CELLS = (128, 64, 32, 16, 8)
"""Cells along the longer side of the grid that outlines are drawn from; the fewer, the fewer corners."""


def data_footprint(picture: npt.NDArray[np.generic], factor: int, grid: GeoBox) -> BaseGeometry:
    """The area that has data, in pixels of the grid (x is the column, y the row).

    It covers every pixel that has data. Gaps and bays are closed and corners are cut, at first by little and
    then by more, until few corners are left.

    Args:
        picture: An overview of the mosaic, shape (band, y, x), in which a pixel is 0 in all bands exactly
            where no pixel under it has data.
        factor: Pixels of the grid along the edge of one of the overview.
        grid: The grid.

    Returns:
        Polygons; all of the grid where no pixel has data, since an item needs a geometry.
    """
    rows, columns = grid.shape
    whole = box(0, 0, columns, rows)
    valid: npt.NDArray[np.bool_] = np.logical_or.reduce(picture != 0, axis=0)
    if not valid.any():
        return whole
    for cells in _CELLS:
        area = _outline(valid, -(-max(valid.shape) // cells), factor).intersection(whole)
        corners = shapely.get_num_coordinates(area)
        # one that goes along every cloud would take long, and keep too many all the same
        if MOST_CORNERS < corners <= 10 * MOST_CORNERS:
            area = _rounded(area, 2 * factor * -(-max(valid.shape) // cells)).intersection(whole)
            corners = shapely.get_num_coordinates(area)
        if corners <= MOST_CORNERS:
            return area
    return area.convex_hull


def _outline(valid: npt.NDArray[np.bool_], cell: int, factor: int) -> BaseGeometry:
    """The cells with any data, in pixels of the grid."""
    rows, columns = np.nonzero(_pooled(valid, cell))
    # not by rasterio.features.shapes, which in threads warns of a missing transform, whatever it is given
    area = shapely.coverage_union_all(shapely.box(columns, rows, columns + 1, rows + 1))
    # a normalized ring starts at a true corner, so that every point along an edge goes
    area = shapely.simplify(shapely.normalize(area), 0)
    return shapely.transform(area, lambda points: points * (cell * factor))


def _pooled(valid: npt.NDArray[np.bool_], cell: int) -> npt.NDArray[np.bool_]:
    """True where any pixel of a cell is."""
    rows, columns = (-(-length // cell) for length in valid.shape)
    padded = np.zeros((rows * cell, columns * cell), bool)
    padded[: valid.shape[0], : valid.shape[1]] = valid
    pooled: npt.NDArray[np.bool_] = np.logical_or.reduce(
        padded.reshape(rows, cell, columns, cell), axis=(1, 3)
    )
    return pooled


def _rounded(area: BaseGeometry, distance: float) -> BaseGeometry:
    """An area without gaps and bays that are narrower than twice the distance, and with fewer corners."""
    # sharp joins on the way out and round ones on the way back, so that nothing gets lost between the two
    closed = area.buffer(distance, join_style="mitre").buffer(-distance, quad_segs=2)
    # what is cut off at corners is given back on all sides
    return closed.simplify(distance / 2).buffer(distance / 2, join_style="mitre")
