"""From digital numbers to one radiometry: reflectance = 0.0001 * value, without an offset.

Which offset a scene has is decided in ``offsets``.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

UInt16s = npt.NDArray[np.uint16]


def harmonise(
    values: UInt16s, offset: int, clear: npt.NDArray[np.bool_] | None = None, out: UInt16s | None = None
) -> UInt16s:
    """Adds an offset to digital numbers without losing dark pixels, and takes out what isn't clear.

    Args:
        values: Digital numbers, shape (rows, columns); 0 is nodata.
        offset: Number to add.
        clear: Pixels to keep, likewise; ``None`` is all.
        out: Where to put the result, likewise; ``None`` is a new array.

    Returns:
        ``out``: 0 where the value was 0 or is not clear, else the sum, clipped to 1..65535.
    """
    if out is None:
        out = np.empty(values.shape, np.uint16)
    if clear is None:
        clear = np.ones(values.shape, np.bool_)
    _harmonise(values, np.int32(offset), clear, out)
    return out


@numba.njit(cache=True, nogil=True)
def _harmonise(
    values: UInt16s, offset: np.int32, clear: npt.NDArray[np.bool_], out: UInt16s
) -> None:  # pragma: no cover - compiled
    for row in range(values.shape[0]):
        source, keep, target = values[row], clear[row], out[row]
        for column in range(values.shape[1]):
            value = np.int32(source[column])
            shifted = min(max(value + offset, np.int32(1)), np.int32(65535))
            target[column] = np.uint16(shifted) if value != 0 and keep[column] else np.uint16(0)
