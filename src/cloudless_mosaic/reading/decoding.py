"""From the bytes of a tile to its pixels."""

from __future__ import annotations

import threading
from typing import Any, cast

import imagecodecs
import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading.tiff import TiledLevel

Pixels = npt.NDArray[Any]

_scratch = threading.local()


def decode_tile(data: Any, level: TiledLevel, dtype: np.dtype[Any]) -> Pixels:  # noqa: ANN401 - any buffer
    """Decompresses a tile; a predictor is not undone.

    Args:
        data: The bytes as they are in the file.
        level: The level that the tile is of.
        dtype: Type of a pixel.

    Returns:
        Shape of a tile. The array is used again by the next call in the same thread.

    Raises:
        SourceError: if the bytes aren't those of a whole tile.
    """
    size = level.tile_shape[0] * level.tile_shape[1] * dtype.itemsize
    out = _buffer(size)
    target = cast("bytearray", out)  # any writable buffer will do, the type hints name only some
    try:
        if level.compression == "deflate":
            count = len(imagecodecs.deflate_decode(data, out=target))
        elif level.compression == "zstd":
            count = len(imagecodecs.zstd_decode(data, out=target))
        else:
            # numpy would spread a single byte over the whole tile
            count = len(data)
            if count == size:
                out[:] = np.frombuffer(data, np.uint8)
    except (RuntimeError, ValueError) as error:
        raise SourceError(f"a tile is corrupt ({type(error).__name__})") from None
    if count != size:
        raise SourceError(f"a tile is corrupt (it holds {count} bytes of {size})")
    return out.view(dtype).reshape(level.tile_shape)


def _buffer(size: int) -> npt.NDArray[np.uint8]:
    """A buffer of this thread: new memory for every tile costs more than decompressing it."""
    buffers: dict[int, npt.NDArray[np.uint8]] = _scratch.__dict__.setdefault("buffers", {})
    if size not in buffers:
        buffers[size] = np.empty(size, np.uint8)
    return buffers[size]
