"""How near reading comes to the machine's limit: ``python -m benchmarks.floor ORDER ROOT RUNS RESULT``.

The limit is the time that libdeflate takes, on all cores, to decompress the tiles that the job needs: every
tile of the scene classification, and those of the bands that hold a clear pixel. They lie in memory and
nothing is done with the pixels. Beside it stands what we take to read, mask and reduce: no search, no plan,
no writing.
"""

from __future__ import annotations

import json
import mmap
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import imagecodecs
import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.jobs import BANDS
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.execution import run_bounded, thread_executor, worker_count
from cloudless_mosaic.pipeline import plan_mosaics
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading import RasterReader, TileReader

_thread = threading.local()


@dataclass(frozen=True, slots=True)
class Floor:
    """Medians of some runs, in seconds."""

    decode_only_s: float
    """Decompressing all tiles into one buffer per thread."""
    decode_only_alloc_s: float
    """Decompressing them into fresh memory each."""
    read_and_median_s: float
    """Reading, masking and reducing as a run does it."""
    tiles: int
    """Tiles that were decompressed."""
    decoded_mb: float
    """Size of their pixels."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A compressed tile in memory."""

    data: Any
    """Its bytes."""
    size: int
    """Bytes of its pixels."""


def measure_floor(request: MosaicRequest, root: Path, runs: int) -> Floor:
    """Measures decompressing and reading in turns.

    Args:
        request: The job; its scenes are whole files below ``root``.
        root: Folder that the server of the scenes serves.
        runs: How often.
    """
    plan = plan_mosaics(request)
    tiles = [tile for scene in plan.scene_set.scenes for tile in needed_tiles(scene, request, root)]
    # files come into memory and kernels are compiled before anything is measured
    _decode_all(tiles, fresh=False)
    _read_and_reduce(plan)
    times = [
        (_decode_all(tiles, fresh=False), _decode_all(tiles, fresh=True), _read_and_reduce(plan))
        for _ in range(runs)
    ]
    decode, alloc, reading = (median(series) for series in zip(*times, strict=True))
    return Floor(decode, alloc, reading, len(tiles), sum(tile.size for tile in tiles) / 1e6)


def needed_tiles(scene: Scene, request: MosaicRequest, root: Path) -> Iterator[Tile]:
    """The tiles of a scene without which its part of the mosaic can't be made."""
    if scene.scl is None:
        return
    with rasterio.open(_local(scene.scl.href, root)) as scl:
        clear = np.isin(scl.read(1), request.clear_classes)
    yield from _stored_tiles(_local(scene.scl.href, root), None)
    for band in BANDS.values():
        yield from _stored_tiles(_local(scene.rasters[band].href, root), clear)


def _local(href: str, root: Path) -> Path:
    return root / urlsplit(href).path.lstrip("/")


def _stored_tiles(path: Path, clear: npt.NDArray[np.bool_] | None) -> Iterator[Tile]:
    """The tiles of a file; where ``clear`` is given, those of them that hold a clear pixel.

    Args:
        path: The file.
        clear: The whole of it, at its own resolution or a whole fraction of that.
    """
    with path.open("rb") as file:
        content = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    with rasterio.open(path) as raster:
        height, width = raster.block_shapes[0]
        pixel_size = np.dtype(raster.dtypes[0]).itemsize
        scale = 1 if clear is None else raster.height // clear.shape[0]
        for (row, column), _ in raster.block_windows(1):
            top, left = row * height // scale, column * width // scale
            wanted = clear is None or clear[top : top + height // scale, left : left + width // scale].any()
            offset, size = (
                raster.get_tag_item(f"BLOCK_{what}_{column}_{row}", "TIFF", bidx=1)
                for what in ("OFFSET", "SIZE")
            )
            # a tile of nodata is not stored
            if wanted and size is not None:
                yield Tile(content[int(offset) : int(offset) + int(size)], height * width * pixel_size)


def _decode_all(tiles: Sequence[Tile], *, fresh: bool) -> float:
    """Seconds that all cores take to decompress."""
    with thread_executor(None) as executor:
        begin = time.perf_counter()
        for _ in executor.map(_decode_fresh if fresh else _decode, tiles):
            pass
        return time.perf_counter() - begin


def _decode(tile: Tile) -> None:
    buffers: dict[int, Any] = _thread.__dict__.setdefault("buffers", {})
    if tile.size not in buffers:
        buffers[tile.size] = np.empty(tile.size, np.uint8)
    imagecodecs.deflate_decode(tile.data, out=buffers[tile.size])


def _decode_fresh(tile: Tile) -> None:
    imagecodecs.deflate_decode(tile.data)


def _read_and_reduce(plan: MosaicPlan) -> float:
    """Seconds that reading, masking and reducing take, with a reader that knows no header yet."""
    reader = TileReader()
    begin = time.perf_counter()
    with thread_executor(None) as executor:
        for _ in run_bounded(
            executor, lambda task: compose(task, reader), _tasks(plan, reader), 2 * worker_count(None)
        ):
            pass
    return time.perf_counter() - begin


def _tasks(plan: MosaicPlan, reader: RasterReader) -> Iterator[BlockTask]:
    for period in plan.periods:
        for task in plan.tasks(period):
            reader.prepare(task.hrefs)
            yield task


def _request(order: dict[str, Any]) -> MosaicRequest:
    first, last = map(date.fromisoformat, order["days"])
    return MosaicRequest(
        start_date=first,
        end_date=last,
        aoi=Aoi(*order["aoi"]),
        bands=tuple(BANDS),
        resolution=order["resolution"],
        max_cloud_cover=100,
        cloud_dilation=0,
        stac_url=order["items"],
    )


def read_floor(path: Path) -> Floor:
    """Reads what a process that measured has written."""
    return Floor(**json.loads(path.read_text(encoding="utf-8")))


def _main(order: str, root: str, runs: str, result: str) -> None:
    request = _request(json.loads(Path(order).read_text(encoding="utf-8")))
    measured = measure_floor(request, Path(root), int(runs))
    Path(result).write_text(json.dumps(asdict(measured)), encoding="utf-8")


if __name__ == "__main__":
    _main(*sys.argv[1:])
