"""From pixels of other types, scales and nodata to digital numbers of the product."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.bit_classes import NO_BIT, Bits

_ROWS = 64
"""Rows that are converted at once, so that intermediate results stay small."""

_MOST_BITS = 65535
"""Largest digital number of a mask of bits."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What pixels of a file mean, where they aren't digital numbers of the product as they are.

    The result is uint16 with 0 for nodata, as the product has it, or uint8 for classes.
    """

    nodata: tuple[float, ...] = ()
    """Digital numbers of pixels that aren't data; NaN and infinity never are."""
    scale: float | None = None
    """Reflectance per digital number; ``None`` for digital numbers of the product, and for classes."""
    offset: float = 0.0
    """Reflectance of the digital number 0; without a scale it has no meaning."""
    masked: bool = False
    """True where the file has a mask of its own."""
    classes: bool = False
    """True for a scene classification."""
    bits: Bits = ()
    """What the bits of a scene classification stand for; empty where it holds codes."""

    def apply(self, pixels: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None = None) -> npt.NDArray[Any]:
        """Converts pixels.

        Args:
            pixels: As they are in the file, shape (rows, columns), any type of real numbers.
            valid: The file's own mask, likewise: False where a pixel isn't data. ``None`` where it has none.

        Returns:
            Likewise: uint16, ``10000 * (scale * pixel + offset)`` computed in 64-bit floats and rounded half
            to even, or the digital number itself where there is no scale, clipped to 1..65535; or uint8,
            where what can't be the code of a class is 255. 0 where a pixel isn't data.
        """
        out = np.empty(pixels.shape, np.uint8 if self.classes else np.uint16)
        for first in range(0, len(pixels), _ROWS):
            rows = slice(first, first + _ROWS)
            data = self._data(pixels[rows])
            if valid is not None:
                data &= valid[rows]
            values = np.where(data, pixels[rows], 0).astype(np.float64)
            out[rows] = np.where(data, self._codes(values) if self.classes else self._numbers(values), 0)
        return out

    def _codes(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        most = _MOST_BITS if self.bits else 255
        usable = (values == np.floor(values)) & (values >= 0) & (values <= most)
        if not self.bits:
            return np.where(usable, values, 255)
        return np.where(usable, _by_bits(self.bits)[np.where(usable, values, 0).astype(np.uint16)], 255)

    def _numbers(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        numbers = values if self.scale is None else (values * self.scale + self.offset) * 10_000
        return np.clip(np.rint(numbers), 1, 65535)

    def _data(self, pixels: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """True where a pixel is data by its value."""
        data: npt.NDArray[np.bool_] = np.isfinite(pixels)
        for value in self.nodata:
            # in the type of the pixels: 32 bits have no -3.4e38 of 64
            own = pixels.dtype.type(value) if pixels.dtype.kind == "f" else value
            data &= pixels != own
        return data


@lru_cache(maxsize=8)
def _by_bits(bits: Bits) -> npt.NDArray[np.uint8]:
    """Code of the class of each digital number."""
    numbers = np.arange(_MOST_BITS + 1)
    codes = np.full(numbers.shape, NO_BIT, np.uint8)
    for bit, code in reversed(bits):
        codes[numbers >> bit & 1 == 1] = code
    return codes
