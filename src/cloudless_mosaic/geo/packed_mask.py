"""Masks in an eighth of their memory."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class PackedMask:
    """A mask that isn't in use for now, in an eighth of its memory."""

    bits: npt.NDArray[np.uint8]
    """Eight pixels a byte."""
    shape: tuple[int, ...]
    """Shape of the mask."""

    @classmethod
    def of(cls, mask: npt.NDArray[np.bool_]) -> Self:
        """Packs a mask of any shape."""
        return cls(np.packbits(mask), mask.shape)

    @property
    def extent(self) -> tuple[slice, slice]:
        """Rows and columns that hold all pixels of a mask, shape (y, x); empty if it has none."""
        mask = self.unpacked()
        rows, columns = (_extent(np.atleast_1d(mask.any(axis=axis))) for axis in (1, 0))
        return rows, columns

    def unpacked(self) -> npt.NDArray[np.bool_]:
        """The mask, in memory of its own."""
        size = math.prod(self.shape)
        return np.unpackbits(self.bits, count=size).view(np.bool_).reshape(self.shape)


def _extent(line: npt.NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(line)
    return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)
