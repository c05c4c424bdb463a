"""Cloud-Optimized GeoTIFFs: tiles are encoded as they become complete, overviews with them."""

from cloudless_mosaic.cog.writer import CogFile, CogSpec, CogWriter

__all__ = ["CogFile", "CogSpec", "CogWriter"]
