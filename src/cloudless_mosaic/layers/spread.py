"""How far the observations of a pixel lie apart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.layers.protocol import LayerClass, LayerLook, ObservedPixels, Plane
from cloudless_mosaic.reducers import Reducer, SpreadReducer


@dataclass(frozen=True, slots=True)
class SpreadLayer:
    """Median absolute deviations: of each band from the median, or three from the geometric median."""

    name: str = "spread"
    """See ``Layer``."""
    title: str = "Spread"
    """See ``Layer``."""
    description: str = (
        "Median absolute deviations over time, in digital numbers; smad and bcmad of the geometric "
        "median are without a unit. NaN is nodata"
    )
    """See ``Layer``."""
    dtype: Literal["uint8", "uint16", "int16", "float32"] = "float32"
    """See ``Layer``."""
    nodata: float | None = math.nan
    """See ``Layer``."""
    classes: tuple[LayerClass, ...] = ()
    """See ``Layer``."""
    roles: tuple[str, ...] = ("metadata",)
    """See ``Layer``."""
    classified: bool = False
    """See ``Layer``."""

    @property
    def look(self) -> LayerLook:
        """From dark to bright over the range of an item."""
        return LayerLook("magma")

    @property
    def ending(self) -> str:
        """Its name."""
        return self.name

    def check(self, reducer: Reducer) -> None:
        """Raises ``UsageError`` where a reducer has no spread."""
        if not isinstance(reducer, SpreadReducer):
            raise UsageError(
                f"`layers` spread goes with `reducer` median or geomedian, not with {reducer}; choose one of "
                "them, or leave it out"
            )

    def bands(self, reducer: Reducer, bands: Sequence[str], /) -> tuple[str, ...]:
        """``emad``, ``smad``, ``bcmad`` of the geometric median; else those of the mosaic."""
        self.check(reducer)
        return reducer.spread_bands(bands) if isinstance(reducer, SpreadReducer) else ()

    def pixels(self, observed: ObservedPixels) -> Plane:
        """Its pixels, shape (band, y, x)."""
        if observed.reduced.spread is None:
            raise ValueError("the stack was reduced without its spread")
        return observed.reduced.spread
