"""The mask of the scene classification (SCL) of Sentinel-2 Level-2A."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import apply_lut, clear_around
from cloudless_mosaic.masks.classes import CLOUD_CLASSES, SCL_CLASSES
from cloudless_mosaic.masks.protocol import MaskOptions


@dataclass(frozen=True, slots=True)
class SclMask:
    """Classes that count as clear; cloud and shadow grow by a disk before they are masked."""

    name: ClassVar[str] = "scl"
    resolution: ClassVar[float] = 20.0
    reads_classes: ClassVar[bool] = True

    clear_classes: tuple[int, ...]
    """Codes of the scene classification that count as clear."""
    dilation: float
    """Metres by which the cloud and shadow classes that are not in ``clear_classes`` grow."""

    @classmethod
    def of(cls, options: MaskOptions) -> Self:
        """The mask with the classes and the dilation of a request."""
        return cls(options.clear_classes, options.dilation)

    @property
    def title(self) -> str:
        """What the mask does, in a few words."""
        return "by the scene classification"

    @property
    def description(self) -> str:
        """Which classes count as clear, and by how much clouds grow."""
        classes = ", ".join(f"{code} ({SCL_CLASSES[code]})" for code in sorted(self.clear_classes))
        grown = f" Clouds and their shadows were grown by {self.dilation:g} m." if self.dilation else ""
        return f"Clear are the classes {classes} of the scene classification.{grown}"

    def margin(self, resolution: float) -> int:
        """Pixels of ``resolution`` that the dilation reaches around a window."""
        return math.floor(self.dilation / resolution)

    def clear(self, codes: npt.NDArray[np.uint8], resolution: float) -> npt.NDArray[np.bool_]:
        """True where a pixel is clear, shape (rows, columns).

        Args:
            codes: Class codes, shape (rows, columns). Codes that don't exist are not clear.
            resolution: Edge of a pixel, metres. A neighbour whose centre is at the distance of the dilation
                or nearer is masked.
        """
        chosen = frozenset(self.clear_classes)
        clear = _in_classes(codes, chosen)
        radius = self.dilation / resolution
        clouds = frozenset(CLOUD_CLASSES) - chosen
        if radius < 1 or not clouds:
            return clear
        cloudy = _in_classes(codes, clouds)
        clear_around(cloudy, clear, _half_widths(radius))
        return clear


def _in_classes(scl: npt.NDArray[np.uint8], codes: frozenset[int]) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[list(codes)] = True
    found = np.empty(scl.shape, bool)
    apply_lut(np.ascontiguousarray(scl), table, found)
    return found


def _half_widths(radius: float) -> npt.NDArray[np.int64]:
    """Half width of the disk in each of its rows, from the centre row outwards; pixels."""
    rows = np.arange(math.floor(radius) + 1)
    half: npt.NDArray[np.float64] = np.floor(np.sqrt(radius * radius - rows * rows) + 1e-9)
    return half.astype(np.int64)
