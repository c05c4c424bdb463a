"""The stages of a granule on its way into a composite: placed, masked, selected, and read or lost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.pixel_mapping import PixelMapping, Window
from cloudless_mosaic.compositing.plausibility import Classified, PixelStatistics
from cloudless_mosaic.compositing.resampling import (
    count_at_centres,
    levels_on_block,
    mask_at_centres,
    mask_on_grid,
    needed_samples,
)
from cloudless_mosaic.domain.results import MaskCounts
from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import LastingFault, SourceError
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.planning.tasks import GranuleSource
from cloudless_mosaic.reading.conversion import Conversion
from cloudless_mosaic.reading.protocol import Target, WindowRead

Clear = npt.NDArray[np.bool_]
UInt8s = npt.NDArray[np.uint8]

Part = tuple[SourceGrid, Window]
"""A grid, and the part of it that lies under the block."""


@dataclass(frozen=True, slots=True)
class Layer:
    """A raster of a granule as one block sees it."""

    name: str
    """Sentinel-2 name of the band, or ``SCL``."""
    href: str
    """Unsigned address or path."""
    level: int
    """The level to read: 0 is native."""
    grid: SourceGrid
    """Grid of that level."""
    mapping: PixelMapping
    """Where the pixels of the block lie in the grid."""
    alone: bool
    """True where no other block reads it."""
    conversion: Conversion | None = None
    """What its pixels mean; ``None`` for those of the product."""
    offset: int = 0
    """Digital number to add to its pixels, once they are those of the product."""

    @property
    def part(self) -> Part:
        """The grid and the window that the block needs."""
        return self.grid, self.mapping.window

    def read(self, window: Window | None = None, target: Target | None = None) -> WindowRead:
        """A read of a window of the layer; by default of all that the block needs.

        Blocks follow the tiles of rasters on the output's own grid, so only other reads share tiles.
        """
        shared = not self.alone and (window is not None or self.mapping.copied is None)
        window = window or self.mapping.window
        place = self.href, self.level, window.row, window.column, window.shape
        return WindowRead(*place, target, shared, self.conversion)


@dataclass(frozen=True, slots=True)
class MaskLayer:
    """The scene classification of a granule as one block sees it."""

    layer: Layer
    """Its raster."""
    window: Window
    """Part of its grid that decides which pixels of all bands are clear, a margin for dilation included."""
    needed: Window
    """Part of the window that decides it for the pixels that may be made, likewise."""

    def read(self) -> WindowRead:
        """A read of what is needed."""
        return self.layer.read(self.needed)

    def whole(self, needed: UInt8s) -> UInt8s:
        """The classes of the window, without data beyond what was read.

        Args:
            needed: Classes as they were read.
        """
        if self.needed == self.window:
            return needed
        codes = np.zeros(self.window.shape, np.uint8)
        codes[self.window.part(self.needed)] = needed
        return codes


@dataclass(frozen=True, slots=True)
class PlacedGranule:
    """A granule that meets the block."""

    number: int
    """Position among the granules of the task."""
    observation: int
    """Position of its observation in the task."""
    source: GranuleSource
    """What to read."""
    bands: tuple[Layer, ...]
    """One layer per band that is read."""
    mask: MaskLayer | None
    """Scene classification; ``None`` without a mask."""

    def rejection(self, reason: str) -> str:
        """The line that reports that pixels of the granule are garbage."""
        return f"{self.source.scene_id} can't be used here: {reason}"


@dataclass(frozen=True, slots=True)
class ClearMask:
    """The clear pixels of a granule, on the grid of its scene classification."""

    classified: Classified
    """The classes as they were read."""
    clear: Clear
    """True where clear or doubtful, of the shape of the classes."""
    levels: UInt8s | None = None
    """Levels of the same pixels; ``None`` where the dates are not compared."""
    distances: UInt8s | None = None
    """Distances of the same pixels to clouds, as a ``Stack`` has them; ``None`` where they don't matter."""

    def on(self, grid: SourceGrid, window: Window) -> Clear:
        """Clear samples of a window of a band's grid, shape of the window."""
        return mask_on_grid(self.clear, self.classified.grid, self.classified.window, grid, window)


@dataclass(frozen=True, slots=True)
class MaskedGranule:
    """A granule whose clear pixels are known."""

    placed: PlacedGranule
    """Where it lies."""
    mask: ClearMask | None = None
    """Its clear pixels; ``None`` without a mask."""
    fillable: PackedMask | None = None
    """Pixels of the block that it may fill, shape (y, x); ``None`` is all."""
    statistics: PixelStatistics | None = None
    """Of its scene classification; ``None`` without a mask."""

    def within(self, inside: PackedMask) -> MaskedGranule:
        """The granule where only these pixels of the block are to be filled, shape (y, x)."""
        if self.fillable is not None:
            inside = PackedMask.of(self.fillable.unpacked() & inside.unpacked())
        return replace(self, fillable=inside)

    def take_levels(self, out: UInt8s) -> None:
        """Finds the levels of the pixels of the block; leaves them as they are where there are none.

        Args:
            out: C-contiguous, shape (y, x).
        """
        layer = self.placed.mask
        if self.mask is not None and layer is not None and self.mask.levels is not None:
            mapping = layer.layer.mapping
            levels_on_block(self.mask.levels[layer.window.part(mapping.window)], mapping, out)

    def distances_on_block(self) -> UInt8s | None:
        """Distances to clouds at the centres of the block's pixels, shape (y, x); see ``ClearMask``."""
        layer = self.placed.mask
        if self.mask is None or layer is None or self.mask.distances is None:
            return None
        mapping = layer.layer.mapping
        return mask_at_centres(self.mask.distances[layer.window.part(mapping.window)], mapping)

    def mask_counts(self) -> MaskCounts | None:
        """What the classification leaves of the pixels of the block that are this granule's to fill.

        By the classified pixel at each one's centre; ``None`` without a mask.
        """
        layer = self.placed.mask
        if self.mask is None or layer is None:
            return None
        mapping = layer.layer.mapping
        inner = layer.window.part(mapping.window)
        data, clear = self.mask.classified.codes[inner] != 0, self.mask.clear[inner]
        if self.fillable is None:
            pixels, kept = (count_at_centres(one, mapping) for one in (data, clear & data))
        else:
            own = self.fillable.unpacked()
            found = (mask_at_centres(one, mapping) & own for one in (data, clear & data))
            pixels, kept = (int(np.count_nonzero(one)) for one in found)
        return MaskCounts(pixels, pixels - kept)

    def unread(self) -> ReadGranule:
        """The granule where none of its bands is worth reading."""
        placed = self.placed
        return ReadGranule(
            placed.number, placed.observation, placed.source.scene_id, self.statistics, filled=False
        )


@dataclass(frozen=True, slots=True)
class SelectedGranule:
    """A granule whose bands are worth reading, with the samples to read."""

    placed: PlacedGranule
    """Where it lies."""
    classified: Classified | None
    """Its scene classification as it was read; ``None`` without a mask."""
    needed: Mapping[Part, Clear]
    """Clear samples under the pixels that it may fill; bands of one resolution share them."""
    fillable: PackedMask | None
    """Pixels of the block that it may fill, shape (y, x); ``None`` is all."""
    statistics: PixelStatistics | None
    """Of its scene classification; ``None`` without a mask."""

    @classmethod
    def of(cls, granule: MaskedGranule) -> Self | None:
        """Selects a granule.

        Returns:
            ``None`` where nothing of the granule is clear, or nothing that it may fill.
        """
        mask = granule.mask
        if mask is not None and not mask.clear.any():
            return None
        needed = _needed(granule)
        if granule.fillable is not None and not all(samples.any() for samples in needed.values()):
            return None
        classified = mask.classified if mask else None
        return cls(granule.placed, classified, needed, granule.fillable, granule.statistics)


def _needed(granule: MaskedGranule) -> dict[Part, Clear]:
    """Clear samples of each grid under the pixels that a granule may fill; without a mask all are clear."""
    needed: dict[Part, Clear] = {}
    fillable = granule.fillable.unpacked() if granule.fillable else None
    for layer in granule.placed.bands:
        if layer.part in needed:
            continue
        _, window = layer.part
        clear = granule.mask.on(*layer.part) if granule.mask else np.ones(window.shape, np.bool_)
        if fillable is not None:
            clear &= needed_samples(fillable, layer.mapping)
        needed[layer.part] = clear
    return needed


@dataclass(frozen=True, slots=True)
class ReadGranule:
    """A granule that is done with: read, or not worth reading."""

    number: int
    """Position among the granules of the task."""
    observation: int
    """Position of its observation in the task."""
    scene_id: str
    """Id of the STAC item."""
    statistics: PixelStatistics | None
    """Of all that was read of it; ``None`` where nothing was."""
    filled: bool
    """True where its pixels went into the stack."""


@dataclass(frozen=True, slots=True)
class LostGranule:
    """A granule that can't be used in this block."""

    number: int
    """Position among the granules of the task."""
    observation: int
    """Position of its observation in the task."""
    scene_id: str
    """Id of the STAC item."""
    reason: str
    """One line, without credentials."""
    statistics: PixelStatistics | None = None
    """Of what was read of it; ``None`` where nothing was."""
    lasting: LastingFault = ""
    """Why no retry can succeed; empty where one may."""

    @classmethod
    def of(
        cls, placed: PlacedGranule, reason: SourceError | str, statistics: PixelStatistics | None = None
    ) -> Self:
        """Gives up a placed granule; text rejects its pixels, which stay what they are."""
        lasting = reason.lasting if isinstance(reason, SourceError) else "content"
        place = placed.number, placed.observation, placed.source.scene_id
        return cls(*place, str(reason), statistics, lasting)
