"""Makes the pictures of README and docs from the demo's archive: ``make docs``."""

from __future__ import annotations

import dataclasses
import json
import sys
import tempfile
from pathlib import Path

import imagecodecs
import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.windows import from_bounds

from cloudless_mosaic.demo import demo_request
from cloudless_mosaic.pipeline import run
from cloudless_mosaic.testing.archive import Archive, ArchiveSpec, build_archive
from cloudless_mosaic.writing.visual import Stretch

_BANDS = {"red": "B04", "green": "B03", "blue": "B02"}
_GAP = 8
"""White pixels between two pictures."""


def main(archive_folder: Path, target: Path) -> None:
    """Writes ``demo.png``: a clouded scene beside the mosaic of its month."""
    archive = build_archive(archive_folder, ArchiveSpec.demo())
    with tempfile.TemporaryDirectory() as scratch:
        request = demo_request(archive.catalog, Path(scratch))
        request = dataclasses.replace(request, bands=tuple(_BANDS), resolution=60.0)
        run(request)
        path = Path(scratch) / "monthly-mosaic-2020-10" / "monthly-mosaic-2020-10-visual.tif"
        with rasterio.open(path) as file:
            mosaic, bounds = file.read(), file.bounds
    scene = _scene(archive, bounds, mosaic.shape[1:])
    gap = np.full((3, mosaic.shape[1], _GAP), 255, np.uint8)
    picture = np.concatenate([scene, gap, mosaic], axis=2).transpose(1, 2, 0)
    target.write_bytes(imagecodecs.png_encode(np.ascontiguousarray(picture)))


def _scene(
    archive: Archive, bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """The cloudiest scene of October that still shows land, in the same frame and stretch."""
    cloud, folder = max(_october(archive))
    print(f"scene with {cloud:.0f} % cloud: {folder.name}")  # noqa: T201 - a script for people
    planes = []
    for band in _BANDS.values():
        with rasterio.open(next(folder.glob(f"*_{band}_10m.tif"))) as file:
            window = from_bounds(*bounds, transform=file.transform)
            planes.append(file.read(1, window=window, out_shape=shape))
    return Stretch(list(_BANDS.values()))(np.stack(planes))


def _october(archive: Archive) -> list[tuple[float, Path]]:
    scenes = []
    for path in sorted(archive.folder.glob("*/*_202010*/*.json")):
        properties = json.loads(path.read_text())["properties"]
        if 10 < properties["eo:cloud_cover"] < 60 and properties["s2:nodata_pixel_percentage"] < 1:
            scenes.append((properties["eo:cloud_cover"], path.parent))
    return scenes


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
