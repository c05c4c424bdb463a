"""Cloud-Optimized GeoTIFFs, written by GDAL with our own overviews.

GDAL takes most of its time for building overviews, so they are made here and passed to it: an overview in a
sidecar file ``x.ovr`` may itself have one in ``x.ovr.ovr``, and the COG driver copies that whole chain.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import rasterio
import rasterio.shutil
from rasterio._err import CPLE_BaseError  # the exception of the COG driver has no public name
from rasterio.errors import RasterioError
from rasterio.transform import Affine

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.errors import CloudlessMosaicError
from cloudless_mosaic.synthetic.native import lib, pointer

BLOCK = 512
"""Edge of an internal tile, pixels."""

_LEVEL = 4
"""As fast as level 1 on these pixels, and 5 percent smaller."""

_JPEG_2000 = {"driver": "JP2OpenJPEG", "quality": 100, "reversible": "YES", "resolutions": 5}
"""Lossless."""

_SIDECARS_SEEN = {"GDAL_DISABLE_READDIR_ON_OPEN": "FALSE"}
"""Here GDAL has to read sidecar files, whatever the settings of the process for reading."""

Pixels = npt.NDArray[Any]


def write_raster(
    path: Path, pixels: Pixels, grid: SourceGrid, overviews: Literal["average", "nearest"]
) -> None:
    """Writes a single band in the format of the file's suffix: lossless JPEG 2000, else as ``write_cog``.

    Args:
        path: File to write.
        pixels: Shape (rows, columns), uint16 or uint8; 0 is nodata.
        grid: Their grid.
        overviews: As for ``write_cog``; JPEG 2000 has its own.

    Raises:
        CloudlessMosaicError: if it can't be written.
    """
    if path.suffix != ".jp2":
        write_cog(path, pixels, grid, overviews)
        return
    with _writing(path), rasterio.Env(GDAL_PAM_ENABLED="NO"), rasterio.MemoryFile() as memory:
        _write_plain(memory.name, pixels, grid, 1)
        rasterio.shutil.copy(memory.name, str(path), **_JPEG_2000)


def write_cog(path: Path, pixels: Pixels, grid: SourceGrid, overviews: Literal["average", "nearest"]) -> None:
    """Writes a single band with nodata 0, DEFLATE and, except for bytes, the horizontal predictor.

    Args:
        path: File to write.
        pixels: Shape (rows, columns), uint16 or uint8.
        grid: Their grid.
        overviews: ``average`` leaves nodata out of the mean; ``nearest`` takes the upper left of each four.

    Raises:
        CloudlessMosaicError: if it can't be written.
    """
    reduce = halved if overviews == "average" else _thinned
    levels = [pixels]
    while max(levels[-1].shape) > BLOCK:
        levels.append(reduce(levels[-1]))
    names = [f"/vsimem/{uuid.uuid4()}.tif"]
    names += [names[0] + ".ovr" * depth for depth in range(1, len(levels))]
    written: list[str] = []
    with _writing(path), rasterio.Env(**_SIDECARS_SEEN):
        try:
            for depth, (name, level) in enumerate(zip(names, levels, strict=True)):
                _write_plain(name, level, grid, 2**depth)
                written.append(name)
            rasterio.shutil.copy(names[0], str(path), **_creation_options(pixels, len(levels)))
        finally:
            for name in reversed(written):
                rasterio.shutil.delete(name)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, RasterioError, CPLE_BaseError) as error:
        reason = str(error).splitlines()[0]
        raise CloudlessMosaicError(f"can't write {path}: {reason}; is the disk full?") from error


def _creation_options(pixels: Pixels, levels: int) -> dict[str, str | int]:
    return {
        "driver": "COG",
        "compress": "DEFLATE",
        "level": _LEVEL,
        "predictor": "YES" if pixels.dtype == np.uint16 else "NO",
        "blocksize": BLOCK,
        "overviews": "FORCE_USE_EXISTING" if levels > 1 else "NONE",
        "num_threads": 1,
    }


def _write_plain(name: str, pixels: Pixels, grid: SourceGrid, factor: int) -> None:
    rows, columns = pixels.shape
    left, top = grid.origin
    edge = grid.resolution * factor
    transform = Affine(edge, 0.0, left, 0.0, -edge, top)
    profile = {"width": columns, "height": rows, "count": 1, "dtype": pixels.dtype, "nodata": 0}
    with rasterio.open(name, "w", driver="GTiff", crs=grid.crs, transform=transform, **profile) as dataset:
        dataset.write(pixels, 1)


def halved(pixels: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint16]:
    """The next overview: the rounded mean of the valid ones of every four pixels, 0 if none is valid."""
    rows, columns = pixels.shape
    out = np.empty(((rows + 1) // 2, (columns + 1) // 2), np.uint16)
    lib.halve(pointer(pixels, np.uint16, (rows, columns)), rows, columns, pointer(out, np.uint16, out.shape))
    return out


def coarsened(pixels: npt.NDArray[np.uint16], factor: int) -> npt.NDArray[np.uint16]:
    """Coarser pixels: the rounded mean of the valid ones under each, 0 if none is valid.

    Args:
        pixels: Shape (rows, columns), multiples of ``factor``; 0 is nodata.
        factor: Pixels along the edge of a coarser one; with 1 they are returned unchanged.
    """
    if factor == 1:
        return pixels
    rows, columns = (length // factor for length in pixels.shape)
    cells = pixels.reshape(rows, factor, columns, factor)
    total = cells.sum(axis=(1, 3), dtype=np.uint32)
    count = np.count_nonzero(cells, axis=(1, 3)).astype(np.uint32)
    means: npt.NDArray[np.uint16] = ((total + count // 2) // np.maximum(count, 1)).astype(np.uint16)
    return means


def _thinned(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[::2, ::2])
