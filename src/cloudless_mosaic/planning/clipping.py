"""Which pixels of a grid lie in polygons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from shapely import STRtree, contains_properly
from shapely.geometry import Polygon, box

from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.geo.antimeridian import polygons_of
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.geo.projection import project


@dataclass(frozen=True, slots=True)
class Clip:
    """Polygons that a mosaic is cut to: a pixel is inside if its centre is."""

    polygons: tuple[Polygon, ...]
    """In the CRS of the grid, disjoint."""
    tree: STRtree
    """Their index."""

    @classmethod
    def to(cls, aoi: Aoi, crs: str) -> Self:
        """Cuts to the polygons of an area, whose edges are followed every 0.05 degrees.

        Args:
            aoi: The area.
            crs: CRS of the grid.
        """
        polygons = tuple(polygons_of(project(aoi.exact, "EPSG:4326", crs)).geoms)
        return cls(polygons, STRtree(polygons))

    def inside(self, geobox: GeoBox) -> PackedMask | None:
        """The pixels of a part of the grid that are inside, shape (y, x); ``None`` where all are."""
        mask = self._mask(geobox)
        return None if mask.all() else PackedMask.of(mask)

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
