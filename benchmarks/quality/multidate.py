"""The mask by several dates, in numpy.

Two observations lie behind it. Near clouds the scene classification is worth little, so what lies there
counts only where another date confirms it. And haze and cloud make blue brighter than it is on the clearest
date of the same pixel (O. Hagolle et al., 2010, https://doi.org/10.1016/j.rse.2010.03.002), while shadow
takes more of the near infrared than of blue, since the light that is left comes from the sky.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.quality.observations import Bools, UInt16s
from cloudless_mosaic.masks.classes import DEFAULT_CLEAR_CLASSES
from cloudless_mosaic.masks.scl import SclMask

HARD, CLEAR, DOUBTFUL, SNOW = 0, 1, 2, 3
"""Levels of an observation: masked; clear unless the other dates contradict; clear only where they confirm;
snow, which blue can't tell from cloud and which is left as it is."""

_ABSENT = 1 << 20
"""Above any digital number."""

Int64s = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Settings:
    """Distances and thresholds; those of reflectance are in digital numbers (reflectance / 0.0001)."""

    near: float = 120.0
    """Metres around cloud and shadow that are masked."""
    far: float = 300.0
    """Metres around cloud and shadow that are doubtful."""
    haze: int = 250
    """More blue than the reference by more than this is haze."""
    doubt: int = 200
    """The same for doubtful observations."""
    hot: int = 350
    """Largest B02 - B04 / 2 of a doubtful observation that no other date can confirm."""
    lit: int = 300
    """A date with at most this much more blue than the lowest can be the sunlit one of a pixel."""
    gap: int = 400
    """Near infrared that a shadow takes away, at least; it has to be a quarter of it as well."""


def levels(scl: npt.NDArray[np.uint8], resolution: float, settings: Settings) -> npt.NDArray[np.uint8]:
    """Levels by the classification alone; right ``settings.far`` away from the edges.

    Args:
        scl: Class codes, shape (rows, columns).
        resolution: Edge of a pixel, metres.
        settings: Distances.
    """
    out = np.full(scl.shape, CLEAR, np.uint8)
    out[scl == 11] = SNOW
    out[(scl == 7) | ~SclMask(DEFAULT_CLEAR_CLASSES, settings.far).clear(scl, resolution)] = DOUBTFUL
    out[~SclMask(DEFAULT_CLEAR_CLASSES, settings.near).clear(scl, resolution)] = HARD
    return out


def keep(
    blue: UInt16s, red: UInt16s, nir: UInt16s, level: npt.NDArray[np.uint8], settings: Settings
) -> Bools:
    """Observations that are kept, each pixel on its own.

    A pixel with an observation that is clear or snow by its level keeps at least one.

    Args:
        blue: B02, shape (time, y, x).
        red: B04, same shape.
        nir: B08, same shape.
        level: Levels, same shape; `HARD` where a band has no data.
        settings: Thresholds.
    """
    usable = level != HARD
    blue, red, nir = (band.astype(np.int32) for band in (blue, red, nir))
    shadow = usable & _shadowed(blue, red, nir, usable, settings)
    reference = np.where(usable & ~shadow, blue, _ABSENT).argmin(axis=0)[None]
    more_blue = blue - np.take_along_axis(blue, reference, 0)
    more_red = red - np.take_along_axis(red, reference, 0)
    changed = more_red > 2 * more_blue  # bare soil and straw; haze is never that red
    kept = (level == SNOW) | ((level == CLEAR) & ((more_blue <= settings.haze) | changed))
    kept |= (level == DOUBTFUL) & (more_blue <= settings.doubt)
    lonely = (usable.sum(axis=0) == 1) & (level == DOUBTFUL)
    hazy = 2 * blue - red > 2 * settings.hot
    return np.asarray(kept & ~shadow & ~(lonely & hazy))


def _shadowed(blue: Int64s, red: Int64s, nir: Int64s, usable: Bools, settings: Settings) -> Bools:
    """Darker than the brightest of those dates in the near infrared whose blue is near the lowest."""
    lowest = np.where(usable, blue, _ABSENT).min(axis=0)
    lit = np.where(usable & (blue - lowest <= settings.lit), nir, -1).argmax(axis=0)[None]
    lit_blue, lit_red, lit_nir = (np.take_along_axis(band, lit, 0) for band in (blue, red, nir))
    darker = (4 * nir < 3 * lit_nir) & (lit_nir - nir > settings.gap)
    return np.asarray(darker & (red < lit_red) & (blue <= lit_blue))
