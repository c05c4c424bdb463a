"""One file of a mosaic from its part files, on whatever process sees them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cloudless_mosaic.cog.encoding import Pixels
from cloudless_mosaic.cog.writer import CogFile, CogWriter
from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.output.part_files import PartFile
from cloudless_mosaic.output.part_task import is_here
from cloudless_mosaic.output.rasters import VISUAL, Raster


@dataclass(frozen=True, slots=True)
class RasterJob:
    """A file to be finished."""

    path: Path
    """The file, absolute, in a folder that is there."""
    raster: Raster
    """What it holds."""
    position: int
    """Its place among the files of the mosaic."""
    parts: tuple[Path, ...]
    """The part files of the mosaic, absolute."""
    marker: Path
    """See ``Destination``."""


@dataclass(frozen=True, slots=True)
class FinishedRaster:
    """A finished file."""

    file: CogFile
    """The file."""
    smallest: Pixels | None
    """The smallest overview of the picture, shape (band, y, x); ``None`` of other files."""
    factor: int
    """Pixels of full resolution along the edge of a pixel of the smallest overview."""


def finish_raster(job: RasterJob) -> FinishedRaster | None:
    """Makes a file from part files and checks it; ``None`` in a process that doesn't see their folder.

    Raises:
        TemporaryError: if the disk is full or fails, or a part file is damaged.
    """
    if not is_here(job.marker):
        return None
    with ExitStack() as undo:
        writer = CogWriter(job.path, job.raster.spec)
        undo.callback(writer.abort)
        for path in job.parts:
            part = PartFile.open(path)
            if part is None:
                raise TemporaryError(f"{path.name} in {path.parent} is damaged; check the disk and run again")
            writer.add_part(part, part.tiles(job.position), part.pieces(job.position))
        file = writer.close()
        undo.pop_all()
    smallest = writer.smallest if job.raster.name == VISUAL else None
    return FinishedRaster(file, smallest, writer.smallest_factor)
