"""What metadata say about the pixels of a raster: their type, scale, offset and nodata."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

REFLECTANCE_SCALE = 0.0001
"""Reflectance per digital number in every product of Level-2A, and in mosaics."""

PIXEL_TYPES = frozenset(
    ("int8", "uint8", "int16", "uint16", "int32", "uint32", "float16", "float32", "float64")
)
"""Types of pixels that are read, as numpy and STAC name them."""

LARGEST_SCALE = 0.01
"""Whole numbers of a larger scale are not reflectance: eight bits have a scale of 0.004."""


@dataclass(frozen=True, slots=True)
class DeclaredPixels:
    """The declaration of an item or of a file; ``value = scale * pixel + offset``."""

    dtype: str = ""
    """Type of a pixel, as numpy names it; empty where it isn't declared."""
    scale: float | None = None
    """Value per digital number; ``None`` where it isn't declared."""
    offset: float = 0.0
    """Value of the digital number 0; 0 where it isn't declared."""
    nodata: float | None = None
    """Digital number of pixels that aren't data, may be NaN; ``None`` where it isn't declared."""

    @property
    def is_of_product(self) -> bool:
        """True unless it differs from what a product of Level-2A has, whatever its offset."""
        unsigned = self.dtype in {"", "uint8", "uint16"}
        # whole numbers are never NaN, which some items declare
        plain = not self.nodata or math.isnan(self.nodata)
        return unsigned and plain and (self.scale is None or is_product_scale(self.scale))

    def describes(self, dtype: np.dtype[np.generic]) -> bool:
        """False where it is about pixels of another kind: whole numbers, and those with a fraction."""
        return not self.dtype or (np.dtype(self.dtype).kind == "f") == (dtype.kind == "f")


UNDECLARED = DeclaredPixels()
"""Of an item that says nothing about its pixels."""


def is_product_scale(scale: float) -> bool:
    """True for the scale of a product of Level-2A."""
    return math.isclose(scale, REFLECTANCE_SCALE)
