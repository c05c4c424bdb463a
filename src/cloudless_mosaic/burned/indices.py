"""Spectral indices of burned land, on reflectances times 10,000 where 0 is nodata.

All are computed in single precision, and are NaN where a pixel has no data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
UInt16s = npt.NDArray[np.uint16]

_RED_OF_CHAR, _NIR_OF_CHAR = np.float32(1000), np.float32(600)
"""Reflectances of 0.1 and 0.06: the point that burned land converges to (see ``bai``)."""

_ONE = np.float32(1e8)
"""A reflectance of 1, squared, in digital numbers."""


def nbr(nir: UInt16s, swir: UInt16s) -> Floats:
    """Normalized burn ratio, ``(B08 - B12) / (B08 + B12)``, -1 to 1.

    Key, C. H. and Benson, N. C. (2006): Landscape Assessment: Sampling and Analysis Methods. USDA Forest
    Service, General Technical Report RMRS-GTR-164-CD.

    Args:
        nir: Near infrared (B08), any shape.
        swir: Short-wave infrared at 2.2 micrometres (B12), likewise.
    """
    difference = np.subtract(nir, swir, dtype=np.float32)
    return _quotient(difference, np.add(nir, swir, dtype=np.float32))


def dnbr(before: Floats, after: Floats) -> Floats:
    """Difference of the burn ratio, ``NBR before - NBR after``, -2 to 2: high where it burned (as ``nbr``).

    Args:
        before: NBR before the fire.
        after: NBR after it.
    """
    return before - after


def rbr(change: Floats, before: Floats) -> Floats:
    """Relativized burn ratio, ``dNBR / (NBR before + 1.001)``: the change relative to what could burn.

    Parks, S. A., Dillon, G. K. and Miller, C. (2014): A New Metric for Quantifying Burn Severity: The
    Relativized Burn Ratio. Remote Sensing 6 (3), 1827-1844, doi:10.3390/rs6031827.

    Args:
        change: dNBR.
        before: NBR before the fire.
    """
    return _quotient(change, before + np.float32(1.001))


def bai(red: UInt16s, nir: UInt16s) -> Floats:
    """Burned area index, ``1 / ((0.1 - red)^2 + (0.06 - nir)^2)``: high where land looks like char.

    Chuvieco, E., Martin, M. P. and Palacios, A. (2002): Assessment of different spectral indices in the
    red-near-infrared spectral domain for burned land discrimination. International Journal of Remote Sensing
    23 (23), 5103-5110, doi:10.1080/01431160210153129.

    The distance is at least one digital number (0.0001), so that the formula doesn't divide by 0. So the
    index is at most 1e8.

    Args:
        red: B04 after the fire, any shape.
        nir: B08 after the fire, likewise.
    """
    apart = (_RED_OF_CHAR - red.astype(np.float32)) ** 2 + (_NIR_OF_CHAR - nir.astype(np.float32)) ** 2
    index = _ONE / np.maximum(apart, np.float32(1))
    index[(red == 0) | (nir == 0)] = np.nan
    return np.asarray(index)


def _quotient(dividend: npt.NDArray[Any], divisor: npt.NDArray[Any]) -> Floats:
    # nodata is 0 in both, and 0 / 0 is NaN
    with np.errstate(invalid="ignore"):
        return np.asarray(np.divide(dividend, divisor))
