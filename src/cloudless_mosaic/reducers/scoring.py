"""Scores of the best available pixel, as whole numbers.

The formulas are those of FORCE (D. Frantz, 2019, after P. Griffiths et al., 2013) and of J. C. White et al.
(2014). Whole numbers, because sums of floats would depend on how a processor rounds an exponential function.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Int32s = npt.NDArray[np.int32]

_HALF_VIEW = 3.75
"""Degrees; FORCE takes half of the widest view of Landsat, 7.5. That of Sentinel-2 is 12."""

ONE = 1 << 20
"""A score of 1 with a weight of 1. Weights up to 500 together fit."""


def day_scores(days: Sequence[float], sigma: float, weight: float) -> Int32s:
    """Scores of observations by their day, on a bell curve.

    Args:
        days: From the day that is best to each observation, of either sign.
        sigma: Standard deviation of the curve, days. White et al. take 38.
        weight: Of this score among the others.
    """
    return _whole([weight * math.exp(-0.5 * (day / sigma) ** 2) for day in days])


def distance_scores(step: float, reach: float, weight: float) -> Int32s:
    """Scores of the 256 levels of a distance to cloud.

    Args:
        step: From one level to the next, metres.
        reach: Where cloud stops to matter, metres; at half of it the score is a half. FORCE takes 3000.
        weight: Of this score among the others.
    """
    distances = [min(level * step, reach) for level in range(256)]
    return _whole([weight * _logistic(10 / reach * (distance - reach / 2)) for distance in distances])


def haze_scores(weight: float) -> tuple[int, Int32s]:
    """Scores by the haze-optimised transformation, HOT = blue - red / 2 - 800.

    The score is 1 / (1 + exp(0.05 (HOT + 150))), so a half at a HOT of -150.

    Args:
        weight: Of this score among the others.

    Returns:
        The first value of 2 blue - red that has an entry, and the entries; beyond them the score is 0 or
        ``weight`` to nine digits.
    """
    least, end = 500, 2101
    return least, _whole([weight * _logistic(-0.05 * (twice / 2 - 650)) for twice in range(least, end)])


def view_scores(angles: Sequence[float | None], weight: float) -> Int32s:
    """Scores by the angle of the view: 1 / (1 + exp(10 / 7.5 (angle - 3.75))), so a half at 3.75 degrees.

    Args:
        angles: Degrees; ``None`` is unknown and gets a half.
        weight: Of this score among the others.
    """
    known = (_HALF_VIEW if angle is None else angle for angle in angles)
    return _whole([weight * _logistic(-10 / (2 * _HALF_VIEW) * (angle - _HALF_VIEW)) for angle in known])


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def _whole(scores: Sequence[float]) -> Int32s:
    return np.array([round(score * ONE) for score in scores], np.int32)
