"""Which pixels of a scene are clear: masks as values in a registry, and the classes they read."""

from cloudless_mosaic.masks.protocol import Mask, MaskOptions
from cloudless_mosaic.masks.registry import MASKS, make_mask

__all__ = ["MASKS", "Mask", "MaskOptions", "make_mask"]
