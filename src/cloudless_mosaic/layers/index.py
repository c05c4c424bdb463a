"""Spectral indices beside a mosaic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices import SpectralIndex
from cloudless_mosaic.layers.protocol import LayerClass, LayerLook, ObservedPixels, Plane
from cloudless_mosaic.reducers import Reducer, SeriesReducer

IndexOf = Literal["composite", "dates"]
"""``composite``: the index of the reduced bands. ``dates``: the indices of the observations, reduced."""

_ROWS = 64
"""Rows of which the indices of all dates are in memory at once."""


@dataclass(frozen=True, slots=True)
class IndexLayer:
    """A spectral index of the mosaic, or of its observations and then reduced like its bands."""

    index: SpectralIndex
    """The index."""
    over: SeriesReducer | None = None
    """Reduces the indices of the dates; ``None`` for the index of the composite."""
    dtype: Literal["uint8", "uint16", "int16", "float32"] = "float32"
    """See ``Layer``."""
    nodata: float | None = math.nan
    """See ``Layer``."""
    classes: tuple[LayerClass, ...] = ()
    """See ``Layer``."""
    roles: tuple[str, ...] = ("data",)
    """See ``Layer``."""
    classified: bool = False
    """See ``Layer``."""

    @classmethod
    def of(cls, index: SpectralIndex, index_of: IndexOf, reducer: Reducer) -> Self:
        """The layer of an index. Where one observation is chosen, its index is that of the composite.

        Raises:
            UsageError: if the reducer can't reduce the indices of the dates.
        """
        if index_of == "composite" or reducer.chooses:
            return cls(index)
        if not isinstance(reducer, SeriesReducer):
            raise UsageError(
                f"`index_of` dates reduces one value for each date, which `reducer` {reducer} can't; choose "
                "`index_of` composite, or `reducer` median, percentile or mean"
            )
        return cls(index, reducer)

    @property
    def name(self) -> str:
        """Short name of the index."""
        return self.index.name

    @property
    def ending(self) -> str:
        """Such as ``index-NDVI``: a word of its own, since spyndex has hundreds of names."""
        return f"index-{self.index.name}"

    @property
    def title(self) -> str:
        """Long name of the index."""
        return self.index.title

    @property
    def description(self) -> str:
        """Its formula, and what it is of."""
        of = f"{self.over.title} of the indices of the dates" if self.over else "Of the bands of the mosaic"
        return f"{of}: {self.index.text}. NaN is nodata"

    @property
    def look(self) -> LayerLook:
        """From brown to green: a normalised difference from -1 to 1, others over their range."""
        return LayerLook("brbg", (-1, 1) if self.index.is_difference else None)

    def check(self, reducer: Reducer) -> None:
        """Any reducer has one of the composite; see ``of``."""

    def bands(self, _reducer: Reducer, _bands: Sequence[str], /) -> tuple[str, ...]:
        """Short name of the index."""
        return (self.name,)

    def pixels(self, observed: ObservedPixels) -> Plane:
        """Its pixels, shape (1, y, x)."""
        stack = observed.stack
        if self.over is None:
            return self.index.of(observed.reduced.data, stack.bands)[np.newaxis]
        pixels = np.full((1, *stack.values.shape[2:]), np.nan, np.float32)
        if stack.times:
            for start in range(0, pixels.shape[1], _ROWS):
                rows = slice(start, start + _ROWS)
                series = self.index.of(stack.values[:, :, rows], stack.bands)
                pixels[0, rows] = self.over.reduce_series(series)
        return pixels
