"""The bytes of a Cloud-Optimized GeoTIFF before its pixels: headers, directories and tags.

TIFF 6.0 and BigTIFF, little-endian, in the layout of GDAL's COG driver: all directories first, then the tiles
of the smallest overview, and so on to those of full resolution. A "ghost" text after the header declares this
layout to readers.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

_ASCII, _SHORT, _LONG, _DOUBLE, _LONG8 = 2, 3, 4, 12, 16
_SIZES: Final = {1: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, 5: 8, _DOUBLE: 8, _LONG8: 8}
_FORMATS: Final = {_SHORT: "H", _LONG: "I", _DOUBLE: "d", _LONG8: "Q"}

_TILE_OFFSETS, _TILE_BYTE_COUNTS = 324, 325
_GEO_TAGS: Final = (33550, 33922, 34264, 34735, 34736, 34737)
"""ModelPixelScale, ModelTiepoint, ModelTransformation, GeoKeyDirectory, GeoDoubleParams, GeoAsciiParams."""

CLASSIC_LIMIT = 2**32 - 1
"""Highest offset in a classic TIFF."""

_GHOST = (
    "LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    "BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)

LEADER = 4
"""Bytes before a tile, which hold its size."""

Encoded = bytes | npt.NDArray[np.uint8]
"""Bytes of a compressed tile."""

TRAILER = 4
"""Bytes after a tile, which repeat its last ones."""


@dataclass(frozen=True, slots=True)
class Tag:
    """One entry of a directory."""

    code: int
    """Number of the tag."""
    type: int
    """Number of the type."""
    count: int
    """Number of values."""
    data: bytes
    """The values."""


@dataclass(frozen=True, slots=True)
class Level:
    """The directory of one resolution."""

    tags: tuple[Tag, ...]
    """All tags except offsets and sizes of tiles."""
    tile_sizes: Sequence[int]
    """Bytes of each tile, row by row, without leader and trailer."""


@dataclass(frozen=True, slots=True)
class Header:
    """The beginning of a file, and the offsets of its tiles."""

    data: bytes
    """Everything before the first tile."""
    tile_offsets: tuple[tuple[int, ...], ...]
    """For each level, the offset of each tile, after its leader."""
    size: int
    """Size of the whole file, bytes."""


def ascii_tag(code: int, text: str) -> Tag:
    """A tag that holds text."""
    data = text.encode() + b"\0"
    return Tag(code, _ASCII, len(data), data)


def short_tag(code: int, *values: int) -> Tag:
    """A tag that holds 16-bit numbers."""
    return _numbers(code, _SHORT, values)


def long_tag(code: int, *values: int) -> Tag:
    """A tag that holds 32-bit numbers."""
    return _numbers(code, _LONG, values)


def _numbers(code: int, type_: int, values: Sequence[int]) -> Tag:
    return Tag(code, type_, len(values), struct.pack(f"<{len(values)}{_FORMATS[type_]}", *values))


def wrap_tile(encoded: Encoded) -> tuple[Encoded, Encoded, Encoded]:
    """A tile with its leader and trailer, to be written one after the other."""
    return struct.pack("<I", len(encoded)), encoded, encoded[-TRAILER:]


def build_header(levels: Sequence[Level]) -> Header:
    """Computes the layout of a file.

    Args:
        levels: Full resolution first, each half of the one before.

    Returns:
        The layout of a BigTIFF if the file is too large for a classic TIFF.
    """
    classic = _lay_out(levels, big=False)
    return classic if classic.size <= CLASSIC_LIMIT else _lay_out(levels, big=True)


def _lay_out(levels: Sequence[Level], *, big: bool) -> Header:
    # the size of the directories doesn't depend on the offsets in them
    unplaced = [(0,) * len(level.tile_sizes) for level in levels]
    position = len(_directories(levels, unplaced, big=big))
    offsets = []
    for level in reversed(levels):
        places = []
        for size in level.tile_sizes:
            places.append(position + LEADER)
            position += LEADER + size + TRAILER
        offsets.append(tuple(places))
    offsets.reverse()
    if not big and position > CLASSIC_LIMIT:
        return Header(b"", tuple(offsets), position)
    return Header(_directories(levels, offsets, big=big), tuple(offsets), position)


def _directories(levels: Sequence[Level], offsets: Sequence[Sequence[int]], *, big: bool) -> bytes:
    """Header, ghost text and all directories, each followed by the values that don't fit its entries."""
    ghost = f"GDAL_STRUCTURAL_METADATA_SIZE={len(_GHOST):06d} bytes\n{_GHOST}".encode()
    start = (16 if big else 8) + len(ghost)
    start += start % 2
    head = struct.pack("<2sHHHQ", b"II", 43, 8, 0, start) if big else struct.pack("<2sHI", b"II", 42, start)
    out = bytearray((head + ghost).ljust(start, b"\0"))
    for index, (level, places) in enumerate(zip(levels, offsets, strict=True)):
        tags = (
            *level.tags,
            _numbers(_TILE_OFFSETS, _LONG8 if big else _LONG, places),
            _numbers(_TILE_BYTE_COUNTS, _LONG, level.tile_sizes),
        )
        out += _directory(tags, len(out), last=index == len(levels) - 1, big=big)
    return bytes(out)


def _directory(tags: Iterable[Tag], start: int, *, last: bool, big: bool) -> bytes:
    ordered = sorted(tags, key=lambda tag: tag.code)
    inline, entry = (8, struct.Struct("<HHQ8s")) if big else (4, struct.Struct("<HHI4s"))
    pointer = "<Q" if big else "<I"
    head = struct.pack("<Q" if big else "<H", len(ordered))
    values_at = start + len(head) + len(ordered) * entry.size + inline
    entries, values = bytearray(), bytearray()
    for tag in ordered:
        field = tag.data
        if len(field) > inline:
            field = struct.pack(pointer, values_at + len(values))
            # values begin at even offsets, as TIFF 6.0 requires
            values += tag.data + b"\0" * (len(tag.data) % 2)
        entries += entry.pack(tag.code, tag.type, tag.count, field)
    values += b"\0" * (-(values_at + len(values)) % 8)
    following = 0 if last else values_at + len(values)
    return bytes(head + entries + struct.pack(pointer, following) + values)


def read_geo_tags(tiff: bytes) -> tuple[Tag, ...]:
    """The tags that place the first image of a classic little-endian TIFF on Earth."""
    (start,) = struct.unpack_from("<I", tiff, 4)
    (entries,) = struct.unpack_from("<H", tiff, start)
    tags = []
    for entry in range(entries):
        at = start + 2 + 12 * entry
        code, type_, count, place = struct.unpack_from("<HHII", tiff, at)
        if code in _GEO_TAGS:
            size = count * _SIZES[type_]
            first = at + 8 if size <= 4 else place
            tags.append(Tag(code, type_, count, tiff[first : first + size]))
    return tuple(tags)
