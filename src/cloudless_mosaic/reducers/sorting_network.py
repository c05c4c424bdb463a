"""Sorting networks, whose comparators run over whole rows of pixels."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt


@lru_cache
def sorting_network(size: int) -> npt.NDArray[np.int64]:
    """Comparators of Batcher's odd-even merge sort (K. E. Batcher, 1968), shape (comparator, 2)."""
    pairs = []
    span = 1
    while span < size:
        step = span
        while step:
            for first in range(step % span, size - step, 2 * step):
                for offset in range(min(step, size - first - step)):
                    low = first + offset
                    if low // (2 * span) == (low + step) // (2 * span):
                        pairs.append((low, low + step))
            step //= 2
        span *= 2
    return np.array(pairs, np.int64).reshape(-1, 2)
