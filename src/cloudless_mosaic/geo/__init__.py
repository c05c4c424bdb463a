"""Coordinate reference systems, grids and the blocks that they are cut into."""
