"""Which pixels of a grid lie in polygons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

import numpy as np
import numpy.typing as npt
from shapely import STRtree, contains_properly
from shapely.geometry import Polygon, box

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.antimeridian import within_world
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.geo.projection import project, transformer


@dataclass(frozen=True, slots=True)
class Clip:
    """Polygons that a mosaic is cut to: a pixel is inside if its centre is."""

    polygons: tuple[Polygon, ...]
    """In the CRS of the grid."""
    tree: STRtree
    """Their index."""

    @classmethod
    def to(cls, aoi: Aoi, crs: str) -> Self:
        """Cuts to the polygons of an area.

        Edges are straight in longitude and latitude. They get a point at least every 0.05 degrees, which is
        projected. A polygon across the antimeridian stays in one piece, unless the CRS is cut there.

        Args:
            aoi: The area.
            crs: CRS of the grid.
        """
        parts = [part for polygon in aoi.exact.geoms for part in _pieces(polygon, crs)]
        # one by one: a multipolygon whose parts overlap would be changed
        polygons = tuple(project(np.array(parts, dtype=object), "EPSG:4326", crs))
        return cls(polygons, STRtree(polygons))

    def inside(self, geobox: GeoBox) -> PackedMask | None:
        """The pixels of a part of the grid that are inside, shape (y, x); ``None`` where all are."""
        mask = self._mask(geobox)
        return None if mask.all() else PackedMask.of(mask)

    def meets(self, geobox: GeoBox) -> bool:
        """True where any pixel of a part of the grid is inside."""
        return bool(self._mask(geobox).any())

    def _mask(self, geobox: GeoBox) -> npt.NDArray[np.bool_]:
        part = box(*geobox.boundingbox.bbox)
        near = [self.polygons[i] for i in sorted(self.tree.query(part))]
        if not near:
            return np.zeros(geobox.shape, np.bool_)
        if contains_properly(near, part).any():
            return np.ones(geobox.shape, np.bool_)
        from rasterio.features import geometry_mask  # noqa: PLC0415 - GDAL loads slowly

        inside: npt.NDArray[np.bool_] = geometry_mask(
            near, out_shape=geobox.shape, transform=geobox.affine, invert=True
        )
        return inside


def _pieces(polygon: Polygon, crs: str) -> Iterator[Polygon]:
    """A polygon in degrees as it is, or cut at the antimeridian where a CRS is."""
    west, south, east, north = polygon.bounds
    latitude = (south + north) / 2
    if max(-west, east) <= 180 or _joins(crs, latitude):
        yield polygon
    else:
        for parts in within_world(polygon):
            yield from parts


@lru_cache(maxsize=1024)
def _joins(crs: str, latitude: float) -> bool:
    """True where both sides of the antimeridian lie in one place in a CRS."""
    xs, ys = transformer("EPSG:4326", crs).transform([180.0, -180.0], [latitude] * 2)
    return bool(np.allclose([xs[0], ys[0]], [xs[1], ys[1]], rtol=0, atol=1e-3))
