"""The masks by name. A new one is a recipe made of steps, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.recipe import MaskSettings, Recipe
from cloudless_mosaic.masks.recipes import cdse, deafrica, multidate, none, scl, ukis, worldcereal

MASKS: dict[str, Recipe] = {
    "multidate": multidate,
    "ukis": ukis,
    "scl": scl,
    "deafrica": deafrica,
    "cdse": cdse,
    "worldcereal": worldcereal,
    "none": none,
}


def make_mask(name: str, settings: MaskSettings) -> Mask:
    """The mask of a name, with the options of a request.

    Raises:
        UsageError: if there is none of that name, or an option isn't one of it.
    """
    if name not in MASKS:
        raise UsageError(f"mask {name!r} is unknown; choose one of {', '.join(MASKS)}")
    recipe = MASKS[name]
    return recipe.make(settings, recipe.read(name, settings))
