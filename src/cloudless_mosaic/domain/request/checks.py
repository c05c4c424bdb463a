"""Ranges of numbers in a request."""

from __future__ import annotations

import math

from cloudless_mosaic.errors import UsageError


def require_positive(field: str, value: float) -> None:
    """Raises ``UsageError``, which names the field, unless a value is finite and above 0."""
    if not (math.isfinite(value) and value > 0):
        raise UsageError(f"`{field}` must be greater than 0, got {value:g}")


def require_between(field: str, value: float, low: float, high: float) -> None:
    """Raises ``UsageError``, which names the field, unless a value lies within limits, both included."""
    if not (math.isfinite(value) and low <= value <= high):
        raise UsageError(f"`{field}` must be between {low:g} and {high:g}, got {value:g}")
