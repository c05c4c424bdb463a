"""Reflectance of the land in each band, on each day of the year.

Reflectances are typical of temperate land covers as Sentinel-2 sees them. Every cover has a summer and a
winter state; a day mixes the two by the season. Snow covers all but water above a line that comes down
over the autumn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.synthetic.ground import HEIGHT_STEP, Ground
from cloudless_mosaic.synthetic.native import lib, pointer

BANDS = ("B02", "B03", "B04", "B08")
"""Bands of 10 m, the default of archives."""

SPECTRAL_BANDS = (*BANDS, "B01", "B05", "B06", "B07", "B8A", "B09", "B11", "B12")
"""Bands with reflectances: the columns of the spectra."""

_SUMMER = (
    (85, 60, 28, 10),  # water
    (280, 340, 220, 110),  # shallows
    (180, 300, 190, 2050),  # conifers
    (260, 500, 300, 2800),  # broadleaves
    (430, 620, 680, 2150),  # clearing
    (380, 680, 470, 3200),  # grass
    (420, 740, 560, 3000),  # crop
    (760, 1010, 1300, 2050),  # soil
    (560, 700, 660, 2250),  # gardens
    (1350, 1420, 1500, 1950),  # roofs
    (900, 960, 1010, 1350),  # street
    (820, 930, 1040, 1500),  # rock
    (8300, 8400, 8400, 7600),  # snow
)
_SUMMER_COARSE = (
    (90, 25, 18, 15, 12, 10, 8, 6),
    (240, 180, 140, 130, 110, 90, 50, 35),
    (150, 480, 1450, 1850, 2100, 2200, 850, 380),
    (200, 750, 2150, 2650, 2900, 2950, 1450, 680),
    (330, 1000, 1750, 2000, 2250, 2350, 2200, 1300),
    (290, 950, 2350, 2900, 3250, 3300, 1900, 950),
    (310, 1050, 2300, 2750, 3100, 3150, 1800, 950),
    (560, 1600, 1800, 1950, 2150, 2250, 2900, 2400),
    (460, 1050, 1750, 2050, 2300, 2350, 1700, 1100),
    (1200, 1600, 1750, 1850, 1980, 2050, 2100, 1900),
    (800, 1080, 1180, 1270, 1380, 1420, 1700, 1600),
    (700, 1150, 1280, 1400, 1550, 1600, 1900, 1700),
    (8200, 8200, 8000, 7800, 7500, 7000, 900, 600),
)
"""The same covers in the bands of 20 and 60 m."""

_WINTER = (
    (95, 70, 32, 12),
    (320, 400, 270, 130),
    (165, 275, 180, 1850),
    (330, 470, 500, 2100),
    (410, 560, 640, 1900),
    (390, 640, 500, 2700),
    (400, 660, 480, 3100),
    (640, 860, 1120, 1800),
    (570, 690, 690, 2000),
    (1330, 1400, 1480, 1930),
    (880, 940, 990, 1330),
    (790, 900, 1010, 1460),
    (8300, 8400, 8400, 7600),
)
_WINTER_COARSE = (
    (100, 30, 22, 18, 15, 12, 9, 7),
    (280, 210, 170, 150, 130, 110, 60, 40),
    (140, 440, 1300, 1670, 1900, 2000, 780, 350),
    (280, 700, 1350, 1680, 1980, 2050, 1650, 950),
    (320, 930, 1560, 1780, 2000, 2100, 2080, 1250),
    (300, 900, 2000, 2450, 2750, 2800, 1800, 950),
    (300, 920, 2350, 2850, 3200, 3250, 1700, 850),
    (470, 1370, 1560, 1700, 1900, 2000, 2600, 2150),
    (470, 1020, 1580, 1830, 2060, 2120, 1720, 1150),
    (1180, 1580, 1730, 1830, 1960, 2030, 2080, 1880),
    (780, 1060, 1160, 1250, 1360, 1400, 1680, 1580),
    (680, 1120, 1250, 1370, 1510, 1560, 1860, 1670),
    (8200, 8200, 8000, 7800, 7500, 7000, 900, 600),
)
_DEEPEST_WINTER = 20
"""Day of the year of the full winter state; the full summer state is half a year later."""

_SNOW_LINE = (2700.0, 1300.0)
"""Metres above the sea in summer and in winter."""


@dataclass(frozen=True, slots=True)
class Season:
    """The land on one day."""

    spectra: npt.NDArray[np.float32]
    """Digital numbers of every cover, shape (covers and snow, bands); reflectance is 0.0001 of them."""
    snow_line: float
    """Height from which snow lies, in steps of the height layer."""

    @classmethod
    def of(cls, day: date) -> Season:
        """The season of a day."""
        phase = math.tau * (day.timetuple().tm_yday - _DEEPEST_WINTER) / 365.25
        winter = (1 + math.cos(phase)) / 2
        summer, cold = np.hstack([_SUMMER, _SUMMER_COARSE]), np.hstack([_WINTER, _WINTER_COARSE])
        spectra = (1 - winter) * summer + winter * cold
        line = (1 - winter) * _SNOW_LINE[0] + winter * _SNOW_LINE[1]
        return cls(spectra.astype(np.float32), line / HEIGHT_STEP)


def clear_reflectance(ground: Ground, season: Season, band: str) -> npt.NDArray[np.uint16]:
    """Digital numbers of a perfect sensor under a clear sky.

    Returns:
        Digital numbers, reflectance / 0.0001, shape (rows, columns), at least 1.
    """
    out = np.empty(ground.cover.shape, np.uint16)
    column = season.spectra[:, SPECTRAL_BANDS.index(band)].copy()
    lib.reflect(
        ground.under(season.snow_line),
        pointer(column, np.float32, (lib.COVERS,)),
        out.size,
        pointer(out, np.uint16, out.shape),
    )
    return out
