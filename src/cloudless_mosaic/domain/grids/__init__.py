"""Output grids that are given: those of MGRS tiles, of files and items, and of other archives by name."""

from cloudless_mosaic.domain.grids.area import area_of_grid
from cloudless_mosaic.domain.grids.files import read_grid
from cloudless_mosaic.domain.grids.mgrs import TILE_EDGE, parse_tile, tile_grid, tiles_of
from cloudless_mosaic.domain.grids.named import GRIDS, NamedGrid

__all__ = [
    "GRIDS",
    "TILE_EDGE",
    "NamedGrid",
    "area_of_grid",
    "parse_tile",
    "read_grid",
    "tile_grid",
    "tiles_of",
]
