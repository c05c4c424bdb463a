"""Headers of TIFFs by coverage-guided fuzzing. Run: python tests/fuzz/headers.py -max_total_time=600."""

import asyncio
import sys
from contextlib import suppress

import atheris
import numpy as np
import rasterio
from affine import Affine

with atheris.instrument_imports(include=["cloudless_mosaic"]):
    from cloudless_mosaic.errors import SourceError
    from cloudless_mosaic.reading import tiff

_LOOP = asyncio.new_event_loop()


class Source:
    """Bytes in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def span(self, start: int, size: int) -> bytes:
        """See ``ByteSource.span``."""
        if start + size > len(self._data):
            raise SourceError("behind the end")
        return self._data[start : start + size]


def _good() -> bytes:
    """A small raster with overviews."""
    profile = {"driver": "GTiff", "width": 300, "height": 200, "count": 1, "dtype": "uint16", "tiled": True}
    profile |= {"blockxsize": 64, "blockysize": 64, "compress": "deflate", "crs": "EPSG:32633"}
    with rasterio.MemoryFile() as memory:
        with memory.open(**profile, transform=Affine(10, 0, 499980, 0, -10, 5300040)) as dataset:
            dataset.write(np.ones((1, 200, 300), np.uint16))
            dataset.build_overviews([2, 4])
        return bytes(memory.read())


GOOD = _good()


def _changed(data: bytes) -> bytes:
    """The raster with bytes replaced: place and value of each."""
    whole = bytearray(GOOD)
    for low, high, value in zip(data[::3], data[1::3], data[2::3], strict=False):
        whole[(low + 256 * high) % len(whole)] = value
    return bytes(whole)


def one(data: bytes) -> None:
    """Parses bytes as they are, as what follows the mark of a TIFF, and as changes to a raster."""
    for whole in (
        data,
        _changed(data),
        b"II*\0\x08\0\0\0" + data,
        b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + data,
    ):
        with suppress(SourceError):
            _LOOP.run_until_complete(tiff.parse_tiff(Source(whole)))


atheris.Setup(sys.argv, one)
atheris.Fuzz()
