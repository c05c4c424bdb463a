"""The satellite product: digital numbers and the scene classification, from land and weather."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.ground import Bytes, Ground
from cloudless_mosaic.synthetic.native import ffi, lib, pointer
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.seeds import derive_seed
from cloudless_mosaic.synthetic.surface import SPECTRAL_BANDS, Season
from cloudless_mosaic.synthetic.weather import Weather

_ROWS = 128
"""Rows of 10 m that one job of the pool makes; even."""

_THIN_CLOUD = (5000.0, 4900.0, 4800.0, 5100.0, 5050.0, 4900.0, 5000.0, 5050.0, 5100.0, 4700.0, 3300.0, 2400.0)
"""Digital numbers, per band, of the thinnest cloud that hides the ground."""

_THICK_CLOUD = (
    8800.0,
    8700.0,
    8600.0,
    8700.0,
    8850.0,
    8650.0,
    8650.0,
    8700.0,
    8700.0,
    8100.0,
    4600.0,
    3500.0,
)
"""Those of the thickest cloud."""

_CIRRUS = (1000.0, 950.0, 900.0, 800.0, 1050.0, 880.0, 860.0, 840.0, 790.0, 700.0, 500.0, 350.0)
"""Those of the densest cirrus over black ground."""

_HAZE = (1000.0, 820.0, 680.0, 420.0, 1120.0, 620.0, 560.0, 500.0, 400.0, 340.0, 130.0, 70.0)
"""Those of the densest haze over black ground."""

_SHADE = (0.52, 0.44, 0.38, 0.32, 0.55, 0.37, 0.35, 0.33, 0.31, 0.3, 0.26, 0.25)
"""Share of the light, per band, that remains in the shadow of a cloud."""

_EFFECTS = np.array((_SHADE, _CIRRUS, _HAZE, _THIN_CLOUD, _THICK_CLOUD))
"""Effects of the sky on every band, in the order of ``native/declarations.h``."""

_COVER_CLASSES = np.array((6, 6, 4, 4, 5, 4, 4, 5, 4, 5, 5, 5, 11), np.uint8)
"""Class of the scene classification for every land cover and for snow."""

_GAIN = 0.015
"""Largest error of the gain of a band on one overpass."""

_BIAS = 12.0
"""Largest error of the zero of a band on one overpass, digital numbers. Dark water can come out negative."""

_STRIPE = 3.0
"""Largest error of a detector, digital numbers."""

_STRIPE_WIDTH = 32
"""Pixels across a detector."""

_TWO_BYTES = 104.5
"""Standard deviation of the sum of two random bytes."""


@dataclass(frozen=True, slots=True)
class Response:
    """Errors of sensor and atmospheric correction of one acquisition."""

    gain: npt.NDArray[np.float32]
    """Factor per band, around 1."""
    bias: npt.NDArray[np.float32]
    """Digital numbers added per band."""
    noise: float
    """Standard deviation of the noise of single pixels, digital numbers."""
    seed: int
    """Seed of that noise and of the stripes of the detectors."""
    offset: int
    """Digital number that the product's pixels carry above reflectance / 0.0001."""

    @classmethod
    def of(cls, seed: int, acquisition: Acquisition, noise: float) -> Response:
        """The errors of one processing of one overpass, the same for all of its granules."""
        names = (acquisition.overpass, acquisition.baseline)
        gain = 1 + _GAIN * _draws(derive_seed(seed, "gain", *names), "")[:, 0]
        bias = _BIAS * _draws(derive_seed(seed, "bias", *names), "")[:, 0]
        return cls(gain, bias, noise, derive_seed(seed, "noise", *names), acquisition.offset)

    def additions(self, first_column: int, columns: int) -> npt.NDArray[np.float32]:
        """Digital numbers added to each column of each band: bias and stripes, shape (bands, columns).

        Args:
            first_column: x of the first column, in pixels from the origin of the CRS, so that granules
                agree where they overlap.
            columns: Number of columns.
        """
        detectors = np.arange(first_column, first_column + columns) // _STRIPE_WIDTH
        present, place = np.unique(detectors, return_inverse=True)
        stripes = _STRIPE * _draws(self.seed, *map(str, present))
        return np.ascontiguousarray(self.bias[:, None] + stripes[:, place])

    def onto(self, season: Season, additions: npt.NDArray[np.float32], place: tuple[int, int]) -> Any:  # noqa: ANN401 - of C
        """The parameters common to all pixels, as a C struct; the arguments must outlive it.

        Args:
            season: The land on the day.
            additions: Those of the columns to make.
            place: x and y of the first pixel, in pixels from the origin of the CRS.
        """
        bands = len(SPECTRAL_BANDS)
        return ffi.new(
            "response *",
            (
                bands,
                pointer(season.spectra, np.float32, (lib.COVERS, bands)),
                pointer(self.gain, np.float32, (bands,)),
                pointer(additions, np.float32, (bands, additions.shape[1])),
                pointer(_EFFECTS, np.float64, (lib.SKY_EFFECTS, bands)),
                self.noise / _TWO_BYTES,
                self.seed,
                self.offset,
                *place,
            ),
        )


def _draws(seed: int, *names: str) -> npt.NDArray[np.float32]:
    """A number from -1 to 1 for every band and name, shape (bands, names)."""
    seeds = [[derive_seed(seed, band, name) for name in names] for band in SPECTRAL_BANDS]
    return (np.array(seeds) / 2**55 - 1).astype(np.float32)


def classify(ground: Ground, season: Season, weather: Weather, pool: Executor) -> Bytes:
    """The scene classification over the 20 m grid of the weather.

    It doesn't detect the thinnest clouds, shadows and cirrus, or any haze.

    Returns:
        Class codes, shape (rows, columns); 0 outside the swath.
    """
    scl = np.empty(weather.cloud.shape, np.uint8)

    def fill(first: int) -> None:
        coarse = slice(first // 2, (first + _ROWS) // 2)
        land, sky, out = ground.rows(first, first + _ROWS), weather.window(coarse), scl[coarse]
        lib.classify(
            land.under(season.snow_line),
            sky.over(land),
            *out.shape,
            pointer(_COVER_CLASSES, np.uint8, (lib.COVERS,)),
            pointer(out, np.uint8, out.shape),
        )

    run_all(pool, fill, range(0, ground.cover.shape[0], _ROWS))
    return scl


def measure(
    ground: Ground,
    season: Season,
    weather: Weather,
    response: Response,
    *,
    bands: Sequence[str],
    grid: SourceGrid,
    pool: Executor,
) -> npt.NDArray[np.uint16]:
    """The digital numbers of some bands, all of them at 10 m.

    Args:
        ground: The land, 10 m.
        season: The land on the day of the acquisition.
        weather: Clouds, cirrus and haze, 20 m.
        response: Errors, noise and offset.
        bands: Sentinel-2 names.
        grid: The 10 m grid; it positions the noise, so that granules agree where they overlap.
        pool: Computes the rows; the loops release the GIL.

    Returns:
        Shape (bands, rows, columns); 0 outside the swath, at least 1 inside.
    """
    planes = np.empty((len(bands), *ground.cover.shape), np.uint16)
    x, y = (round(edge / grid.resolution) for edge in grid.origin)
    made = np.array([SPECTRAL_BANDS.index(band) for band in bands], np.int64)
    additions = response.additions(x, grid.shape[1])

    def fill(first: int) -> None:
        land = ground.rows(first, first + _ROWS)
        sky = weather.window(slice(first // 2, (first + _ROWS) // 2))
        rows, columns = land.cover.shape
        lib.measure(
            land.under(season.snow_line),
            sky.over(land),
            response.onto(season, additions, (x, y - first)),
            pointer(made, np.int64, (len(bands),)),
            len(bands),
            rows,
            columns,
            pointer(planes[0, first : first + _ROWS], np.uint16, (rows, columns)),
            planes[0].size,
        )

    run_all(pool, fill, range(0, ground.cover.shape[0], _ROWS))
    return planes
