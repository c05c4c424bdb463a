"""Months of the synthetic archive, where the truth is known."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio

from benchmarks.quality.observations import BANDS, Bools, Observations, UInt16s
from cloudless_mosaic.synthetic.acquisitions import HARD_WEATHER, Acquisition, hard_days
from cloudless_mosaic.synthetic.archive import Archive
from cloudless_mosaic.synthetic.products import raster_resolution

_STEP = 3
"""Every so many pixels of 10 m are looked at, in rows and columns."""

_CLASSIFIED = 20
"""Edge of a pixel of the scene classification, metres."""


@dataclass(frozen=True, slots=True)
class SyntheticMonth:
    """The dates of a month, and what they hide."""

    title: str
    """For a table."""
    seen: Observations
    """What the recipes get."""
    truth: UInt16s
    """The land in the middle of the month, shape (band, y, x)."""
    clear: Bools
    """Where each date shows the land, shape (time, y, x)."""


def synthetic_month(archive: Archive, month: str, most_cloud: float) -> SyntheticMonth:
    """Reads a month.

    Args:
        archive: Built.
        month: ``YYYY-MM``.
        most_cloud: Scenes with more cloud than this are left out, percent.
    """
    chosen = list(_chosen(archive, month, most_cloud))
    title = f"{month}, scenes of at most {most_cloud:g} % cloud ({len(chosen)} dates)"
    return _case(archive, title, month, chosen)


def hard_weather(archive: Archive) -> Iterator[SyntheticMonth]:
    """Kinds of weather that a classification gets wrong: two dates of each, and two of plain cloud.

    Args:
        archive: Of ``ArchiveSpec.hard()``, built.
    """
    by_day = {f"{one.start:%Y-%m-%d}": one for one in archive.acquisitions}
    plain = hard_days("cloud")
    for kind in HARD_WEATHER:
        if kind != "cloud":
            days = sorted((*plain, *hard_days(kind)))
            yield _case(archive, kind, "2020-10", [by_day[day] for day in days])


def _case(archive: Archive, title: str, month: str, chosen: Sequence[Acquisition]) -> SyntheticMonth:
    """Reads some dates of a month, in the order of sensing."""
    folders = [archive.item_path(one).parent for one in chosen]
    stack = np.stack([_bands(folder, one) for folder, one in zip(folders, chosen, strict=True)], axis=1)
    rows, columns = (np.arange(length) * _STEP * 10 // _CLASSIFIED for length in stack.shape[2:])
    seen = Observations(
        stack,
        np.stack([_read(folder, "SCL_20m") for folder in folders]).astype(np.uint8),
        _CLASSIFIED,
        rows,
        columns,
        np.array([one.start.toordinal() for one in chosen]),
    )
    clear = np.stack([archive.clear_truth(one)[::_STEP, ::_STEP] for one in chosen])
    truth = np.stack([archive.truth(band, month)[::_STEP, ::_STEP] for band in BANDS])
    return SyntheticMonth(title, seen, truth, clear & seen.complete)


def _chosen(archive: Archive, month: str, most_cloud: float) -> Iterator[Acquisition]:
    """The newest processing of each overpass that isn't too cloudy, in the order of sensing."""
    newest = {one.overpass: one for one in archive.acquisitions if f"{one.start:%Y-%m}" == month}
    for one in newest.values():
        item = json.loads(archive.item_path(one).read_text(encoding="utf-8"))
        if item["properties"]["eo:cloud_cover"] <= most_cloud:
            yield one


def _bands(folder: Path, acquisition: Acquisition) -> UInt16s:
    """Shape (band, y, x), without offset."""
    names = [f"{band}_{raster_resolution(band)}m" for band in BANDS]
    pixels = np.stack([_read(folder, name)[::_STEP, ::_STEP] for name in names]).astype(np.int32)
    harmonised = np.where(pixels, np.maximum(pixels - acquisition.offset, 1), 0)
    return harmonised.astype(np.uint16)


def _read(folder: Path, raster: str) -> npt.NDArray[np.generic]:
    with rasterio.open(next(folder.glob(f"*_{raster}.tif"))) as file:
        return np.asarray(file.read(1))
