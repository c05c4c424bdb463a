"""Between samples and output pixels: means by area, and the samples that a pixel needs."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Floats, Mask, UInt16s, check, whole


def mean_separable(samples: UInt16s, x: Floats, y: Floats, half: tuple[float, float]) -> UInt16s:
    """Means of the samples above 0 in rectangles, weighted by area.

    Args:
        samples: Whole, two axes; the first sample covers 0 to 1 on both.
        x: Centres of the columns of the output.
        y: Centres of its rows.
        half: Half the width and half the height of a rectangle.

    Returns:
        Shape (len(y), len(x)); rounded half to even, 0 where there is no sample above 0.
    """
    check(samples.ndim == 2, "samples that aren't two-dimensional")
    out = np.empty((len(y), len(x)), np.uint16)
    axes = whole(x, np.float64), len(x), whole(y, np.float64), len(y)
    lib.mean_separable(whole(samples, np.uint16), *samples.shape, *axes, *half, whole(out))
    return out


def mean_at_points(samples: UInt16s, x: Floats, y: Floats, half: tuple[float, float]) -> UInt16s:
    """``mean_separable`` for centres in arrays of any shape; 0 where a centre isn't finite."""
    check(samples.ndim == 2 and x.shape == y.shape, "points whose axes differ")
    out = np.empty(x.shape, np.uint16)
    points = whole(x, np.float64), whole(y, np.float64), x.size
    lib.mean_at_points(whole(samples, np.uint16), *samples.shape, *points, *half, whole(out))
    return out


def mark_separable(wanted: Mask, x: Floats, y: Floats, half: tuple[float, float], marked: Mask) -> None:
    """Sets to True the samples from which ``mean_separable`` computes the wanted pixels.

    Args:
        wanted: Whole, shape (len(y), len(x)).
        x: As for ``mean_separable``.
        y: Likewise.
        half: Likewise.
        marked: Whole, two axes, one value per sample.
    """
    check(wanted.shape == (len(y), len(x)) and marked.ndim == 2, "a mask of another shape")
    axes = whole(x, np.float64), len(x), whole(y, np.float64), len(y)
    lib.mark_separable(whole(wanted, np.bool_), *axes, *half, whole(marked, np.bool_), *marked.shape)


def mark_around_points(wanted: Mask, x: Floats, y: Floats, half: tuple[float, float], marked: Mask) -> None:
    """``mark_separable`` for centres in arrays of any shape; one that isn't finite marks nothing."""
    check(wanted.shape == x.shape == y.shape and marked.ndim == 2, "a mask of another shape")
    points = whole(x, np.float64), whole(y, np.float64), x.size
    lib.mark_around_points(whole(wanted, np.bool_), *points, *half, whole(marked, np.bool_), *marked.shape)
