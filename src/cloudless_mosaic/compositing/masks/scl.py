"""Which pixels are clear, by the scene classification (SCL) of Sentinel-2 Level-2A."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.domain.classes import CLOUD_CLASSES
from cloudless_mosaic.kernels import apply_lut, clear_around


def clear_pixels(
    scl: npt.NDArray[np.uint8],
    clear_classes: Iterable[int],
    dilation: float,
    resolution: float,
) -> npt.NDArray[np.bool_]:
    """Says which pixels of a scene classification are clear.

    Cloud and shadow classes that are not in ``clear_classes`` grow by a disk of radius ``dilation`` before
    they are masked. The result near an edge of the array is right only ``dilation`` away from it: read
    that much more on every side.

    Args:
        scl: Class codes, shape (rows, columns). Codes that don't exist are not clear.
        clear_classes: Codes that count as clear.
        dilation: Radius in the units of ``resolution``; a neighbour whose centre is at that distance or
            nearer is masked.
        resolution: Edge of a pixel.

    Returns:
        True where clear, shape (rows, columns).
    """
    chosen = frozenset(clear_classes)
    clear = _in_classes(scl, chosen)
    radius = dilation / resolution
    clouds = frozenset(CLOUD_CLASSES) - chosen
    if radius < 1 or not clouds:
        return clear
    cloudy = _in_classes(scl, clouds)
    clear_around(cloudy, clear, _half_widths(radius))
    return clear


def dilation_margin(dilation: float, resolution: float) -> int:
    """Pixels of ``resolution`` that have to be read around a window for its dilated mask to be right."""
    return math.floor(dilation / resolution)


def _in_classes(scl: npt.NDArray[np.uint8], codes: frozenset[int]) -> npt.NDArray[np.bool_]:
    table = np.zeros(256, bool)
    table[list(codes)] = True
    found = np.empty(scl.shape, bool)
    apply_lut(np.ascontiguousarray(scl), table, found)
    return found


def _half_widths(radius: float) -> npt.NDArray[np.int64]:
    """Half width of the disk in each of its rows, from the centre row outwards; pixels."""
    rows = np.arange(math.floor(radius) + 1)
    half: npt.NDArray[np.float64] = np.floor(np.sqrt(radius * radius - rows * rows) + 1e-9)
    return half.astype(np.int64)
