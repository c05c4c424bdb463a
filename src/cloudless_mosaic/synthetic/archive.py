"""The synthetic archive: its content, how it is built, and its ground truth."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from shapely.geometry import MultiPolygon, Polygon

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.synthetic.acquisitions import (
    AFTER_FIRE,
    AUTUMN,
    BEFORE_FIRE,
    CLEAR_AUTUMN,
    HARD_AUTUMN,
    Acquisition,
)
from cloudless_mosaic.synthetic.catalog import CATALOG, write_catalog, write_item
from cloudless_mosaic.synthetic.disturbances import View, disturb, hidden
from cloudless_mosaic.synthetic.earth_search_v0 import EARTH_SEARCH_V0
from cloudless_mosaic.synthetic.fire import Floats, burn
from cloudless_mosaic.synthetic.granules import PLUMAS, SEATTLE, Extent
from cloudless_mosaic.synthetic.ground import Ground, make_ground
from cloudless_mosaic.synthetic.items import PLANETARY_COMPUTER, Json, ProviderStyle
from cloudless_mosaic.synthetic.pool import finish_all
from cloudless_mosaic.synthetic.products import SCL, Product, count_classes, footprint, raster_resolution
from cloudless_mosaic.synthetic.rasters import Pixels, coarsened, write_raster
from cloudless_mosaic.synthetic.sensor import Response, classify, measure
from cloudless_mosaic.synthetic.surface import BANDS, Season, clear_reflectance
from cloudless_mosaic.synthetic.weather import make_weather

_SEED = 9
_FINGERPRINT = "fingerprint"
"""File that is written last; without it a folder is not an archive."""


@dataclass(frozen=True, slots=True)
class ArchiveSpec:
    """Everything that decides the content of an archive. Equal specs give equal archives.

    Raises:
        UsageError: if the pixels of a band don't nest in an extent, or a disturbance has no spectrum for it.
    """

    extents: tuple[Extent, ...]
    """Parts of granules; every acquisition has an item for each part that its swath meets."""
    acquisitions: tuple[Acquisition, ...]
    """Overpasses and their processings."""
    noise: float = 0.0
    """Standard deviation of the noise of single pixels, digital numbers. It barely compresses: 1 makes an
    archive three times as large as 0, which still has stripes and calibration errors."""
    seed: int = _SEED
    """Decides land, weather and sensor."""
    bands: tuple[str, ...] = BANDS
    """Reflectance bands to write, any of the twelve, each at its native resolution."""
    style: ProviderStyle = PLANETARY_COMPUTER
    """The provider whose items and pixels are imitated."""

    def __post_init__(self) -> None:
        for extent in self.extents:
            for raster in (*self.bands, SCL):
                extent.grid(raster_resolution(raster))
        if set(self.bands) - set(BANDS) and any(one.disturbance for one in self.acquisitions):
            raise UsageError(
                f"disturbed acquisitions have only the bands {', '.join(BANDS)}; leave others out"
            )

    @classmethod
    def demo(cls) -> ArchiveSpec:
        """The area of the README example, 27 km by 24 km, with 16 items over three months."""
        return cls((Extent(SEATTLE, offset=(5120, 1024), size=(2720, 2384)),), AUTUMN)

    @classmethod
    def full_tile(cls) -> ArchiveSpec:
        """The whole granule, with 12 dates over three months and pixels as noisy as real ones."""
        return cls((Extent(SEATTLE),), CLEAR_AUTUMN, noise=1.0)

    @classmethod
    def hard(cls) -> ArchiveSpec:
        """An area of 15 km by 20 km under weather that scene classifications get wrong, kind by kind."""
        return cls((Extent(SEATTLE, offset=(6144, 1024), size=(1536, 2048)),), HARD_AUTUMN, noise=8.0)

    @classmethod
    def fire(cls) -> ArchiveSpec:
        """Before and after a fire, 15 km by 15 km, in the style of the scenes of the burned-area example."""
        return cls(
            (Extent(PLUMAS, offset=(2048, 1024), size=(1536, 1536)),),
            (BEFORE_FIRE, AFTER_FIRE),
            bands=("B04", "B08", "B12"),
            style=EARTH_SEARCH_V0,
        )

    def product(self, acquisition: Acquisition, extent: Extent) -> Product:
        """The product of an acquisition over an extent, with its classes still to be counted."""
        older = [
            other
            for other in self.acquisitions
            if other.overpass == acquisition.overpass and other.generated < acquisition.generated
        ]
        return Product(acquisition, extent, sequence=len(older))

    @property
    def fingerprint(self) -> str:
        """Changes with the spec and with the code that builds the archive."""
        digest = hashlib.sha256(repr(self).encode())
        sources = (path for path in Path(__file__).parent.rglob("*") if path.suffix in {".py", ".c", ".h"})
        for source in sorted(sources):
            digest.update(source.read_bytes())
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Archive:
    """A built archive and its ground truth."""

    folder: Path
    """Its folder."""
    spec: ArchiveSpec
    """Its spec."""

    @property
    def catalog(self) -> Path:
        """Root of the STAC catalog."""
        return self.folder / CATALOG

    @property
    def acquisitions(self) -> tuple[Acquisition, ...]:
        """Its products, in the order of sensing."""
        return self.spec.acquisitions

    def item_path(self, acquisition: Acquisition, extent: Extent | None = None) -> Path:
        """The STAC item of an acquisition; its rasters lie beside it.

        Args:
            acquisition: One of the spec's.
            extent: One of the spec's; the first by default.
        """
        name = self.spec.style.item_id(self.spec.product(acquisition, extent or self.spec.extents[0]))
        return self.folder / self.spec.style.collection / name / f"{name}.json"

    def truth(self, band: str, month: str, extent: Extent | None = None) -> npt.NDArray[np.uint16]:
        """The land in the middle of a month, with a clear sky and a perfect sensor.

        Args:
            band: Sentinel-2 name, for example ``B04``.
            month: ``YYYY-MM``.
            extent: One of the spec's; the first by default.

        Returns:
            Digital numbers, reflectance / 0.0001 without offset, shape (rows, columns) at 10 m.
        """
        middle = date.fromisoformat(f"{month}-15")
        ground = _remembered_ground(self.spec.seed, extent or self.spec.extents[0])
        return clear_reflectance(ground, Season.of(middle), band)

    def fire_truth(self, acquisition: Acquisition, extent: Extent | None = None) -> Floats:
        """The decrease of NBR by the fire of an acquisition, whatever the weather; 0 without a fire.

        Args:
            acquisition: One of the spec's.
            extent: One of the spec's; the first by default.

        Returns:
            Shape (rows, columns) at 10 m.
        """
        extent = extent or self.spec.extents[0]
        if acquisition.fire is None:
            return np.zeros(extent.grid(10).shape, np.float32)
        ground = _remembered_ground(self.spec.seed, extent)
        return acquisition.fire.severity(ground, extent.grid(10)).repeat(2, axis=0).repeat(2, axis=1)

    def clear_truth(self, acquisition: Acquisition, extent: Extent | None = None) -> npt.NDArray[np.bool_]:
        """True where an acquisition shows the land: inside the swath, without cloud, shadow, cirrus or haze.

        Nor does it show where a disturbance hides it.

        Args:
            acquisition: One of the spec's.
            extent: One of the spec's; the first by default.

        Returns:
            Shape (rows, columns) at 10 m.
        """
        extent = extent or self.spec.extents[0]
        grid = extent.grid(20)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            weather = make_weather(self.spec.seed, acquisition, grid, pool)
            clear = weather.clear
            if acquisition.disturbance:
                ground = _remembered_ground(self.spec.seed, extent)
                view = View(self.spec.seed, acquisition, ground, weather, grid)
                clear &= ~hidden(view, acquisition.disturbance, pool)
        return clear.repeat(2, axis=0).repeat(2, axis=1)


def build_archive(folder: Path, spec: ArchiveSpec, workers: int = 2) -> Archive:
    """Builds an archive, unless the folder already has it.

    It is built in another folder and moved when it is complete; an older archive in the target folder is
    replaced.

    Args:
        folder: Target folder.
        spec: Content of the archive.
        workers: Threads that compute and compress.

    Raises:
        UsageError: if the folder holds something that is not an archive, or if the swaths of all acquisitions
            miss an extent.
        CloudlessMosaicError: if a file can't be written.
    """
    archive = Archive(folder, spec)
    marker = folder / _FINGERPRINT
    if marker.is_file() and marker.read_text(encoding="utf-8") == spec.fingerprint:
        return archive
    if folder.exists() and not marker.is_file() and (folder.is_file() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not a synthetic archive; choose another folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as beside:
        fresh = Path(beside) / "fresh"
        _build(fresh, spec, workers)
        if folder.exists():
            folder.rename(Path(beside) / "old")
        fresh.rename(folder)
    return archive


def _build(root: Path, spec: ArchiveSpec, workers: int) -> None:
    with ThreadPoolExecutor(workers) as pool:
        items = [item for extent in spec.extents for item in _build_extent(root, spec, extent, pool)]
    if not items:
        raise UsageError("no acquisition of the archive sees any of its extents; change the swaths")
    items.sort(key=lambda item: (item["properties"]["datetime"], item["id"]))
    write_catalog(root, spec.style, spec.bands, items)
    (root / _FINGERPRINT).write_text(spec.fingerprint, encoding="utf-8")


def _build_extent(root: Path, spec: ArchiveSpec, extent: Extent, pool: Executor) -> Iterator[Json]:
    ground = make_ground(spec.seed, extent.grid(10), pool)
    in_writing: Iterator[None] = iter(())
    for acquisition in spec.acquisitions:
        area = footprint(extent, acquisition.swath)
        if not area.is_empty:
            # made while the previous one is written: its files are too few to keep all threads busy
            rasters = _observe(spec, extent, ground, acquisition, pool)
            finish_all(in_writing)
            item, in_writing = _begin_product(root, spec, (acquisition, extent, area), rasters, pool)
            yield item
    finish_all(in_writing)


def _begin_product(
    root: Path,
    spec: ArchiveSpec,
    view: tuple[Acquisition, Extent, Polygon | MultiPolygon],
    rasters: Mapping[str, Pixels],
    pool: Executor,
) -> tuple[Json, Iterator[None]]:
    """Writes an item; returns it and the futures of its rasters."""
    acquisition, extent, area = view
    product = replace(spec.product(acquisition, extent), class_counts=count_classes(rasters[SCL]))
    folder = root / spec.style.collection / spec.style.item_id(product)
    folder.mkdir(parents=True)

    def write(raster: str) -> None:
        path = folder / spec.style.file_name(product, raster)
        grid = extent.grid(raster_resolution(raster))
        write_raster(path, rasters[raster], grid, "nearest" if raster == SCL else "average")

    in_writing = pool.map(write, rasters)
    item = spec.style.item(product, area, spec.bands)
    write_item(folder, item)
    return item, in_writing


def _observe(
    spec: ArchiveSpec, extent: Extent, ground: Ground, acquisition: Acquisition, pool: Executor
) -> dict[str, Pixels]:
    """Scene classification and bands of an acquisition, by name."""
    season = Season.of(acquisition.start.date())
    weather = make_weather(spec.seed, acquisition, extent.grid(20), pool)
    response = Response.of(spec.seed, acquisition, spec.noise)
    taken_out = acquisition.offset - spec.style.offset(acquisition)

    def observe(bands: Sequence[str]) -> list[npt.NDArray[np.uint16]]:
        planes = measure(ground, season, weather, response, bands=bands, grid=extent.grid(10), pool=pool)
        native = [
            coarsened(plane, raster_resolution(band) // 10) for band, plane in zip(bands, planes, strict=True)
        ]
        return [_without_offset(plane, taken_out) for plane in native]

    fine = [band for band in spec.bands if raster_resolution(band) == 10]
    # a coarse band takes the memory of a fine one until it is averaged, so each is made separately
    groups = [fine, *([band] for band in spec.bands if band not in fine)]
    bands = {band: plane for group in groups for band, plane in zip(group, observe(group), strict=True)}
    rasters: dict[str, Pixels] = {SCL: classify(ground, season, weather, pool)}
    rasters |= {band: bands[band] for band in spec.bands}
    if acquisition.disturbance is not None:
        view = View(spec.seed, acquisition, ground, weather, extent.grid(20))
        rasters = disturb(rasters, view, acquisition.disturbance, spec.style.offset(acquisition), pool)
    if acquisition.fire is None:
        return rasters
    severity = acquisition.fire.severity(ground, extent.grid(10))
    return burn(rasters, severity, spec.style.offset(acquisition))


def _without_offset(pixels: npt.NDArray[np.uint16], taken_out: int) -> npt.NDArray[np.uint16]:
    """Pixels of a provider that removes the offset; dark ones stay valid."""
    if not taken_out:
        return pixels
    return np.where(pixels, np.maximum(pixels.astype(np.int32) - taken_out, 1), 0).astype(np.uint16)


@lru_cache(maxsize=1)
def _remembered_ground(seed: int, extent: Extent) -> Ground:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return make_ground(seed, extent.grid(10), pool)
