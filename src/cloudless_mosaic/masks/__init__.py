"""Which observations are clear: masks as recipes of steps, in a registry, and the classes they read."""

from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.recipe import MaskSettings, Recipe
from cloudless_mosaic.masks.registry import MASKS, make_mask

__all__ = ["MASKS", "Mask", "MaskSettings", "Recipe", "make_mask"]
