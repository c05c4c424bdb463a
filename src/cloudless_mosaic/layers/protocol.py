"""What a layer is: its name, its texts and types for STAC and GeoTIFF, and how its pixels are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.reducers import Reduced, Reducer, Stack
from cloudless_mosaic.reducers.choice import Chosen, closest

Plane = npt.NDArray[Any]


@dataclass(frozen=True)
class ObservedPixels:
    """A reduced stack, and where its pixels come from."""

    stack: Stack
    """The observations."""
    reduced: Reduced
    """Their reduction."""
    scenes: Callable[[Chosen], npt.NDArray[np.uint16]]
    """Number of the scene of each pixel, by the place of its observation in the stack; 0 is none."""
    unclear: npt.NDArray[np.uint8]
    """Why a pixel without a clear observation has none, shape (y, x)."""
    taken_out: npt.NDArray[np.uint8] | None = None
    """What the mask took out of any scene, shape (y, x), see ``masks.taken_out``; ``None`` where it was not
    asked for."""

    @cached_property
    def origin(self) -> Chosen:
        """Place in the stack of the observation that a pixel is from, shape (y, x); -1 where none counts.

        Where observations are mixed it is the one nearest to the result, by the sum of absolute differences
        over bands; of several, the earliest.
        """
        chosen = self.reduced.chosen
        return closest(self.stack.values, self.reduced.data) if chosen is None else chosen


@dataclass(frozen=True, slots=True)
class LayerClass:
    """The meaning of a value."""

    value: int
    """The value."""
    name: str
    """Name in ``classification:classes``."""
    description: str
    """One line."""
    color: str
    """Red, green and blue, as ``RRGGBB``."""


@dataclass(frozen=True, slots=True)
class LayerLook:
    """How a layer is drawn."""

    colormap: str = ""
    """Name of a colour map; empty where classes have colours of their own."""
    limits: tuple[float, float] | None = None
    """Values at its ends; ``None`` where they are the least and the greatest of each item."""


class Layer(Protocol):
    """A raster that is written beside a mosaic where it is asked for."""

    @property
    def name(self) -> str:
        """Name in ``--layer``, or of an index, and of its asset."""
        ...

    @property
    def ending(self) -> str:
        """The end of the name of its file."""
        ...

    @property
    def title(self) -> str:
        """Title of the asset."""
        ...

    @property
    def description(self) -> str:
        """What its values are."""
        ...

    @property
    def dtype(self) -> Literal["uint8", "uint16", "int16", "float32"]:
        """Type of a pixel."""
        ...

    @property
    def nodata(self) -> float | None:
        """Value where there is nothing to say; ``None`` where every value says something."""
        ...

    @property
    def classes(self) -> tuple[LayerClass, ...]:
        """Meaning of the values that are the same in every item."""
        ...

    @property
    def classified(self) -> bool:
        """True where its values are classes, those that differ from item to item included."""
        ...

    @property
    def look(self) -> LayerLook | None:
        """How it is drawn; ``None`` where its values stand for nothing that colours could order."""
        ...

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles of its asset."""
        ...

    def check(self, reducer: Reducer) -> None:
        """Raises ``UsageError``, which says what to choose, where a reducer doesn't give it."""
        ...

    def bands(self, reducer: Reducer, bands: Sequence[str], /) -> tuple[str, ...]:
        """Names of its bands.

        Args:
            reducer: Of the mosaic.
            bands: Of the mosaic, as asked for.
        """
        ...

    def pixels(self, observed: ObservedPixels) -> Plane:
        """Its pixels, shape (band, y, x)."""
        ...
