"""Ranges and means of layers, added up block by block in whole numbers, so that no order changes them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.layers import Layer

Plane = npt.NDArray[Any]

_UNITS = 1 << 24
"""Of the fractions of floats, in 1; what is smaller is rounded."""


@dataclass(frozen=True, slots=True)
class LayerStatistics:
    """Statistics of the pixels of a band of a layer that have a value."""

    count: int = 0
    """Pixels with a value."""
    minimum: float = math.inf
    """Least value."""
    maximum: float = -math.inf
    """Greatest value."""
    whole: int = 0
    """Sum of the values, rounded."""
    units: int = 0
    """Sum of what was rounded off, in units of 2**-24."""

    @classmethod
    def of(cls, plane: Plane, nodata: float | None) -> LayerStatistics:
        """Statistics of a plane.

        Args:
            plane: Shape (y, x).
            nodata: The value that is none; may be NaN.
        """
        values = plane.ravel()
        if nodata is not None:
            values = values[~np.isnan(values) if math.isnan(nodata) else values != nodata]
        if not values.size:
            return NOTHING
        exact = values.astype(np.float64)
        whole = np.rint(exact)
        units = np.rint((exact - whole) * _UNITS)
        return cls(
            values.size,
            values.min().item(),
            values.max().item(),
            int(whole.astype(np.int64).sum()),
            int(units.astype(np.int64).sum()),
        )

    def plus(self, other: LayerStatistics) -> LayerStatistics:
        """Statistics of both together."""
        return LayerStatistics(
            self.count + other.count,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
            self.whole + other.whole,
            self.units + other.units,
        )

    @property
    def fields(self) -> dict[str, float]:
        """As ``statistics`` of a band; none where no pixel has a value."""
        if not self.count:
            return {}
        mean = (self.whole + self.units / _UNITS) / self.count
        return {
            "minimum": round(self.minimum, 6),
            "maximum": round(self.maximum, 6),
            "mean": round(mean, 6),
            "count": self.count,
        }


NOTHING = LayerStatistics()
"""Of no pixel."""

BandsOfLayers = Mapping[str, tuple[LayerStatistics, ...]]
"""Statistics of the bands of each layer, by its name."""


def layer_statistics(layers: Iterable[Layer], planes: Mapping[str, Plane]) -> BandsOfLayers:
    """Statistics of a block; of layers whose values are classes there are none.

    Args:
        layers: Those that were asked for.
        planes: Pixels by the name of the layer, shape (band, y, x).
    """
    return {
        layer.name: tuple(LayerStatistics.of(plane, layer.nodata) for plane in planes[layer.name])
        for layer in layers
        if not layer.classified
    }
