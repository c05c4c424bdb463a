"""Erosion, opening and dilation of masks by a disk, as in ``scipy.ndimage``.

A pixel belongs to the disk where its centre is at the radius or nearer. What lies outside of an array is
masked for an erosion and not masked for a dilation, so that neither changes anything at the edge of a scene.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels import clear_around
from cloudless_mosaic.masks.levels import Bools


def take_out(masked: Bools, clear: Bools, radius: float) -> None:
    """Sets ``clear`` to False where a mask, grown by a disk, is True; in place.

    Args:
        masked: C-contiguous, shape (rows, columns).
        clear: Likewise.
        radius: Pixels; below 1 the mask doesn't grow.
    """
    clear_around(masked, clear, _half_widths(radius))


def dilated(mask: Bools, radius: float) -> Bools:
    """A mask grown by a disk.

    Args:
        mask: C-contiguous, shape (rows, columns).
        radius: Pixels; below 1 the mask stays as it is.
    """
    free = np.ones_like(mask)
    take_out(mask, free, radius)
    return ~free


def eroded(mask: Bools, radius: float) -> Bools:
    """A mask shrunk by a disk; see `dilated`."""
    return ~dilated(~mask, radius)


def opened(mask: Bools, radius: float) -> Bools:
    """A mask without the parts that a disk doesn't fit in; see `dilated`."""
    return dilated(eroded(mask, radius), radius)


def _half_widths(radius: float) -> npt.NDArray[np.int64]:
    """Half width of the disk in each of its rows, from the centre row outwards; pixels."""
    rows = np.arange(math.floor(radius) + 1)
    half: npt.NDArray[np.float64] = np.floor(np.sqrt(radius * radius - rows * rows) + 1e-9)
    return half.astype(np.int64)
