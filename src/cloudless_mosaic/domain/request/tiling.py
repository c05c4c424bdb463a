"""How mosaics are named, and divided among files and runs."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from cloudless_mosaic.domain.request.fields import decides_neither, decides_place
from cloudless_mosaic.domain.request.part import RequestPart
from cloudless_mosaic.domain.request.shard import Shard
from cloudless_mosaic.errors import UsageError

_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]{0,62}[A-Za-z0-9])?")

_TILE_STEP = 512
"""Pixels. No tile inside of a file is cut then, and the overviews of neighbours share their grid."""


@dataclass(frozen=True, kw_only=True)
class TilingOptions(RequestPart):
    """The name of mosaics, output tiles, the shard of this run, and the table of all items.

    Raises:
        UsageError: if the name can't be one, or the tile size isn't a multiple of 512; the message names the
            field.
    """

    name: str | None = field(default=None, metadata=decides_place(omit_default=True))
    """Name of the mosaics in ids and paths, ``NAME-2020-10``, and id of their collection; ``None`` is
    ``monthly-mosaic``, or that of another kind of period."""

    tile_size: int | None = field(default=None, metadata=decides_place())
    """Edge in pixels of the tiles that get files of their own; ``None`` makes one file of each period."""
    shard: Shard | None = field(default=None, metadata=decides_neither())
    """Make this part of the mosaics only; ``None`` makes all."""
    geoparquet: bool = field(default=False, metadata=decides_neither())
    """Write a table of all items, ``items.parquet``, too."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.name is not None and not _NAME.fullmatch(self.name):
            raise UsageError(
                "`name` must be up to 64 letters, digits, '-' and '_' that begin and end with a letter or "
                f"digit, got {self.name[:80]!r}"
            )
        size = self.tile_size
        if size is not None and (size < _TILE_STEP or size % _TILE_STEP):
            raise UsageError(
                f"`tile_size` must be a multiple of {_TILE_STEP} pixels, the edge of the tiles inside of a "
                f"file, got {size}; for example {max(_TILE_STEP, round(size / _TILE_STEP) * _TILE_STEP)}"
            )
