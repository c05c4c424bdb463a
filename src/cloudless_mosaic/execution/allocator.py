"""The allocator of a worker process, set as it is by default in a process that Dask doesn't start."""

from __future__ import annotations

import sys
from functools import lru_cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""``M_TRIM_THRESHOLD`` and ``M_MMAP_THRESHOLD`` of ``mallopt(3)``."""

_MMAP_BYTES = 32 * 2**20
"""What glibc raises the second of them to by itself, as arrays are freed."""


@lru_cache(maxsize=1)
def keep_freed_memory() -> None:
    """Lets freed arrays be used for the next ones, once per process.

    Dask starts workers with ``MALLOC_TRIM_THRESHOLD_`` of 64 kB, which also stops glibc from adapting: each
    array is then new memory of the system, whose pages are cleared one by one when they are first touched.
    """
    import ctypes  # noqa: PLC0415 - only workers need it

    # other C libraries than glibc don't have these
    if sys.platform == "linux" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(_MMAP_THRESHOLD, _MMAP_BYTES)
        mallopt(_TRIM_THRESHOLD, 2 * _MMAP_BYTES)
