"""The loops of the synthetic archive, compiled from C when the package is built.

They run without the interpreter's lock. Modules that call them pass arrays with `pointer`, which refuses
unsuitable ones; constants that both sides use are those of ``declarations.h``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.synthetic.native._native import ffi, lib

__all__ = ["ffi", "lib", "pointer"]

_TYPES = {
    np.dtype(np.bool_): ffi.typeof("uint8_t[]"),
    np.dtype(np.uint8): ffi.typeof("uint8_t[]"),
    np.dtype(np.uint16): ffi.typeof("uint16_t[]"),
    np.dtype(np.int64): ffi.typeof("int64_t[]"),
    np.dtype(np.float32): ffi.typeof("float[]"),
    np.dtype(np.float64): ffi.typeof("double[]"),
}


def pointer(array: npt.NDArray[Any], dtype: npt.DTypeLike, shape: tuple[int, ...]) -> Any:  # noqa: ANN401
    """The pixels of an array, for C.

    Args:
        array: C-contiguous.
        dtype: Type that C expects.
        shape: Number of pixels along each dimension that C expects.

    Raises:
        ValueError: if the array is anything else.
    """
    if array.dtype != dtype or array.shape != shape or not array.flags.c_contiguous:
        raise ValueError(
            f"the synthetic archive was given {array.dtype} of shape {array.shape}, where contiguous "
            f"{np.dtype(dtype)} of shape {shape} are wanted"
        )
    return ffi.from_buffer(_TYPES[array.dtype], array)
