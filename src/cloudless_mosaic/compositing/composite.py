"""One block of one period, reduced over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.results import Holes, LostObservation, MaskCounts, SceneNote
from cloudless_mosaic.geo.blocks import Block


@dataclass(frozen=True, slots=True)
class Composite:
    """One block of one period, reduced over time."""

    period: Period
    """The period."""
    block: Block
    """Place of the block in the output grid."""
    data: npt.NDArray[np.uint16]
    """Reflectance times 10,000, shape (band, y, x); 0 is nodata."""
    count: npt.NDArray[np.uint16]
    """Clear observations, shape (y, x); 0 exactly where ``data`` is nodata."""
    scene_pixels: tuple[tuple[str, int], ...]
    """Id of each scene that gave a clear pixel, and how many: those that count, or that were chosen."""
    observations: int
    """Observations (scene and block) that were planned."""
    layers: Mapping[str, npt.NDArray[Any]] = field(default_factory=dict)
    """Pixels of the layers that were asked for, by name, shape (band, y, x)."""
    lost: tuple[LostObservation, ...] = ()
    """Observations that could not be read."""
    notes: tuple[SceneNote, ...] = ()
    """Where the files of scenes contradict their metadata."""
    statistics: tuple[tuple[str, PixelStatistics], ...] = ()
    """Statistics of the sampled pixels of scenes, by id; they add up over blocks."""
    masked: tuple[tuple[str, MaskCounts], ...] = ()
    """What the mask took out of each scene in the block, by id; they add up over blocks."""
    tile: str = ""
    """Name of the tile; empty where there are none."""
    outside: int = 0
    """Pixels that are not to be made, such as those outside of a polygon."""
    holes: Holes = field(default_factory=Holes)
    """Pixels without a clear observation, by reason."""

    filled: tuple[tuple[str, int], ...] = ()
    """Pixels that were filled, by the name of the way, sorted."""

    @property
    def pixels(self) -> int:
        """Number of the pixels that were to be made."""
        return self.count.size - self.outside

    @property
    def used(self) -> frozenset[str]:
        """Ids of the scenes that gave at least one clear pixel."""
        return frozenset(scene_id for scene_id, _ in self.scene_pixels)

    @property
    def label(self) -> str:
        """Name of the mosaic that it is a part of."""
        return mosaic_label(self.period, self.tile)
