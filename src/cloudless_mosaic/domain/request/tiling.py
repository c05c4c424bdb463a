"""How mosaics are divided among files and runs."""

from __future__ import annotations

from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.fields import decides_neither, decides_place
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.domain.request.shard import Shard
from cloudless_mosaic.errors import UsageError

_TILE_STEP = 512
"""Pixels. No tile inside of a file is cut then, and the overviews of neighbours share their grid."""


@dataclass(frozen=True, kw_only=True)
class TilingOptions(RequestPart):
    """Output tiles, the shard of this run, and the table of all items.

    Raises:
        UsageError: if the tile size isn't a multiple of 512; the message names the field.
    """

    tile_size: int | None = field(default=None, metadata=decides_place())
    """Edge in pixels of the tiles that get files of their own; ``None`` makes one file of each period."""
    shard: Shard | None = field(default=None, metadata=decides_neither())
    """Make this part of the mosaics only; ``None`` makes all."""
    geoparquet: bool = field(default=False, metadata=decides_neither())
    """Write a table of all items, ``items.parquet``, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        size = self.tile_size
        if size is not None and (size < _TILE_STEP or size % _TILE_STEP):
            raise UsageError(
                f"`tile_size` must be a multiple of {_TILE_STEP} pixels, the edge of the tiles inside of a "
                f"file, got {size}; for example {max(_TILE_STEP, round(size / _TILE_STEP) * _TILE_STEP)}"
            )
