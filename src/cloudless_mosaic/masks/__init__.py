"""Which observations are clear: masks as recipes of steps, in a registry, and the classes they read."""

from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.recipe import MaskSettings, Recipe
from cloudless_mosaic.masks.registry import (
    AUTO,
    FALLBACK,
    MASKS,
    MaskChoice,
    make_mask,
    name_of,
    recipe_of,
)
from cloudless_mosaic.masks.table import MaskTable, read_mask_table

__all__ = [
    "AUTO",
    "FALLBACK",
    "MASKS",
    "Mask",
    "MaskChoice",
    "MaskSettings",
    "MaskTable",
    "Recipe",
    "make_mask",
    "name_of",
    "read_mask_table",
    "recipe_of",
]
