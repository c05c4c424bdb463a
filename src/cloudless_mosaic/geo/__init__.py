"""Coordinate reference systems, the antimeridian, pixel grids and the blocks that they are cut into."""
