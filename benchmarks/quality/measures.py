"""How far a mosaic is from the truth."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from benchmarks.quality.observations import BANDS, Bools, Observations, UInt16s
from cloudless_mosaic.reducers import Stack, parse_reducer

BRIGHT = 200
"""Digital numbers of blue above the truth from which a pixel counts as bright: haze or cloud."""

DARK = 600
"""Digital numbers of near infrared below the truth from which a pixel counts as dark: shadow."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Of one mosaic, in one place. Shares are of 1, errors in digital numbers (reflectance / 0.0001)."""

    filled: float
    """Share of the pixels that have data."""
    bright: float
    """Share of the filled pixels that are hazier than the truth."""
    dark: float
    """Share of them that are in shadow."""
    rmse: float
    """Root of the mean squared error of blue."""
    mean: float
    """Mean absolute error of red."""
    p99: float
    """99th percentile of the absolute error of red."""
    off_100: float
    """Share of the filled pixels whose red is off by more than 100."""
    off_300: float
    """By more than 300."""


def mosaic(seen: Observations, kept: Bools) -> UInt16s:
    """Median of the observations that are kept, shape (band, y, x), by the product's reducer."""
    values = np.ascontiguousarray(np.where(kept[None], seen.stack, np.uint16(0)))
    # the median looks at neither times nor names
    never = datetime.min.replace(tzinfo=UTC)
    stack = Stack(values, (never,) * values.shape[1], BANDS, (never, never))
    return parse_reducer("median").reduce(stack).data


def errors(made: UInt16s, truth: UInt16s, where: Bools) -> Errors | None:
    """Compares a mosaic with the truth.

    Args:
        made: Shape (band, y, x), 0 where there are no data.
        truth: Same shape.
        where: Pixels to look at, shape (y, x).

    Returns:
        ``None`` where no pixel to look at has data.
    """
    filled = where & (made > 0).all(axis=0)
    if not filled.any():
        return None
    differences = made[:, filled].astype(np.int32) - truth[:, filled]
    blue, red, nir = (differences[BANDS.index(band)] for band in ("B02", "B04", "B08"))
    off = np.abs(red)
    return Errors(
        filled=float(filled.sum() / where.sum()),
        bright=float((blue > BRIGHT).mean()),
        dark=float((nir < -DARK).mean()),
        rmse=float(np.sqrt(np.square(blue, dtype=np.float64).mean())),
        mean=float(off.mean()),
        p99=float(np.percentile(off, 99)),
        off_100=float((off > 100).mean()),
        off_300=float((off > 300).mean()),
    )
