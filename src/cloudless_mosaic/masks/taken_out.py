"""What a mask took out of the observations of a pixel, and by which step, as bits."""

from __future__ import annotations

from cloudless_mosaic.kernels.dates import HAZE, SHADOW

CLASSES = 1
"""An observation is masked by its class, or lies near one that is."""

NO_DATA = 255
"""No scene has data."""

STEPS = ((CLASSES, "classes"), (HAZE, "haze"), (SHADOW, "shadow"))
"""Bits and names of the steps; haze and shadow are those found by comparing dates."""
