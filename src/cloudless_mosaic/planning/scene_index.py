"""Which scenes can touch which part of the output grid. Pure geometry, vectorised over scenes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from shapely import STRtree, area, bounds, box, buffer, contains, intersection, union, union_all
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import metres_per_unit, project

Bounds = tuple[float, float, float, float]

Areas = npt.NDArray[np.object_]
"""Areas of scenes in the output CRS, one each."""

_FOOTPRINT_SLACK = 2000.0
"""Metres by which a footprint grows where the pixel grid of a scene is unknown, or contradicts it."""

_GRID_SLACK = 120.0
"""Metres by which a pixel grid grows: some items place files a pixel or two beside their true place."""

_MOST_BLOCKS = 20_000
"""Most blocks that are examined to find the busiest one; of more, a regular sample."""


class SceneIndex:
    """A spatial index of scenes in the output CRS."""

    def __init__(self, scenes: Sequence[Scene], crs: str) -> None:
        self._scenes = scenes
        self._metre = 1 / metres_per_unit(crs)
        self._footprints: Areas = _array([scene.footprint for scene in scenes])
        if scenes:
            self._footprints = project(self._footprints, "EPSG:4326", crs)
        self._tree = STRtree(self._extents(crs))

    def touching(self, geobox: GeoBox) -> list[Scene]:
        """Scenes that may have pixels in a part of the grid, in their own order."""
        part = box(*geobox.boundingbox.bbox)
        return [self._scenes[i] for i in sorted(self._tree.query(part, predicate="intersects"))]

    def covered(self, geobox: GeoBox) -> npt.NDArray[np.float64]:
        """Square metres of a part of the grid that the footprint of each scene covers, shape (scene,)."""
        left, bottom, right, top = geobox.boundingbox.bbox
        x, y, end_x, end_y = bounds(self._footprints).T
        inside = (left <= x) & (end_x <= right) & (bottom <= y) & (end_y <= top)
        seen = self._footprints.copy()
        seen[~inside] = intersection(seen[~inside], box(left, bottom, right, top))
        squares: npt.NDArray[np.float64] = area(seen)
        return squares / self._metre**2

    def busiest(self, geobox: GeoBox, blocks: Blocks) -> int:
        """Scenes that may have pixels in the block that has most of them."""
        left, top, x, y = geobox.affine.c, geobox.affine.f, geobox.affine.a, geobox.affine.e
        rows, columns = top + y * np.array(blocks.row_edges), left + x * np.array(blocks.column_edges)
        step = -(-len(blocks) // _MOST_BLOCKS)
        row, column = np.divmod(np.arange(0, len(blocks), step), len(columns) - 1)
        areas: Areas = box(columns[column], rows[row + 1], columns[column + 1], rows[row])
        found = self._tree.query(areas, predicate="intersects")[0]
        return int(np.bincount(found).max(initial=0))

    def _extents(self, crs: str) -> Areas:
        """Extent of each scene's pixel grid, else of its footprint, with a margin.

        A block that is missed here would be lost silently. Where the footprint exceeds the grid, one of the
        two is wrong, so the extent holds both; the headers of the files decide later.
        """
        alike: dict[frozenset[tuple[Bounds, str]], list[int]] = {}
        for i, scene in enumerate(self._scenes):
            grids = (raster.grid for raster in scene.rasters.values() if raster.grid)
            alike.setdefault(frozenset((grid.bounds, grid.crs) for grid in grids), []).append(i)
        extents = np.empty(len(self._scenes), np.object_)
        for declared, places in alike.items():
            extents[places] = self._extents_of(declared, crs, self._footprints[places])
        return extents

    def _extents_of(self, grids: frozenset[tuple[Bounds, str]], crs: str, footprints: Areas) -> Areas:
        """Extents of scenes that declare the same pixel grids, or none."""
        whole, grown, wide = _grid_extents(grids, crs)
        inside = contains(wide, footprints)
        extents = np.empty(len(footprints), np.object_)
        extents[inside] = grown
        extents[~inside] = union(whole, buffer(footprints[~inside], _FOOTPRINT_SLACK * self._metre))
        return extents


@lru_cache(maxsize=16384)
def _grid_extents(
    grids: frozenset[tuple[Bounds, str]], crs: str
) -> tuple[BaseGeometry, BaseGeometry, BaseGeometry]:
    """Pixel grids in another CRS: unchanged, grown by the slack of grids, and by that of footprints.

    Cached, since a granule's scenes have the same grids in every period.
    """
    whole = union_all([project(box(*edges), source, crs) for edges, source in grids])
    metre = 1 / metres_per_unit(crs)
    return whole, buffer(whole, _GRID_SLACK * metre), buffer(whole, _FOOTPRINT_SLACK * metre)


def _array(areas: Sequence[BaseGeometry]) -> Areas:
    found = np.empty(len(areas), np.object_)
    found[:] = areas
    return found
