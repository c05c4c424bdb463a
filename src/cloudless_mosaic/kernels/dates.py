"""The observations of each pixel compared with one another."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cloudless_mosaic.kernels._native import ffi, lib
from cloudless_mosaic.kernels.arrays import Int64s, UInt8s, UInt16s, check
from cloudless_mosaic.kernels.stacks import planes_of, stack_of

MOST = 32767
"""No limit may be larger, so that sums stay within 16 bits."""


HAZE, SHADOW = 2, 4
"""Bits of the reasons why observations are taken out."""


def drop_by_dates(
    stack: UInt16s,
    guides: tuple[int, int, int],
    levels: UInt8s,
    limits: Sequence[int],
    dropped: Int64s,
    *,
    reasons: UInt8s | None = None,
    own: int | None = None,
) -> None:
    """Takes hazy, shaded and incomplete observations out of a stack, in place.

    Only the first band is set to 0: an observation counts in all bands or in none.

    Args:
        stack: Shape (band, time, y, x).
        guides: Places of blue, red and near infrared in the stack.
        levels: Whole, shape (time, y, x): 1 clear, 2 doubtful, 3 snow; with any other nothing is kept.
        limits: Digital numbers, at most `MOST`: more blue than the reference that is haze; the same for
            doubtful observations; blue less half of red of a doubtful observation that no other confirms;
            more blue than the lowest of what can be sunlit, unless twice the lowest is more; less near
            infrared than the sunlit observation that is shadow, if it is more than 9/32 of that one's too.
        dropped: Whole, shape (time,): complete observations that were taken out are added.
        reasons: Whole, shape (y, x): `HAZE` and `SHADOW` are added where such an observation was taken out.
        own: Number of the first times that ``reasons`` are wanted of; ``None`` is all.
    """
    _, times, *plane = stack.shape
    check(len(guides) == 3 and all(0 <= band < len(stack) for band in guides), "bands the stack lacks")
    check(len(limits) == 5 and all(0 <= limit <= MOST for limit in limits), "limits out of their range")
    short = lib.drop_by_dates(
        *stack_of(stack),
        planes_of(np.array(guides, np.int64), (3,), np.int64),
        planes_of(levels, (times, *plane), np.uint8),
        planes_of(np.array(limits, np.uint16), (5,), np.uint16),
        planes_of(dropped, (times,), np.int64),
        ffi.NULL if reasons is None else planes_of(reasons, tuple(plane), np.uint8),
        times if own is None else own,
    )
    if short:
        raise MemoryError
