"""What a recipe gets to see: some dates of one area."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

UInt16s = npt.NDArray[np.uint16]
Bools = npt.NDArray[np.bool_]

BANDS = ("B02", "B03", "B04", "B08")
"""Bands of every stack, in this order."""


@dataclass(frozen=True, slots=True)
class Observations:
    """Dates of one area: their classifications whole, their bands at a sample of pixels."""

    stack: UInt16s
    """Reflectance / 0.0001 without offset, 0 where there are no data; shape (band, time, y, x)."""
    scl: npt.NDArray[np.uint8]
    """Scene classifications, shape (time, rows, columns)."""
    resolution: float
    """Edge of a pixel of the scene classifications, metres."""
    rows: npt.NDArray[np.int64]
    """Row of the scene classification that each row of the stack lies in."""
    columns: npt.NDArray[np.int64]
    """Its column, likewise."""
    days: npt.NDArray[np.int64]
    """Day of each date, counted from any day; shape (time,)."""
    whole: UInt16s | None = None
    """The bands on the grid of the classifications, shape (band, time, rows, columns); ``None`` where they
    aren't at hand, so that networks can't be asked."""

    @property
    def complete(self) -> Bools:
        """True where an observation has a value in every band; shape (time, y, x)."""
        return np.asarray((self.stack > 0).all(axis=0))

    def band(self, name: str) -> UInt16s:
        """One band, shape (time, y, x)."""
        return self.stack[BANDS.index(name)]

    def at_pixels(self, layers: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Layers on the grid of the classifications at the pixels of the stack, shape (time, y, x)."""
        return layers[:, self.rows[:, None], self.columns[None, :]]
