"""Grids of other archives by name: which CRS, and where pixel edges lie."""

from __future__ import annotations

from dataclasses import dataclass

BRAZIL_ALBERS = (
    "+proj=aea +lat_0=-12 +lon_0=-54 +lat_1=-2 +lat_2=-22 +x_0=5000000 +y_0=10000000 +ellps=GRS80 "
    "+towgs84=0,0,0,0,0,0,0 +units=m +no_defs"
)
"""Projection of the Brazil Data Cube."""

_UTM_SOUTH = "EPSG:327"
_FALSE_NORTHING = 10_000_000.0
"""Northing of the equator in zones of the southern hemisphere: not a multiple of 30 m and 60 m."""


@dataclass(frozen=True, slots=True)
class NamedGrid:
    """A family of grids: edges of pixels are whole pixels away from an anchor."""

    title: str
    """What it is the grid of."""
    crs: str
    """CRS; ``utm`` is the zone with the most of the area, ``utm-north`` that of the northern hemisphere."""
    half_pixel: bool = False
    """True where the centres of pixels lie on multiples of the pixel, not their edges."""
    corner: tuple[float, float] = (0.0, 0.0)
    """X and y of a corner of its tiles, from which pixels are counted; in UTM from the equator."""

    def anchor(self, resolution: float, crs: str) -> tuple[float, float]:
        """X and y that edges of pixels go through.

        Args:
            resolution: Edge of a pixel, in units of the CRS.
            crs: CRS of the output.
        """
        x, y = self.corner
        if crs.startswith(_UTM_SOUTH):
            y += _FALSE_NORTHING
        shift = resolution / 2 if self.half_pixel else 0.0
        return (x + shift) % resolution, (y + shift) % resolution


GRIDS: dict[str, NamedGrid] = {
    "sentinel-2": NamedGrid("Sentinel-2 and the tiles of the MGRS", "utm"),
    "landsat": NamedGrid("Landsat Collection 2", "utm-north", half_pixel=True),
    "hls": NamedGrid("Harmonized Landsat Sentinel-2", "utm"),
    "eea": NamedGrid("the reference grid of the European Environment Agency", "EPSG:3035"),
    "deafrica": NamedGrid("Digital Earth Africa, with tiles of 96 km", "EPSG:6933"),
    # the corner of tile 002013 of BDC_SM_V2; tiles are 105.6, 211.2 and 422.4 km wide
    "bdc": NamedGrid("the Brazil Data Cube, version 2", BRAZIL_ALBERS, corner=(2_835_200.0, 10_580_800.0)),
}
"""By name. Where an archive shifts its pixels, ``like`` takes the grid of one of its files."""
