"""The masks by name. A new one is a recipe made of steps, a line here and a test."""

from __future__ import annotations

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.mask import Mask
from cloudless_mosaic.masks.recipe import MaskSettings, Recipe
from cloudless_mosaic.masks.recipes import (
    cdse,
    deafrica,
    multidate,
    none,
    omnicloudmask,
    scl,
    ukis,
    worldcereal,
)
from cloudless_mosaic.masks.table import MaskTable

MASKS: dict[str, Recipe] = {
    "multidate": multidate,
    "ukis": ukis,
    "omnicloudmask": omnicloudmask,
    "scl": scl,
    "deafrica": deafrica,
    "cdse": cdse,
    "worldcereal": worldcereal,
    "none": none,
}

AUTO = "auto"
"""Stands for ``multidate``, or for `FALLBACK` where a collection lacks a band that ``multidate`` looks at."""

FALLBACK = "scl"
"""See `AUTO`."""

MaskChoice = str | MaskTable
"""Name of a recipe, ``AUTO``, or a recipe that was read from a file."""


def recipe_of(chosen: MaskChoice) -> Recipe:
    """The recipe that was chosen.

    Raises:
        UsageError: if there is none of that name.
    """
    if isinstance(chosen, MaskTable):
        return chosen.recipe
    name = name_of(chosen)
    if name not in MASKS:
        choices = ", ".join((AUTO, *MASKS))
        raise UsageError(f"`mask` {name[:80]!r} is unknown; choose one of {choices}, or FILE.toml")
    return MASKS[name]


def name_of(chosen: MaskChoice) -> str:
    """The name of the recipe that was chosen; that of ``AUTO`` until a search replaces it."""
    if isinstance(chosen, MaskTable):
        return chosen.mask.name
    return "multidate" if chosen == AUTO else chosen


def make_mask(chosen: MaskChoice, settings: MaskSettings) -> Mask:
    """The mask of a recipe, with the options of a request.

    Raises:
        UsageError: if there is no recipe of that name, or an option isn't one of it.
    """
    recipe = recipe_of(chosen)
    return recipe.make(settings, recipe.read(name_of(chosen), settings))
