"""Pixel coordinates that differ from an integer only by the rounding error of a projection."""

from __future__ import annotations

from math import ceil, floor

SNAP = 1e-6
"""Fraction of a pixel within which an edge counts as aligned with the grid."""


def snap_out(low: float, high: float) -> tuple[int, int]:
    """The smallest range of whole pixels that covers an interval, at least one pixel long.

    Args:
        low: Lower end, in pixels.
        high: Upper end, in pixels.

    Returns:
        The first pixel and the one after the last.
    """
    first, end = floor(low + SNAP), ceil(high - SNAP)
    return first, max(end, first + 1)
