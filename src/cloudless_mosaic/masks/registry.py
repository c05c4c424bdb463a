"""The masks by name. A new one is a recipe made of steps, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.recipe import MaskSettings, Recipe
from cloudless_mosaic.masks.recipes import cdse, deafrica, multidate, none, scl, ukis, worldcereal
from cloudless_mosaic.masks.table import MaskTable

MASKS: dict[str, Recipe] = {
    "multidate": multidate,
    "ukis": ukis,
    "scl": scl,
    "deafrica": deafrica,
    "cdse": cdse,
    "worldcereal": worldcereal,
    "none": none,
}


MaskChoice = str | MaskTable
"""Name of a recipe, or one that was read from a file."""


def recipe_of(chosen: MaskChoice) -> Recipe:
    """The recipe that was chosen.

    Raises:
        UsageError: if there is none of that name.
    """
    if isinstance(chosen, MaskTable):
        return chosen.recipe
    if chosen not in MASKS:
        raise UsageError(f"`mask` {chosen[:80]!r} is unknown; choose one of {', '.join(MASKS)}, or FILE.toml")
    return MASKS[chosen]


def name_of(chosen: MaskChoice) -> str:
    """The name of the recipe that was chosen."""
    return chosen.mask.name if isinstance(chosen, MaskTable) else chosen


def make_mask(chosen: MaskChoice, settings: MaskSettings) -> Mask:
    """The mask of a recipe, with the options of a request.

    Raises:
        UsageError: if there is no recipe of that name, or an option isn't one of it.
    """
    recipe = recipe_of(chosen)
    return recipe.make(settings, recipe.read(name_of(chosen), settings))
