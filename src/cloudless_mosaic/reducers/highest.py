"""The observation with the highest index, such as the greenest one.

Indices are those normalised differences of two bands that spyndex (D. Montero et al., 2023) has by these
names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Self

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.kernels.choosing import choose_highest_ratio
from cloudless_mosaic.reducers.choice import TIES, choose
from cloudless_mosaic.reducers.protocol import Reduced, Stack

_BANDS = {
    "blue": ("B02",),
    "green": ("B03",),
    "red": ("B04",),
    "rededge1": ("B05",),
    "nir": ("B08", "B8A"),
    "swir16": ("B11",),
    "swir22": ("B12",),
}
"""Sentinel-2 names by common name; the first of several that is there is taken."""

INDICES = {
    "NDVI": ("nir", "red"),
    "GNDVI": ("nir", "green"),
    "BNDVI": ("nir", "blue"),
    "NDREI": ("nir", "rededge1"),
    "NDWI": ("green", "nir"),
    "MNDWI": ("green", "swir16"),
    "NDSI": ("green", "swir16"),
    "NDMI": ("nir", "swir16"),
    "NBR": ("nir", "swir22"),
    "NBR2": ("swir16", "swir22"),
    "NDBI": ("swir16", "nir"),
}
"""The bands a and b of (a - b) / (a + b), by the name of the index."""


@dataclass(frozen=True, slots=True)
class Highest:
    """The observation with the highest normalised difference of two bands.

    It is compared in whole numbers: (a - b) / (a + b) grows with a / b.
    """

    index: str
    """Name of the index, a key of ``INDICES``."""

    name: ClassVar[str] = "max"
    chooses: ClassVar[bool] = True

    @classmethod
    def parse(cls, parameter: str) -> Self:
        """The highest of an index.

        Raises:
            UsageError: if there is no such index.
        """
        index = parameter.upper()
        if index not in INDICES:
            raise UsageError(
                f"reducer max takes the name of an index, got {parameter or 'none'!r}; "
                f"choose one of {', '.join(INDICES)}"
            )
        return cls(index)

    def __str__(self) -> str:
        return f"{self.name}:{self.index}"

    @property
    def title(self) -> str:
        """Such as ``Highest NDVI``."""
        return f"Highest {self.index}"

    @property
    def rule(self) -> str:
        """What is taken where several are as high."""
        return f"all bands of a pixel are of one observation, and {TIES}"

    @property
    def expression(self) -> str:
        """The choice in numpy."""
        a, b = INDICES[self.index]
        return f"reflectance[nanargmax(where(clear, ({a} - {b}) / ({a} + {b}), nan), axis=time)]"

    def check(self, bands: Sequence[str]) -> None:
        """Raises ``UsageError`` where the bands of the index are not there."""
        missing = [name for name in INDICES[self.index] if not set(_BANDS[name]) & set(bands)]
        if missing:
            raise UsageError(
                f"`reducer` {self} compares {' with '.join(INDICES[self.index])}, and `bands` lack "
                f"{' and '.join(missing)}; add `bands` {' and '.join(missing)}, or choose `reducer` median"
            )

    def reduce(self, stack: Stack) -> Reduced:
        """The observation that counts and has the highest index."""
        a, b = (
            next(stack.bands.index(band) for band in _BANDS[name] if band in stack.bands)
            for name in INDICES[self.index]
        )
        return choose(stack.values, partial(choose_highest_ratio, stack.values, (a, b)))
