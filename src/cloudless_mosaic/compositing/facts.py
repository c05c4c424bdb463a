"""A composite without its pixels: what a run has to know of a block that is encoded elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.layer_statistics import BandsOfLayers, layer_statistics
from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.results import Holes, LostObservation, MaskCounts, SceneNote
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.kernels import sums
from cloudless_mosaic.layers import Layer

Sums = tuple[int, int, int, int, int]
"""Count, minimum, maximum, sum and sum of squares of pixels that aren't 0; see ``kernels.sums``."""


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """What is known of a composite beside its pixels. Fields are those of ``Composite``."""

    period: Period
    """The period."""
    block: Block
    """Place of the block in the output grid."""
    scene_pixels: tuple[tuple[str, int], ...]
    """Id of each scene that gave a clear pixel, and how many."""
    observations: int
    """Observations (scene and block) that were planned."""
    count_sums: Sums
    """Sums over the counts of clear observations."""
    band_sums: tuple[Sums, ...]
    """Sums over the digital numbers of each band."""
    lost: tuple[LostObservation, ...] = ()
    """Observations that could not be read."""
    notes: tuple[SceneNote, ...] = ()
    """Where the files of scenes contradict their metadata."""
    statistics: tuple[tuple[str, PixelStatistics], ...] = ()
    """Statistics of the sampled pixels of scenes, by id; they add up over blocks."""
    masked: tuple[tuple[str, MaskCounts], ...] = ()
    """What the mask took out of each scene in the block, by id; they add up over blocks."""
    layers: BandsOfLayers = field(default_factory=dict)
    """Statistics of the bands of each layer, by name; of those with classes there are none."""
    tile: str = ""
    """Name of the tile; empty where there are none."""
    outside: int = 0
    """Pixels that are not to be made."""
    holes: Holes = field(default_factory=Holes)
    """Pixels without a clear observation, by reason."""
    filled: tuple[tuple[str, int], ...] = ()
    """Pixels that were filled, by the name of the way."""

    @classmethod
    def of(cls, composite: Composite, layers: Sequence[Layer] = ()) -> BlockFacts:
        """Adds the pixels of a composite up, and keeps the rest.

        Args:
            composite: The block.
            layers: Those of the composite.
        """
        return cls(
            period=composite.period,
            block=composite.block,
            scene_pixels=composite.scene_pixels,
            observations=composite.observations,
            count_sums=sums(composite.count),
            band_sums=tuple(sums(band) for band in composite.data),
            lost=composite.lost,
            notes=composite.notes,
            statistics=composite.statistics,
            masked=composite.masked,
            layers=layer_statistics(layers, composite.layers),
            tile=composite.tile,
            outside=composite.outside,
            holes=composite.holes,
            filled=composite.filled,
        )

    @property
    def pixels(self) -> int:
        """Pixels of the block that were to be made."""
        rows, columns = self.block.shape
        return rows * columns - self.outside

    @property
    def label(self) -> str:
        """Name of the mosaic that the block is a part of."""
        return mosaic_label(self.period, self.tile)
