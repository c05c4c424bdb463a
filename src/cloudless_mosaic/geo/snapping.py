"""Pixel coordinates that differ from a whole number only by the rounding of a projection."""

from __future__ import annotations

from math import ceil, floor

SNAP = 1e-6
"""Share of a pixel by which an edge may miss the grid and still lie on it."""


def snap_out(low: float, high: float) -> tuple[int, int]:
    """The smallest run of whole pixels around an interval, at least one pixel long.

    Args:
        low: Lower end, in pixels.
        high: Upper end, in pixels.

    Returns:
        The first pixel and the one after the last.
    """
    first, end = floor(low + SNAP), ceil(high - SNAP)
    return first, max(end, first + 1)
