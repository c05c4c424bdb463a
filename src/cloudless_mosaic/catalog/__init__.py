"""STAC search, and items as scenes. No object of a STAC library leaves this package."""

from cloudless_mosaic.catalog.search import find_scenes

__all__ = ["find_scenes"]
