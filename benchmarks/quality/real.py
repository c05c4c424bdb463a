"""Real scenes: the clearest date is left out and stands for the truth."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.errors import BenchmarkError
from benchmarks.quality.observations import BANDS, Bools, Observations, UInt16s
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.recipes import scl_step

_AROUND_CLOUDS = 120.0
"""Metres around clouds and shadows of the date left out where it isn't taken for the truth."""


@dataclass(frozen=True, slots=True)
class RealTile:
    """All dates but one, and that one."""

    title: str
    """For a table."""
    seen: Observations
    """What the recipes get."""
    truth: UInt16s
    """The date left out, shape (band, y, x)."""
    valid: Bools
    """Where it is clear, shape (y, x)."""


@dataclass(frozen=True, slots=True)
class _Scene:
    item: dict[str, dict[str, object]]
    bands: UInt16s
    scl: npt.NDArray[np.uint8]

    @property
    def cloud(self) -> float:
        return float(str(self.item["properties"]["eo:cloud_cover"]))

    @property
    def day(self) -> datetime:
        return datetime.fromisoformat(str(self.item["properties"]["datetime"]))


def real_tile(folder: Path) -> RealTile:
    """Reads a static catalog of scenes of one tile, all of whose rasters have one grid.

    Args:
        folder: Holds a folder for every scene with ``B02.tif`` ... ``SCL.tif`` and its item, whose offset has
            been applied to the pixels (``earthsearch:boa_offset_applied``).

    Raises:
        BenchmarkError: if there are fewer than three scenes, or pixels still carry the offset.
    """
    paths = sorted(path for path in folder.iterdir() if path.is_dir())
    if len(paths) < 3:
        raise BenchmarkError(f"{folder} has {len(paths)} scenes; at least three are needed")
    scenes = sorted((_scene(path) for path in paths), key=lambda one: one.day)
    truth = min(scenes, key=lambda one: one.cloud)
    others = [one for one in scenes if one is not truth]
    with rasterio.open(paths[0] / "SCL.tif") as file:
        resolution = float(file.transform.a)
    rows, columns = (np.arange(length) for length in truth.scl.shape)
    stack = np.stack([one.bands for one in others], axis=1)
    seen = Observations(
        stack,
        np.stack([one.scl for one in others]),
        resolution,
        rows,
        columns,
        np.array([one.day.toordinal() for one in others]),
        whole=stack,
    )
    clear = scl_step(DEFAULT_CLEAR_CLASSES, _AROUND_CLOUDS).clear_pixels(truth.scl, resolution)
    valid = np.asarray(clear & (truth.bands > 0).all(axis=0))
    title = f"{folder.name} at {resolution:g} m: {truth.day:%Y-%m-%d} from {len(others)} other dates"
    return RealTile(title, seen, truth.bands, valid)


def _scene(folder: Path) -> _Scene:
    item = json.loads((folder / f"{folder.name}.json").read_text(encoding="utf-8"))
    if item["properties"].get("earthsearch:boa_offset_applied") is not True:
        raise BenchmarkError(f"{folder.name} isn't said to be without offset; leave it out")
    planes = [_read(folder / f"{band}.tif") for band in BANDS]
    return _Scene(item, np.stack(planes).astype(np.uint16), _read(folder / "SCL.tif").astype(np.uint8))


def _read(path: Path) -> npt.NDArray[np.generic]:
    with rasterio.open(path) as file:
        return np.asarray(file.read(1))
