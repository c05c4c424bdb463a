"""What the satellite delivers: digital numbers and the scene classification, out of ground and weather."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.compiled import compiled
from cloudless_mosaic.synthetic.ground import LIGHT_STEPS, Bytes, Ground
from cloudless_mosaic.synthetic.noise import derive_seed, mix
from cloudless_mosaic.synthetic.pool import run_all
from cloudless_mosaic.synthetic.surface import SNOW, SPECTRAL_BANDS, Season, dressed_cover
from cloudless_mosaic.synthetic.weather import DENSEST, OPAQUE, THICKEST, Weather

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
"""Share of the light, per band, that is left in the shadow of a cloud."""

_VEILED = 0.35
"""Share of the ground's light that the densest cirrus or haze keeps back."""

_COVER_CLASSES = np.array((6, 6, 4, 4, 5, 4, 4, 5, 4, 5, 5, 5, 11), np.uint8)
"""Class of the scene classification for every land cover and for snow."""

_KNOWN_CLOUD = OPAQUE // 3
"""Thinnest cloud, and cloud above a shadow, that the scene classification finds."""

_KNOWN_CIRRUS = DENSEST // 4
"""Thinnest cirrus that it finds."""

_DARK = 0.45 * LIGHT_STEPS
"""Slopes with less light than this it takes for dark areas."""

_GAIN = 0.015
"""Largest error of the gain of a band on one overpass."""

_BIAS = 12.0
"""Largest error of the zero of a band on one overpass, digital numbers. Dark water can come out negative."""

_STRIPE = 3.0
"""Largest error of a detector, digital numbers."""

_STRIPE_WIDTH = 32
"""Pixels across a detector."""

_GRAINS = 4
"""Bands that one hash of a pixel has noise for, 16 bits each."""

_TWO_BYTES = 104.5
"""Standard deviation of the sum of two random bytes."""


@dataclass(frozen=True, slots=True)
class Response:
    """What sensor and atmospheric correction make of the light of one acquisition."""

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
        """What each column of each band has added: bias and stripes, shape (bands, columns).

        Args:
            first_column: x of the first column, in pixels from the origin of the CRS, so that granules
                agree where they overlap.
            columns: Number of columns.
        """
        detectors = np.arange(first_column, first_column + columns) // _STRIPE_WIDTH
        present, place = np.unique(detectors, return_inverse=True)
        stripes = _STRIPE * _draws(self.seed, *map(str, present))
        return self.bias[:, None] + stripes[:, place]


def _draws(seed: int, *names: str) -> npt.NDArray[np.float32]:
    """A number from -1 to 1 for every band and name, shape (bands, names)."""
    seeds = [[derive_seed(seed, band, name) for name in names] for band in SPECTRAL_BANDS]
    return (np.array(seeds) / 2**55 - 1).astype(np.float32)


class _Scene(NamedTuple):
    """All that is the same for every pixel of an acquisition, or of one of its columns."""

    spectra: npt.NDArray[np.float32]
    snow_line: float
    gain: npt.NDArray[np.float32]
    additions: npt.NDArray[np.float32]
    noise: float
    seed: int
    offset: int
    columns: npt.NDArray[np.int64]
    """Column of the spectra for every band that is made."""


def classify(ground: Ground, season: Season, weather: Weather, pool: Executor) -> Bytes:
    """The scene classification over the 20 m grid of the weather.

    It misses the thinnest clouds, shadows and cirrus, and all haze.

    Returns:
        Class codes, shape (rows, columns); 0 outside the swath.
    """
    scl = np.empty(weather.cloud.shape, np.uint8)

    def fill(first: int) -> None:
        coarse = slice(first // 2, (first + _ROWS) // 2)
        land = ground.rows(first, first + _ROWS)
        _classify(land, season.snow_line, weather.window(coarse), scl[coarse])

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
        season: What the day makes of it.
        weather: What lies in between, 20 m.
        response: Errors, noise and offset.
        bands: Sentinel-2 names.
        grid: The 10 m grid; places the noise, so that granules agree where they overlap.
        pool: Where the rows are computed; the kernels release the GIL.

    Returns:
        Shape (bands, rows, columns); 0 outside the swath, at least 1 inside.
    """
    planes = np.empty((len(bands), *ground.cover.shape), np.uint16)
    x, y = (round(edge / grid.resolution) for edge in grid.origin)
    scene = _Scene(
        spectra=season.spectra,
        snow_line=season.snow_line,
        gain=response.gain,
        additions=response.additions(x, grid.shape[1]),
        noise=response.noise / _TWO_BYTES,
        seed=response.seed,
        offset=response.offset,
        columns=np.array([SPECTRAL_BANDS.index(band) for band in bands]),
    )

    def fill(first: int) -> None:
        land = ground.rows(first, first + _ROWS)
        sky = weather.window(slice(first // 2, (first + _ROWS) // 2))
        _measure(land, sky, scene, (x, y - first), planes[:, first : first + _ROWS])

    run_all(pool, fill, range(0, ground.cover.shape[0], _ROWS))
    return planes


@compiled
def _classify(
    ground: Ground, snow_line: float, sky: Weather, out: Bytes
) -> None:  # pragma: no cover - compiled
    for row in range(out.shape[0]):
        for column in range(out.shape[1]):
            cloud = sky.cloud[row, column]
            if not sky.seen[row, column]:
                out[row, column] = 0
            elif cloud >= OPAQUE:
                out[row, column] = 9
            elif cloud >= _KNOWN_CLOUD:
                out[row, column] = 8
            elif sky.cirrus[row, column] >= _KNOWN_CIRRUS:
                out[row, column] = 10
            elif sky.shadow[row, column] >= _KNOWN_CLOUD:
                out[row, column] = 3
            elif cloud > 0 and (7 * row + 3 * column) % 11 < 4:  # some edges of clouds are left open
                out[row, column] = 7
            else:
                out[row, column] = _land_class(ground, 2 * row, 2 * column, snow_line)


@compiled
def _land_class(
    ground: Ground, row: int, column: int, snow_line: float
) -> int:  # pragma: no cover - compiled
    """The class that most of four pixels have; ``row`` and ``column`` are those of the first."""
    votes = 0
    chosen = 0
    for i in range(row, row + 2):
        for j in range(column, column + 2):
            light = int(ground.light[i, j])
            cover = dressed_cover(int(ground.cover[i, j]), light, int(ground.height[i, j]), snow_line)
            code = 2 if light < _DARK and cover != SNOW else int(_COVER_CLASSES[cover])
            if votes == 0:
                chosen = code
            votes += 1 if code == chosen else -1
    return chosen


@compiled
def _measure(
    ground: Ground, sky: Weather, scene: _Scene, place: tuple[int, int], out: npt.NDArray[np.uint16]
) -> None:  # pragma: no cover - compiled
    """Digital numbers of some bands. ``place`` is x and y of the first pixel, in pixels of the CRS."""
    for row in range(out.shape[1]):
        for column in range(out.shape[2]):
            above = (row >> 1, column >> 1)
            if not sky.seen[above]:
                out[:, row, column] = 0
                continue
            light = int(ground.light[row, column])
            height = int(ground.height[row, column])
            cover = dressed_cover(int(ground.cover[row, column]), light, height, scene.snow_line)
            veils = (
                int(sky.cloud[above]),
                int(sky.shadow[above]),
                int(sky.cirrus[above]),
                int(sky.haze[above]),
            )
            veiled = (veils[0] | veils[1] | veils[2] | veils[3]) != 0
            generation = -1
            grains = np.uint64(0)
            for index in range(out.shape[0]):
                band = scene.columns[index]
                if band // _GRAINS != generation:
                    generation = band // _GRAINS
                    grains = mix(scene.seed + generation, place[0] + column, place[1] - row)
                own = grains >> np.uint64(16 * (band % _GRAINS))
                value = scene.spectra[cover, band] * light / LIGHT_STEPS
                if veiled:
                    value = _through(value, veils, band)
                grain = float(own & np.uint64(255)) + float((own >> np.uint64(8)) & np.uint64(255))
                value = value * scene.gain[band] + scene.additions[band, column]
                number = math.floor(value + scene.noise * (grain - 255.0) + 0.5)
                out[index, row, column] = max(1, number + scene.offset)


@compiled
def _through(
    value: float, veils: tuple[int, int, int, int], band: int
) -> float:  # pragma: no cover - compiled
    """Digital number of a ground in shadow, and seen through what is in the sky."""
    cloud, shadow, cirrus, haze = veils
    value *= 1.0 - (1.0 - _SHADE[band]) * min(1.0, shadow / OPAQUE)
    value += cirrus / DENSEST * (_CIRRUS[band] - _VEILED * value)
    value += haze / DENSEST * (_HAZE[band] - _VEILED * value)
    body = _THIN_CLOUD[band] + (_THICK_CLOUD[band] - _THIN_CLOUD[band]) * cloud / THICKEST
    return value + min(1.0, cloud / OPAQUE) * (body - value)
