"""Makes the pictures of README and docs from the demo's archive: ``make docs``."""

from __future__ import annotations

import dataclasses
import io
import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import rasterio
from matplotlib import pyplot as plt
from PIL import Image
from rasterio.windows import from_bounds
from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from cloudless_mosaic.cli.demo import demo_request
from cloudless_mosaic.cog.picture import Stretch
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.recipes import scl_step
from cloudless_mosaic.pipeline import run
from cloudless_mosaic.screen.plain import PlainScreen
from cloudless_mosaic.synthetic.archive import Archive, ArchiveSpec, build_archive

_BANDS = {"red": "B04", "green": "B03", "blue": "B02"}
_GAP = 8
"""White pixels between two pictures."""
_MASKED = np.array([[[214]], [[39]], [[40]]], np.uint8)
"""Red, for what a mask takes out."""
_HAZY = date(2020, 10, 18)
"""The overpass of the archive with the most haze, and with the least cloud according to its metadata."""
_NO_FONTS = re.compile(r"@font-face \{\{.*?\}\}\s*", re.DOTALL)
"""Fonts that rich's picture would fetch from elsewhere."""

_REAL = Path("../shared/data/real-33TWL/catalog.json")
"""Real scenes at 120 m, where they are there."""
_REAL_AOI = Aoi(15.231, 45.366, 15.601, 45.624)
_REDUCERS = (
    *("median", "percentile:25", "mean", "geomedian", "medoid"),
    *("best", "max:NDVI", "nearest", "first", "last"),
)
_STEP_COLOURS = {4: (31, 119, 180), 2: (214, 39, 40), 1: (150, 150, 150), 0: (235, 235, 235)}
"""Blue for shadow, red for haze, grey for classes, by the bits of the layer ``mask``; the first that fits."""

Picture = npt.NDArray[np.uint8]
"""Shape (3, y, x)."""


def main(archive_folder: Path, target: Path) -> None:
    """Writes all pictures to a folder."""
    archive = build_archive(archive_folder, ArchiveSpec.demo())
    october = dataclasses.replace(
        demo_request(archive.catalog, Path()),
        bands=tuple(_BANDS),
        resolution=60.0,
        end_date=date(2020, 10, 31),
    )
    with _mosaic(october) as folder:
        mosaic, bounds = _read(folder, "-visual")
        count = _read(folder, "-count")[0][0]
    with _mosaic(dataclasses.replace(october, start_date=_HAZY, end_date=_HAZY)) as folder:
        hazy = _read(folder, "-visual")[0]
    scene, clear = _cloudiest(archive, bounds, mosaic.shape[1:])
    _save(target / "demo.png", scene, mosaic)
    _save(target / "masking.png", scene, np.where(clear, scene, _MASKED), mosaic)
    _save(target / "haze.png", hazy, mosaic)
    if _REAL.is_file():
        _save_real(target / "masking-real.png")
        _save_reducers(target / "reducers.png")
    _save_count(target / "count.png", count)
    _save_screen(target / "screen.svg", demo_request(archive.catalog, Path("demo-output")))


def _save_real(path: Path) -> None:
    """Two real dates: their mosaic without a mask, with the default one, and what that took out."""
    request = dataclasses.replace(
        demo_request(_REAL, Path()),
        aoi=_REAL_AOI,
        bands=tuple(_BANDS),
        resolution=120.0,
        start_date=date(2023, 8, 18),
        end_date=date(2023, 8, 20),
        max_cloud_cover=100.0,
        layers=("mask",),
    )
    with _mosaic(dataclasses.replace(request, mask="none")) as folder:
        unmasked = _read(folder, "-visual")[0]
    with _mosaic(request) as folder:
        masked, taken_out = _read(folder, "-visual")[0], _read(folder, "-mask")[0][0]
    colours = np.full((256, 3), 255, np.uint8)
    for value in range(8):
        colours[value] = next(colour for bits, colour in _STEP_COLOURS.items() if value & bits == bits)
    _save(path, unmasked, masked, colours[taken_out].transpose(2, 0, 1))


def _save_reducers(path: Path) -> None:
    """The same real dates by each reducer, with a mask that misses haze and shadow."""
    request = dataclasses.replace(
        demo_request(_REAL, Path()),
        aoi=_REAL_AOI,
        bands=(*_BANDS, "nir"),
        resolution=120.0,
        start_date=date(2023, 8, 1),
        end_date=date(2023, 8, 31),
        max_cloud_cover=100.0,
        mask="scl",
    )
    mpl.use("agg")
    figure, axes = plt.subplots(2, 5, figsize=(9.6, 4.4), dpi=80, layout="constrained")
    for axis, reducer in zip(axes.flat, _REDUCERS, strict=True):
        with _mosaic(dataclasses.replace(request, reducer=reducer)) as folder:
            axis.imshow(_read(folder, "-visual")[0].transpose(1, 2, 0), interpolation="nearest")
        axis.set_title(reducer, family="monospace", fontsize=10)
        axis.set_axis_off()
    with io.BytesIO() as drawn:
        figure.savefig(drawn, metadata={"Software": None})
        Image.open(drawn).convert("RGB").quantize(128).save(path, optimize=True)
    plt.close(figure)


@contextmanager
def _mosaic(request: MosaicRequest) -> Iterator[Path]:
    """The folder of the first mosaic, while it is wanted."""
    with tempfile.TemporaryDirectory() as scratch:
        run(dataclasses.replace(request, output_dir=Path(scratch)))
        yield next(Path(scratch).glob("monthly-mosaic-*"))


def _read(folder: Path, kind: str) -> tuple[npt.NDArray[np.generic], tuple[float, float, float, float]]:
    with rasterio.open(folder / f"{folder.name}{kind}.tif") as file:
        return file.read(), file.bounds


def _cloudiest(
    archive: Archive, bounds: tuple[float, float, float, float], shape: tuple[int, int]
) -> tuple[Picture, npt.NDArray[np.bool_]]:
    """The cloudiest scene of October that still shows land, in the same frame; and where it is clear."""
    cloud, folder = max(_october(archive))
    print(f"scene with {cloud:.0f} % cloud: {folder.name}")  # noqa: T201 - a script for people

    def read(raster: str) -> npt.NDArray[np.uint16]:
        with rasterio.open(next(folder.glob(f"*_{raster}.tif"))) as file:
            window = from_bounds(*bounds, transform=file.transform)
            return file.read(1, window=window, out_shape=shape)

    planes = [read(f"{band}_10m") for band in _BANDS.values()]
    clear = scl_step(DEFAULT_CLEAR_CLASSES, 100.0).clear_pixels(read("SCL_20m").astype(np.uint8), 60.0)
    return Stretch(list(_BANDS.values()))(np.stack(planes)), clear


def _october(archive: Archive) -> list[tuple[float, Path]]:
    scenes = []
    for path in sorted(archive.folder.glob("*/*_202010*/*.json")):
        properties = json.loads(path.read_text())["properties"]
        if 10 < properties["eo:cloud_cover"] < 60 and properties["s2:nodata_pixel_percentage"] < 1:
            scenes.append((properties["eo:cloud_cover"], path.parent))
    return scenes


def _save(path: Path, *pictures: Picture) -> None:
    """Pictures side by side."""
    gap = np.full((3, pictures[0].shape[1], _GAP), 255, np.uint8)
    parts = [part for picture in pictures for part in (gap, picture)][1:]
    whole = np.concatenate(parts, axis=2).transpose(1, 2, 0)
    # 256 colours are enough for the eye, and a third of the bytes
    Image.fromarray(whole).quantize(256).save(path, optimize=True)


def _save_count(path: Path, count: npt.NDArray[np.generic]) -> None:
    """The count, each number in a colour of its own."""
    mpl.use("agg")
    most = int(count.max())
    colours = mpl.colormaps["viridis"].resampled(most + 1)
    figure, axis = plt.subplots(figsize=(6.4, 4.8), dpi=100, layout="constrained")
    drawn = axis.imshow(count, cmap=colours, vmin=-0.5, vmax=most + 0.5, interpolation="nearest")
    axis.set_axis_off()
    figure.colorbar(drawn, ax=axis, ticks=range(most + 1), label="clear observations", shrink=0.8)
    figure.savefig(path, metadata={"Software": None})
    plt.close(figure)


def _save_screen(path: Path, request: MosaicRequest) -> None:
    """What a run of the demo shows."""
    console = Console(record=True, file=io.StringIO(), width=78, highlight=False, soft_wrap=True)
    with tempfile.TemporaryDirectory() as scratch:
        result = run(
            dataclasses.replace(request, output_dir=Path(scratch), workers=1),
            PlainScreen(console, verbose=False),
        )
        screen = PlainScreen(console, verbose=False)
        screen.done(dataclasses.replace(result, catalog=request.output_dir / "catalog.json"))
    picture = console.export_svg(
        title="cloudless-mosaic demo", code_format=_NO_FONTS.sub("", CONSOLE_SVG_FORMAT), unique_id="screen"
    )
    path.write_text(picture, "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
