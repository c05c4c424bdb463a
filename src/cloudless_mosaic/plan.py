"""The plan of a run: its grid, its tasks and what they will cost. Reads no pixel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from odc.geo.geobox import GeoBox

from cloudless_mosaic.grid import Block, Blocks, mosaic_geobox
from cloudless_mosaic.periods import Period
from cloudless_mosaic.request import MaskSource, MosaicRequest
from cloudless_mosaic.scenes import Scene, SceneSet, SourceRaster


@dataclass(frozen=True, slots=True)
class MaskPolicy:
    """How clear pixels are told."""

    source: MaskSource
    """``scl`` or ``none``."""
    clear_classes: tuple[int, ...]
    """Codes of the scene classification that count as clear."""
    dilation: float
    """Metres by which cloud and shadow grow."""


@dataclass(frozen=True, slots=True)
class GranuleSource:
    """What one granule of one observation is read from."""

    scene_id: str
    """Id of the STAC item."""
    bands: tuple[SourceRaster, ...]
    """One raster per band of the request, in its order."""
    scl: SourceRaster | None
    """Scene classification; ``None`` without a mask."""
    offset: int
    """Digital number to add."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All granules of one overpass that can touch a block: one vote in the median."""

    overpass: str
    """The overpass."""
    granules: tuple[GranuleSource, ...]
    """A pixel takes the first of these that has data there."""


@dataclass(frozen=True, slots=True)
class BlockTask:
    """One period of one block, with only the scenes that can touch it. Small to pickle."""

    period: Period
    """The period."""
    block: Block
    """Place of the block in the output grid."""
    geobox: GeoBox
    """Grid of the block."""
    observations: tuple[Observation, ...]
    """In the order of time."""
    bands: tuple[str, ...]
    """Names of the output bands."""
    mask: MaskPolicy
    """How clear pixels are told."""
    exact: bool
    """Read native pixels even where an overview is fine enough."""


@dataclass(frozen=True, slots=True)
class PeriodPlan:
    """The scenes of one period."""

    period: Period
    """The period."""
    scenes: tuple[Scene, ...]
    """Scenes that will be read, in the order of time."""
    found: int
    """Scenes that the search found, dropped ones included."""


@dataclass(frozen=True, slots=True)
class MosaicPlan:
    """Everything that is decided before a pixel is read."""

    request: MosaicRequest
    """The wish."""
    geobox: GeoBox
    """Output grid, the same for every period."""
    blocks: Blocks
    """How the grid is cut."""
    periods: tuple[PeriodPlan, ...]
    """One for every period of the request, those without a scene included."""
    scene_set: SceneSet
    """What the search gave."""
