"""Headers that lie: whatever the bytes, a raster of the product, a file for GDAL, or an error; and soon."""

import asyncio
import struct
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.reading import TileReader, WindowRead
from cloudless_mosaic.reading.tiff import UnsupportedTiffError, parse_tiff

GEO_KEYS = (1, 1, 0, 1, 3072, 0, 1, 32633)
GOOD = {
    254: ("H", (0,)),
    256: ("H", (64,)),
    257: ("H", (64,)),
    258: ("H", (16,)),
    259: ("H", (8,)),
    277: ("H", (1,)),
    284: ("H", (1,)),
    322: ("H", (64,)),
    323: ("H", (64,)),
    324: ("I", (5000,)),
    325: ("I", (100,)),
    33550: ("d", (10.0, 10.0, 0.0)),
    33922: ("d", (0.0, 0.0, 0.0, 499980.0, 5300040.0, 0.0)),
    34735: ("H", GEO_KEYS),
}
KINDS = {"H": 3, "I": 4, "d": 12, "Q": 16, "B": 1, "b": 6, "s": 2}


class Bytes:
    """A source that says what was asked of it."""

    def __init__(self, data):
        self.data = data
        self.asked = 0

    async def span(self, start, size):
        self.asked += size
        if start + size > len(self.data):
            raise SourceError("behind the end")
        return self.data[start : start + size]


def write(*directories, links=None):
    """A classic TIFF of these directories; ``links`` says where the link of one leads instead."""
    out = bytearray(b"II*\0") + struct.pack("<I", 8)
    for i, tags in enumerate(directories):
        out += struct.pack("<H", len(tags))
        values = bytearray()
        after = len(out) + 12 * len(tags) + 4
        for tag, (kind, numbers) in sorted(tags.items()):
            count = numbers if isinstance(numbers, int) else len(numbers)
            packed = b"\x01\0\0\0" if isinstance(numbers, int) else struct.pack(f"<{count}{kind}", *numbers)
            if len(packed) > 4:
                place = struct.pack("<I", after + len(values))
                values += packed
                packed = place
            out += struct.pack("<HHI4s", tag, KINDS[kind], count, packed)
        following = after + len(values) if i + 1 < len(directories) else 0
        out += struct.pack("<I", (links or {}).get(i, following)) + values
    return bytes(out)


def parse(data):
    return asyncio.run(parse_tiff(Bytes(data)))


def test_a_plain_header():
    raster = parse(write(GOOD))
    assert raster.levels[0].grid.crs == "EPSG:32633"
    assert raster.levels[0].grid.transform == (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0)
    assert raster.dtype == np.uint16


OVERVIEW = {**GOOD, 254: ("H", (1,)), 256: ("H", (32,)), 257: ("H", (32,))}
HOSTILE = {
    "nothing": b"",
    "two bytes": b"II",
    "no directory": b"II*\0" + bytes(4),
    "web page": b"<html><body>please log in</body></html>",
    "VRT": b"<VRTDataset><SourceFilename>/etc/passwd</SourceFilename></VRTDataset>",
    "zeros": bytes(1000),
    "directory behind the end": b"II*\0" + struct.pack("<I", 2**31),
    "big directory behind the end": b"II+\0\x08\0\0\0" + struct.pack("<Q", 2**63),
    "directory of none": b"II*\0" + struct.pack("<I", 8) + bytes(20),
    "directory of 65535": b"II*\0" + struct.pack("<I", 8) + b"\xff" * 2_000_000,
    "circle": write(GOOD, links={0: 8}),
    "circle of two": write(GOOD, OVERVIEW, links={1: 8}),
    "a thousand directories": write(*[OVERVIEW] * 1000),
    "terabytes": write({**GOOD, 256: ("I", (2**31,)), 257: ("I", (2**31,)), 324: ("I", 1), 325: ("I", 1)}),
    "four billion tiles": write({**GOOD, 324: ("I", 2**32 - 1), 325: ("I", 2**32 - 1)}),
    "tile of gigabytes": write({**GOOD, 325: ("I", (2**31,))}),
    "tile of 65535 pixels": write({**GOOD, 322: ("H", (65535,)), 323: ("H", (65535,))}),
    "tile of no pixels": write({**GOOD, 322: ("H", (0,))}),
    "no pixels": write({**GOOD, 256: ("H", (0,))}),
    "more sizes than tiles": write({**GOOD, 325: ("I", (100,) * 9)}),
    "no tiles": write({tag: value for tag, value in GOOD.items() if tag not in {324, 325}}),
    "tiles as text": write({**GOOD, 324: ("b", (1,))}),
    "pixels of no size": write({**GOOD, 33550: ("d", (0.0, 0.0, 0.0))}),
    "pixels that are no number": write({**GOOD, 33550: ("d", (float("nan"),) * 3)}),
    "corner at infinity": write({**GOOD, 33922: ("d", (0, 0, 0, float("inf"), 0, 0))}),
    "a million scales": write({**GOOD, 33550: ("d", 1_000_000)}),
    "a million keys": write({**GOOD, 34735: ("H", 1_000_000)}),
    "overview larger than the image": write(GOOD, {**OVERVIEW, 256: ("H", (640,))}),
    "big-endian": b"MM\0*" + bytes(100),
    "three bands": write({**GOOD, 277: ("H", (3,))}),
    "floats": write({**GOOD, 339: ("H", (3,))}),
    "JPEG": write({**GOOD, 259: ("H", (7,))}),
    "centres": write({**GOOD, 34735: ("H", (1, 1, 0, 2, 1025, 0, 1, 2, 3072, 0, 1, 32633))}),
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_header_that_lies_is_refused_at_once(data):
    source = Bytes(data)
    began = time.perf_counter()
    with pytest.raises(SourceError) as caught:
        asyncio.run(parse_tiff(source))
    assert time.perf_counter() - began < 1
    assert source.asked < 1_000_000
    assert str(caught.value).isprintable()


GDALS = ("big-endian", "three bands", "floats", "JPEG", "centres", "no tiles", "tiles as text")
GDALS += ("overview larger than the image",)


@pytest.mark.parametrize("name", [name for name in HOSTILE if name not in GDALS])
def test_the_reader_says_which_file_it_was(tmp_path, name):
    path = tmp_path / "B04.tif"
    path.write_bytes(HOSTILE[name])
    with pytest.raises(SourceError, match=r"B04\.tif"):
        TileReader().header(str(path))


def test_what_gdal_may_read_is_left_to_it():
    for name in GDALS:
        with pytest.raises(UnsupportedTiffError):
            parse(HOSTILE[name])


@pytest.mark.slow
@settings(max_examples=300)
@given(st.data())
def test_any_flip_of_bits_in_a_header(data):
    header = bytearray(write(GOOD, OVERVIEW))
    for _ in range(data.draw(st.integers(1, 6))):
        header[data.draw(st.integers(0, len(header) - 1))] ^= data.draw(st.integers(1, 255))
    source = Bytes(bytes(header))
    try:
        raster = asyncio.run(parse_tiff(source))
    except SourceError:
        return
    finally:
        assert source.asked < 1_000_000
    for level in raster.levels:
        assert level.offsets.shape == level.sizes.shape
        assert level.sizes.max() <= level.tile_shape[0] * level.tile_shape[1] * 2 + 65536


@pytest.mark.slow
@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes(noise):
    for data in (noise, b"II*\0\x08\0\0\0" + noise, b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0" + noise):
        with suppress(SourceError):
            parse(data)


@pytest.fixture(scope="module")
def flipped(tmp_path_factory, tiff):
    """A small file, its bytes and its pixels."""
    pixels = np.random.default_rng(2).integers(1, 60000, (192, 192)).astype(np.uint16)
    path = tiff(tmp_path_factory.mktemp("flipped") / "B04.tif", pixels, predictor=2)
    return path, path.read_bytes(), pixels


@pytest.mark.slow
@settings(max_examples=60)
@given(data=st.data())
def test_any_flip_of_bits_in_tiles_gives_the_right_pixels_or_an_error(flipped, data):
    path, content, pixels = flipped
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 4))):
        # behind the header
        changed[data.draw(st.integers(1200, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(bytes(changed))
    reader = READER
    reader._rasters.clear()
    ((_, answer),) = reader.read_many([WindowRead(str(path), 0, 0, 0, (192, 192))])
    assert isinstance(answer, SourceError) or np.array_equal(answer, pixels)


READER = TileReader()
