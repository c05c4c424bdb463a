"""The files of a run, and the folder they are written to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cloudless_mosaic.domain.request.checks import require_between, require_local
from cloudless_mosaic.domain.request.fields import decides_neither, decides_place
from cloudless_mosaic.domain.request.part import RequestPart

Compression = Literal["deflate", "zstd"]
"""``deflate``: every reader knows it; ``zstd``: quicker to read, but not every reader knows it."""


@dataclass(frozen=True, kw_only=True)
class OutputOptions(RequestPart):
    """Compression, folder, and the losses that are tolerated.

    Raises:
        UsageError: if a value is out of its range; the message names the field.
    """

    compression: Compression = field(default="deflate", metadata=decides_place())
    """How tiles of the GeoTIFFs are compressed."""
    max_lost: float = field(default=5.0, metadata=decides_neither())
    """Percentage of the observations (of a period, where there are periods) that may be lost before the run
    fails."""
    output_dir: Path = field(default=Path(), metadata=decides_neither())
    """Folder that gets the files; ``catalog.json`` is its root."""
    overwrite: bool = field(default=False, metadata=decides_neither())
    """Replace what a run of another plan left in ``output_dir``; without it, that is an error."""

    def __post_init__(self) -> None:
        super().__post_init__()
        require_local("output_dir", self.output_dir)
        require_between("max_lost", self.max_lost, 0, 100)
