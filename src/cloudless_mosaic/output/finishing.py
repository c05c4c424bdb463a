"""One file of a mosaic from its part files, on whatever process sees them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.cog.picture import thumbnail
from cloudless_mosaic.cog.writer import CogFile, CogWriter
from cloudless_mosaic.errors import TemporaryError
from cloudless_mosaic.output.part_files import PartFile
from cloudless_mosaic.output.part_task import is_here
from cloudless_mosaic.output.rasters import VISUAL, Raster
from cloudless_mosaic.stac.data_mask import data_footprint


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
class Preview:
    """What is made of the smallest overview of the picture."""

    thumbnail: bytes
    """A PNG."""
    area: BaseGeometry
    """Where the mosaic has data, in pixels of the grid."""
    factor: int
    """Pixels of the grid along the edge of a pixel of the thumbnail."""


@dataclass(frozen=True, slots=True)
class FinishedRaster:
    """A finished file."""

    file: CogFile
    """The file."""
    preview: Preview | None
    """Of the picture; ``None`` of other files."""


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
        finished = close_raster(job.raster, writer)
        undo.pop_all()
    return finished


def close_raster(raster: Raster, writer: CogWriter) -> FinishedRaster:
    """Closes a file after its last pixel.

    Args:
        raster: What it holds.
        writer: Of the file.

    Raises:
        TemporaryError: if the disk is full or fails.
        ValueError: if pixels are missing.
    """
    file = writer.close()
    if raster.name != VISUAL:
        return FinishedRaster(file, None)
    small, factor = writer.smallest, writer.smallest_factor
    area = data_footprint(small, factor, raster.spec.geobox)
    return FinishedRaster(file, Preview(thumbnail(small), area, factor))
