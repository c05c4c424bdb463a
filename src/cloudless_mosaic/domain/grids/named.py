"""Grids of other archives by name: which CRS, and where pixel edges lie."""

from __future__ import annotations

from dataclasses import dataclass

BRAZIL_ALBERS = (
    "+proj=aea +lat_0=-12 +lon_0=-54 +lat_1=-2 +lat_2=-22 +x_0=5000000 +y_0=10000000 +ellps=GRS80 "
    "+towgs84=0,0,0,0,0,0,0 +units=m +no_defs"
)
"""Projection of the Brazil Data Cube."""


@dataclass(frozen=True, slots=True)
class NamedGrid:
    """A family of grids: edges of pixels are whole pixels away from an anchor."""

    title: str
    """What it is the grid of."""
    crs: str
    """CRS; ``utm`` is the zone with the most of the area, ``utm-north`` that of the northern hemisphere."""
    half_pixel: bool = False
    """True where the centres of pixels lie on multiples of the pixel, not their edges."""

    def anchor(self, resolution: float) -> tuple[float, float]:
        """X and y that edges of pixels go through."""
        return (resolution / 2, resolution / 2) if self.half_pixel else (0.0, 0.0)


GRIDS: dict[str, NamedGrid] = {
    "sentinel-2": NamedGrid("Sentinel-2 and the tiles of the MGRS", "utm"),
    "landsat": NamedGrid("Landsat Collection 2", "utm-north", half_pixel=True),
    "hls": NamedGrid("Harmonized Landsat Sentinel-2", "utm"),
    "eea": NamedGrid("the reference grid of the European Environment Agency", "EPSG:3035"),
    "deafrica": NamedGrid("Digital Earth Africa, with tiles of 96 km", "EPSG:6933"),
    "bdc": NamedGrid("the Brazil Data Cube", BRAZIL_ALBERS),
}
"""By name. Where an archive shifts its pixels, ``like`` takes the grid of one of its files."""
