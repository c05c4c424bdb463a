"""A recipe: a mask by its name, with the options it takes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.masks.mask import Mask


@dataclass(frozen=True, slots=True)
class MaskSettings:
    """What a request says about its mask."""

    clear_classes: tuple[int, ...]
    """Codes of the scene classification that count as clear."""
    dilation: float | None
    """Metres by which cloud and shadow grow before they are masked; ``None`` is what the recipe does."""
    options: tuple[tuple[str, str], ...] = ()
    """Options of the recipe, by name."""

    @property
    def weights(self) -> Path | None:
        """Folder with the weights of a network; ``None`` where none is given."""
        folder = dict(self.options).get(WEIGHTS)
        return Path(folder) if folder else None


@dataclass(frozen=True, slots=True)
class MaskOption:
    """A number that a recipe takes."""

    default: float
    """Taken where none is given."""
    unit: str
    """``m``, ``%``, or ``DN`` for digital numbers and ``dates``, which are whole."""
    most: float = 5000
    """The largest that makes sense; the smallest is 0."""
    example: float = 0
    """One that is used, for messages; 0 is the default."""

    @property
    def whole(self) -> bool:
        """True where only whole numbers make sense."""
        return self.unit.startswith(("DN", "dates"))

    @property
    def is_limit(self) -> bool:
        """True where 0 is a limit as any other, and doesn't turn anything off."""
        return self.unit == "DN"

    def read(self, name: str, text: str) -> float:
        """The number that a text stands for.

        Raises:
            UsageError: if it stands for none in the range.
        """
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not 0 <= value <= self.most or (self.whole and value != int(value)):
            kind = "whole number" if self.whole else "number"
            raise UsageError(
                f"`mask_options` {name} takes a {kind} from 0 to {self.most:g} ({self.unit}), got {text!r}; "
                f"for example {name}={self.example or self.default:g}"
            )
        return int(value) if self.whole else value


WEIGHTS = "weights"
"""Name of the option that takes a folder of weights, in place of a number."""

Options = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Makes a mask for a request."""

    make: Callable[[MaskSettings, Options], Mask]
    """Makes it; gets all options, with defaults for those that aren't given."""
    reads_classes: bool = True
    """True where the mask reads the scene classification."""
    guides: tuple[str, ...] = ()
    """Sentinel-2 names of the bands that the mask looks at, a network included."""
    dilation: float | None = None
    """Metres of ``cloud_dilation`` by default; ``None`` where the recipe has its own."""
    takes_classes: bool = False
    """True where the recipe takes ``clear_classes``."""
    options: Mapping[str, MaskOption] = field(default_factory=dict)
    """The numbers that ``mask_options`` may set, by name."""
    takes_weights: bool = False
    """True where ``mask_options`` has to name a folder of weights."""

    def read(self, name: str, settings: MaskSettings) -> Options:
        """All options that are numbers.

        Args:
            name: Of the recipe, for messages.
            settings: What a request says.

        Raises:
            UsageError: if an option is unknown, given twice or out of its range.
        """
        given = dict(settings.options)
        if len(given) < len(settings.options):
            twice = next(
                key for key, _ in settings.options if [k for k, _ in settings.options].count(key) > 1
            )
            raise UsageError(f"`mask_options` has {twice} more than once; give it once")
        names = (*((WEIGHTS,) if self.takes_weights else ()), *self.options)
        for key in given:
            if key not in names:
                known = ", ".join(names)
                does = f"it takes {known}" if known else "it takes none"
                raise UsageError(f"`mask_options` {key} is not an option of the mask {name}; {does}")
        return {
            key: option.read(key, given[key]) if key in given else option.default
            for key, option in self.options.items()
        }
