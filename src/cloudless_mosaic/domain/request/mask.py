"""The cloud mask."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import Self

from cloudless_mosaic.domain.request.checks import require_between
from cloudless_mosaic.domain.request.fields import decides_pixels
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks import (
    AUTO,
    FALLBACK,
    Mask,
    MaskChoice,
    MaskSettings,
    MaskTable,
    make_mask,
    name_of,
    recipe_of,
)
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES, SCL_CLASSES
from cloudless_mosaic.masks.recipe import WEIGHTS


def _takes_classes(request: MaskOptions) -> bool:
    return recipe_of(request.mask).takes_classes


def _written(mask: MaskChoice) -> object:
    """The name of a recipe, or all that was read from a file."""
    return mask.fields if isinstance(mask, MaskTable) else name_of(mask)


def _dilation(request: MaskOptions) -> float | None:
    default = recipe_of(request.mask).dilation
    if default is None or request.cloud_dilation is None:
        return default
    return request.cloud_dilation


def _every_option(request: MaskOptions) -> dict[str, object] | None:
    """All options of the recipe but distances of 0, so that the record is whole if defaults change.

    Weights of a network are written by their content, since paths differ between machines.
    """
    recipe, network = recipe_of(request.mask), request.cloud_mask.network
    options = recipe.read(name_of(request.mask), request.mask_settings)
    written = {name: value for name, value in options.items() if value or recipe.options[name].is_limit}
    weights = {WEIGHTS: network.written[WEIGHTS]} if recipe.takes_weights and network else {}
    return {**weights, **written} or None


@dataclass(frozen=True, kw_only=True)
class MaskOptions(RequestPart):
    """The recipe of the mask, and its options.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    mask: MaskChoice = field(default=AUTO, metadata=decides_pixels(written=_written))
    """Name of a recipe, or one that ``read_mask_table`` read from a file. ``multidate`` masks by the scene
    classification and by comparing dates, ``scl`` by the scene classification, ``none`` takes every pixel
    that has data. ``auto`` is ``multidate``, or ``scl`` with a warning where the collection lacks a band that
    ``multidate`` looks at."""
    clear_classes: tuple[int, ...] = field(
        default=DEFAULT_CLEAR_CLASSES,
        metadata=decides_pixels(name="scl_clear", written=list, when=_takes_classes),
    )
    """Codes of the scene classification that count as clear, in ``multidate`` and ``scl``."""
    cloud_dilation: float | None = field(default=None, metadata=decides_pixels(completed=_dilation))
    """Metres by which cloud and shadow grow before they are masked, in ``multidate`` and ``scl``; 0 is off,
    ``None`` what the recipe does."""
    mask_options: tuple[tuple[str, str], ...] = field(
        default=(), metadata=decides_pixels(completed=_every_option)
    )
    """Options of the recipe: names and values."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.cloud_dilation is not None:
            require_between("cloud_dilation", self.cloud_dilation, 0, 5000)
        unknown = sorted(set(self.clear_classes) - set(SCL_CLASSES))
        if unknown or not self.clear_classes:
            raise UsageError(
                f"`clear_classes` takes codes 0-11 of the scene classification, got "
                f"{','.join(map(str, self.clear_classes)) or 'none'}; for example `clear_classes` 4,5,6"
            )
        if isinstance(self.mask, MaskTable):
            # other requests have other defaults
            classes = type(self).__dataclass_fields__["clear_classes"].default
            given = {
                "clear_classes": self.clear_classes != classes,
                "cloud_dilation": self.cloud_dilation is not None,
            }
            for name in (name for name, one in given.items() if one):
                raise UsageError(f"`{name}` is in the file of the mask itself; leave the option out")
        _ = self.cloud_mask

    @property
    def mask_settings(self) -> MaskSettings:
        """What the recipe gets."""
        return MaskSettings(self.clear_classes, self.cloud_dilation, self.mask_options)

    @property
    def cloud_mask(self) -> Mask:
        """Determines the clear pixels."""
        return make_mask(self.mask, self.mask_settings)

    def simpler(self, working: Collection[str]) -> Self | None:
        """The same with the mask that takes the place of the default where a collection lacks a band for it.

        Args:
            working: Names of the masks that work there.

        Returns:
            ``None`` where the mask was asked for, or an option of it, which another mask would not know.
        """
        if self.mask != AUTO or self.mask_options or FALLBACK not in working:
            return None
        return replace(self, mask=FALLBACK)
