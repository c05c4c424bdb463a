"""How the loops of the synthetic archive are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

Loop = TypeVar("Loop", bound=Callable[..., Any])


def compiled(loop: Loop) -> Loop:
    """Compiles a loop when it is first called; what was compiled is kept for the next process.

    Where there is no place to keep it (the package and the home can't be written, nor what `NUMBA_CACHE_DIR`
    names), every process compiles for itself.
    """
    try:
        return cast("Loop", numba.njit(cache=True, nogil=True)(loop))
    except RuntimeError:
        return cast("Loop", numba.njit(nogil=True)(loop))
