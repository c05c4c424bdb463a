"""Metadata of datasets by the CF conventions 1.11, for xarray, rioxarray, odc-geo and their files."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from cloudless_mosaic.domain.bands import BANDS, canonical_band

if TYPE_CHECKING:
    from cloudless_mosaic.geo.geobox import GeoBox

GRID_MAPPING = "spatial_ref"
"""Name of the coordinate that holds the CRS, where GDAL, rioxarray and odc-geo look for it."""

Coordinate = tuple[tuple[str, ...], Any, dict[str, Any]]
"""Dimensions, values and attributes."""


@dataclass(frozen=True, slots=True)
class CfVariable:
    """A variable of a dataset."""

    dtype: str
    """Type of a value."""
    long_name: str
    """What its values are."""
    nodata: float | None = None
    """Value where there is none; ``None`` where every value says something."""
    scale: float | None = None
    """Quantity per digital number; ``None`` where values are not packed."""

    @property
    def attrs(self) -> dict[str, Any]:
        """Attributes of the variable."""
        attrs: dict[str, Any] = {"long_name": self.long_name, "grid_mapping": GRID_MAPPING}
        if self.scale is not None:
            attrs |= {"units": "1", "scale_factor": self.scale, "add_offset": 0.0}
        if self.nodata is not None:
            # of the type of the values, as CF and netCDF require
            attrs |= {"_FillValue": np.dtype(self.dtype).type(self.nodata), "nodata": self.nodata}
        return attrs


def reflectance(band: str) -> CfVariable:
    """The variable of a band of a mosaic, by any of the band's names."""
    name = canonical_band(band)
    return CfVariable("uint16", f"surface reflectance, {BANDS[name].common_name} ({name})", 0, 0.0001)


def grid_coordinates(geobox: GeoBox) -> dict[str, Coordinate]:
    """The coordinates ``y`` and ``x`` of the centres of pixels, and the grid mapping.

    Args:
        geobox: Grid of the dataset.
    """
    from pyproj import CRS  # noqa: PLC0415 - only datasets need it

    crs = CRS.from_user_input(str(geobox.crs))
    # CF gives the attributes of horizontal axes by what they mean: axis X is east or longitude
    axes = {axis["axis"]: axis for axis in crs.cs_to_cf() if "axis" in axis}
    # a geographic grid calls its axes latitude and longitude
    y, x = (geobox.coordinates[axis].values for axis in geobox.dimensions)
    a, b, c, d, e, f = geobox.affine[:6]
    mapping = {
        **crs.to_cf(),
        "spatial_ref": crs.to_wkt(),
        "GeoTransform": " ".join(repr(float(value)) for value in (c, a, b, f, d, e)),
    }
    return {
        "y": (("y",), y, dict(axes.get("Y", {}))),
        "x": (("x",), x, dict(axes.get("X", {}))),
        GRID_MAPPING: ((), np.int32(0), mapping),
    }
