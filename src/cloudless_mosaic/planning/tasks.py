"""The unit of work: one period of one block, and its source rasters."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

import numpy as np

from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.bands import with_guides
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.layers import Layer
from cloudless_mosaic.masks import Mask
from cloudless_mosaic.reducers import Reducer


@dataclass(frozen=True, slots=True)
class GranuleSource:
    """The source rasters of one granule of one observation."""

    scene_id: str
    """Id of the STAC item."""
    bands: tuple[SourceRaster, ...]
    """One raster per band that is read, in the order of ``BlockTask.read_bands``."""
    scl: SourceRaster | None
    """Scene classification; ``None`` where the mask doesn't read it."""
    offset: int
    """Digital number to add."""
    footprint: tuple[float, float, float, float] = (-180.0, -90.0, 180.0, 90.0)
    """West, south, east, north of the item's geometry, degrees; longitudes may run on beyond 180."""
    view: float | None = None
    """Mean angle of the view, degrees; ``None`` where it is unknown, or the reducer doesn't score it."""
    network: tuple[SourceRaster, ...] = ()
    """One raster per band that the network of the mask looks at."""
    probability: SourceRaster | None = None
    """Cloud probability; ``None`` where the mask doesn't look at it."""


@dataclass(frozen=True, slots=True)
class Observation:
    """All granules of one overpass that can touch a block: one observation of each pixel."""

    overpass: str
    """The overpass."""
    time: datetime
    """Sensing time of its first granule, UTC."""
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
    mask: Mask
    """Determines the clear pixels."""
    reducer: Reducer
    """Makes one value of the clear observations of a pixel."""
    exact: bool
    """Read native pixels even where an overview is fine enough."""
    tile: str = ""
    """Name of the tile; empty where there are none."""
    alone: bool = False
    """True where the block is all of the output, so that no other task reads what this one does."""
    access: tuple[StorageAccess, ...] = ()
    """Storage that the profile of the provider describes."""
    layers: tuple[Layer, ...] = ()
    """What to make beside the composite and its count."""
    inside: PackedMask | None = None
    """Pixels to make, shape (y, x); ``None`` is all. Others are nodata."""
    scene_numbers: tuple[tuple[str, int], ...] = ()
    """Ids of the scenes that can touch the block, and their place among those of the period, from 1."""
    part: tuple[slice, slice] | None = None
    """Rows and columns of the block that hold all pixels that may be made; ``None`` is all.

    What is read for filling stays within it too, so that periods which share scenes read the same windows.
    """
    references: tuple[Observation, ...] = ()
    """Observations of other periods in the bands that the mask looks at; compared, and not used otherwise."""

    @property
    def label(self) -> str:
        """Names the task, together with its block."""
        return mosaic_label(self.period, self.tile)

    @property
    def layer_names(self) -> frozenset[str]:
        """Names of the layers."""
        return frozenset(layer.name for layer in self.layers)

    @property
    def pixels(self) -> int:
        """Number of the pixels to make."""
        rows, columns = self.block.shape
        return rows * columns if self.inside is None else int(np.count_nonzero(self.inside.unpacked()))

    @property
    def read_bands(self) -> tuple[str, ...]:
        """The output bands, then those that only the mask looks at."""
        return with_guides(self.bands, self.mask.guides)

    @property
    def hrefs(self) -> Iterator[str]:
        """Every raster that may be read."""
        for observation in (*self.observations, *self.references):
            for granule in observation.granules:
                rasters = (granule.scl, granule.probability, *granule.bands, *granule.network)
                yield from dict.fromkeys(raster.href for raster in rasters if raster)

    def __reduce__(self) -> tuple[Callable[[bytes], BlockTask], tuple[bytes]]:
        """Pickles compressed, since the long addresses of a scene's rasters hardly differ."""
        values = tuple(getattr(self, field.name) for field in fields(self))
        return _unpack_task, (zlib.compress(pickle.dumps(values)),)


def _unpack_task(parcel: bytes) -> BlockTask:
    return BlockTask(*pickle.loads(zlib.decompress(parcel)))  # noqa: S301 - a part of a pickle being loaded
