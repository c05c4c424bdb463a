"""How cost grows with area: planning a continent, and memory from one tile to nine.

``python -m benchmarks.scale`` prints a table; each line is measured in a process of its own. Pixels come from
memory, so that memory and time are those of the program and not of a disk or a server.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from shapely.geometry import box, mapping

from benchmarks.measure import ROOT
from cloudless_mosaic.cli.process import share_arenas
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid, SourceRaster
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.geo.projection import project, transformer
from cloudless_mosaic.pipeline import run
from cloudless_mosaic.planning.estimate import estimate
from cloudless_mosaic.planning.plan import make_plan
from cloudless_mosaic.reading import RasterHeader, WindowRead

_AFRICA = Aoi(-18.0, -35.0, 52.0, 38.0)
_DATES_PER_MONTH = 3
_SPACING = 0.99
"""Degrees between granules: those of the product are 100 km apart."""

_EDGE = 10980
_BANDS = ("B02", "B03", "B04", "B08")
_COMMON = ("blue", "green", "red", "nir")
_HREF = "https://example.org/sentinel-2-l2a/{product}/GRANULE/L2A_T{granule}/IMG_DATA/R{metres}m/{name}.tif"

_log = logging.getLogger("benchmarks")


def measure_continent() -> dict[str, float]:
    """Africa at 10 m in twelve months: seconds and memory of a plan with its cost, bytes of a task."""
    scenes = list(_scenes_over(_AFRICA))
    request = MosaicRequest(
        start_date=date(2023, 1, 1),
        end_date=date(2023, 12, 31),
        aoi=_AFRICA,
        bands=_COMMON,
        resolution=10.0,
        crs="EPSG:6933",
    )
    begin = time.perf_counter()
    plan = make_plan(request, SceneSet.of(scenes))
    cost = estimate(plan)
    seconds = time.perf_counter() - begin
    tasks = (task for _, task in zip(range(20_000), plan.tasks(plan.periods[0]), strict=False))
    payload = max(len(pickle.dumps(task)) for task in tasks)
    return {"scenes": len(scenes), "tasks": cost.tasks, "plan_s": seconds, "payload_bytes": payload}


def _scenes_over(aoi: Aoi) -> Iterator[Scene]:
    """Scenes of granules all over an area, seas included."""
    number = 0
    for latitude in np.arange(aoi.south, aoi.north, _SPACING):
        for longitude in np.arange(aoi.west, aoi.east, _SPACING):
            zone = int((longitude + 180) // 6) + 1
            x, y = transformer("EPSG:4326", f"EPSG:{32600 + zone}").transform(longitude, latitude)
            number += 1
            yield from _scenes_of(
                f"EPSG:{32600 + zone}", 20 * round(x / 20), 20 * round(y / 20), zone, number
            )


def _scenes_of(crs: str, x: float, y: float, zone: int, number: int) -> Iterator[Scene]:
    """All scenes of one granule in a year."""
    fine = SourceGrid(crs, (10.0, 0.0, x, 0.0, -10.0, y), (_EDGE, _EDGE))
    coarse = SourceGrid(crs, (20.0, 0.0, x, 0.0, -20.0, y), (_EDGE // 2, _EDGE // 2))
    footprint = project(box(*fine.bounds).buffer(-20), crs, "EPSG:4326")
    granule = f"{zone:02d}{number:05d}"
    for month in range(1, 13):
        for turn in range(_DATES_PER_MONTH):
            moment = datetime(2023, month, 3 + 9 * turn, 10, number % 60, tzinfo=UTC)
            product = f"S2A_MSIL2A_{moment:%Y%m%dT%H%M%S}_R{number % 143:03d}_T{granule}"
            names = {
                name: _HREF.format(product=product, granule=granule, metres=10, name=f"T{granule}_{name}")
                for name in _BANDS
            }
            yield Scene(
                id=product,
                collection="sentinel-2-l2a",
                datetime=moment,
                cloud_cover=3.0,
                platform="S2A",
                granule=granule,
                overpass=product[:33],
                datastrip=product,
                baseline="05.09",
                generated="2023",
                footprint=footprint,
                rasters={name: SourceRaster(href, fine) for name, href in names.items()},
                scl=SourceRaster(
                    _HREF.format(product=product, granule=granule, metres=20, name=f"T{granule}_SCL"), coarse
                ),
                offset=-1000,
                offset_reason="baseline 05.09 carries the offset in its pixels",
            )


def measure_tiles(edge: int) -> dict[str, float]:
    """A mosaic of three bands and four dates over a square of granules: its times and output pixels."""
    with tempfile.TemporaryDirectory() as scratch:
        items = Path(scratch) / "items.json"
        items.write_text(json.dumps({"type": "FeatureCollection", "features": list(_items(edge))}))
        left, top = 499980.0, 5300040.0
        area = box(left + 20, top - edge * 1e5, left + edge * 1e5, top - 20)
        request = MosaicRequest(
            start_date=date(2020, 10, 1),
            end_date=date(2020, 10, 31),
            aoi=Aoi(*project(area, "EPSG:32610", "EPSG:4326").bounds),
            bands=("nir", "red", "green"),
            resolution=10.0,
            crs="EPSG:32610",
            cloud_dilation=0.0,
            stac_url=str(items),
            output_dir=Path(scratch) / "out",
        )
        begin, before = time.perf_counter(), time.process_time()
        run(request, reader=_NoiseReader())
        seconds, cpu = time.perf_counter() - begin, time.process_time() - before
        (written,) = (Path(scratch) / "out").glob("*/*-2020-10-count.tif")
        return {"tiles": edge**2, "run_s": seconds, "cpu_s": cpu, "megapixels": _pixels(written) / 1e6}


def _pixels(path: Path) -> int:
    import rasterio  # noqa: PLC0415 - only here

    with rasterio.open(path) as file:
        return int(file.width * file.height)


def _items(edge: int) -> Iterator[dict[str, Any]]:
    """Items of a square of neighbouring granules on four dates."""
    for number in range(edge**2):
        row, column = divmod(number, edge)
        x, y = 499980.0 + column * 1e5, 5300040.0 - row * 1e5
        granule = f"10T{'EFGHJ'[column]}{'TSRQP'[row]}"
        footprint = project(box(x, y - 109800, x + 109800, y), "EPSG:32610", "EPSG:4326")
        for day in (3, 10, 17, 24):
            name = f"S2A_MSIL2A_202010{day:02d}T190231_R113_T{granule}_202010{day + 1:02d}T054732"
            yield {
                "type": "Feature",
                "stac_version": "1.0.0",
                "id": name,
                "collection": "sentinel-2-l2a",
                "geometry": mapping(footprint),
                "bbox": footprint.bounds,
                "links": [],
                "properties": {
                    "datetime": f"2020-10-{day:02d}T19:02:31Z",
                    "platform": "Sentinel-2A",
                    "proj:epsg": 32610,
                    "eo:cloud_cover": 1.0,
                    "s2:mgrs_tile": granule,
                    "s2:processing_baseline": "02.14",
                    "sat:relative_orbit": 113,
                },
                "assets": {
                    asset: {
                        "href": f"https://example.org/{name}/{asset}.tif",
                        "proj:shape": [_EDGE * 10 // metres] * 2,
                        "proj:transform": [metres, 0, x, 0, -metres, y],
                    }
                    for asset, metres in (("B08", 10), ("B04", 10), ("B03", 10), ("SCL", 20))
                },
            }


class _NoiseReader:
    """A ``RasterReader`` whose rasters have no end of pixels and take no memory."""

    def __init__(self) -> None:
        rng = np.random.default_rng(1)
        self._noise = rng.normal(900, 32, (1200, 1200)).astype(np.uint16)
        self._classes = np.full((1200, 1200), 4, np.uint8)

    def prepare(self, hrefs: Iterable[str]) -> None:
        """Nothing to prepare."""

    def header(self, href: str) -> RasterHeader:
        """The grid that the item declares, from the granule's name."""
        granule = href.split("_T10T")[1][:2]
        x, y = 499980.0 + "EFGHJ".index(granule[0]) * 1e5, 5300040.0 - "TSRQP".index(granule[1]) * 1e5
        metres, dtype = (20.0, np.uint8) if href.endswith("SCL.tif") else (10.0, np.uint16)
        edge = int(_EDGE * 10 / metres)
        grid = SourceGrid("EPSG:32610", (metres, 0.0, x, 0.0, -metres, y), (edge, edge))
        return RasterHeader((grid,), np.dtype(dtype), (512, 512))

    def read_many(self, reads: Iterable[WindowRead]) -> Iterator[tuple[int, npt.NDArray[Any] | SourceError]]:
        """Noise, and vegetation everywhere."""
        for position, read in enumerate(reads):
            pixels = self._classes if read.href.endswith("SCL.tif") else self._noise
            yield position, read.deliver(pixels[: read.shape[0], : read.shape[1]].copy())


def _child(kind: str, argument: str) -> None:
    share_arenas()  # as the program does
    found = measure_continent() if kind == "continent" else measure_tiles(int(argument))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    sys.stdout.write(json.dumps(found | {"peak_rss_mb": peak}) + "\n")


def main() -> None:
    """Measures everything, in turns, and prints it."""
    logging.basicConfig(format="%(message)s", level=logging.INFO)
    for kind, argument in (("continent", ""), ("tiles", "1"), ("tiles", "3")):
        command = [sys.executable, "-m", "benchmarks.scale", kind, argument]
        done = subprocess.run(command, cwd=ROOT, env=os.environ, check=True, capture_output=True, text=True)
        _log.info("%s %s: %s", kind, argument, _line(json.loads(done.stdout)))


def _line(found: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:,.1f}" for name, value in found.items())


def _run(arguments: Sequence[str]) -> None:
    if arguments:
        _child(*arguments)
    else:
        main()


if __name__ == "__main__":
    _run(sys.argv[1:])
