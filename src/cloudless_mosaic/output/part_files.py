"""Part files: what a worker made of some blocks of a mosaic, for all files of it.

A part file holds a description (JSON), then tiles as they will be in the finished files, and pieces: pixels
of tiles that lie in several parts. Each has a checksum of its own.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
from imagecodecs import deflate_crc32

from cloudless_mosaic.cog.encoding import Pixels
from cloudless_mosaic.cog.part import PartEncoder, pack_piece, unpack_piece
from cloudless_mosaic.cog.pyramid import Piece, TileIndex
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.output.facts_record import facts_of, facts_record, window_of
from cloudless_mosaic.storage.direct_io import Bytes
from cloudless_mosaic.storage.files import storage_faults
from cloudless_mosaic.storage.spool import Span, checked

SUFFIX = ".part"
LOSSY = ".lossy"
"""Of a part that lacks an observation: no later run takes it, since the observation may be read by then."""

_NAME = re.compile(rf"\d+-\d+-\d+{re.escape(SUFFIX)}")

_HEAD = struct.Struct("<II")
"""CRC-32 of the description and its length in bytes."""


def part_bytes(
    facts: Sequence[BlockFacts], encoders: Iterable[PartEncoder], fingerprint: str, *, packed: bool
) -> list[Bytes]:
    """The content of a part file, in parts to be written one after the other.

    Args:
        facts: Of its blocks.
        encoders: With all of these blocks; one for each file of the mosaic, in its order.
        fingerprint: Of the plan.
        packed: True to compress pieces, which is worth it where they go over a network.
    """
    content = _Content()
    rasters = [
        {
            "tiles": [
                [index.level, index.row, index.column, *content.add(tile)]
                for index, tile in encoder.tiles.items()
            ],
            "pieces": [
                _piece_record(index, piece, content, packed=packed) for index, piece in encoder.pieces()
            ],
        }
        for encoder in encoders
    ]
    description = {
        "fingerprint": fingerprint,
        "blocks": [facts_record(one) for one in facts],
        "packed": packed,
        "rasters": rasters,
    }
    head = json.dumps(description, separators=(",", ":")).encode()
    return [
        np.frombuffer(_HEAD.pack(deflate_crc32(head), len(head)) + head, np.uint8),
        *content.parts,
    ]


class _Content:
    """What follows the description."""

    def __init__(self) -> None:
        self.parts: list[Bytes] = []
        self._size = 0

    def add(self, parts: Iterable[Any]) -> tuple[int, int, int]:
        """Offset, size and checksum of some bytes."""
        offset, crc = self._size, 0
        for part in parts:
            data = np.frombuffer(part, np.uint8)
            crc = deflate_crc32(cast("bytes", data), crc)
            self.parts.append(data)
            self._size += data.size
        return offset, self._size - offset, crc


def _piece_record(index: TileIndex, piece: Piece, content: _Content, *, packed: bool) -> list[Any]:
    data = np.ascontiguousarray(piece.data)
    span = content.add([pack_piece(data) if packed else data.reshape(-1).view(np.uint8)])
    place = (index.level, index.row, index.column, piece.row, piece.column)
    return [*place, list(data.shape), str(data.dtype), *span]


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part file that is there. A ``TileSource``."""

    path: Path
    """Where it is."""
    description: dict[str, Any]
    """See ``part_bytes``."""
    start: int
    """Offset of what follows the description."""

    @classmethod
    def open(cls, path: Path) -> PartFile | None:
        """Reads the description of a part file; ``None`` where it is damaged.

        Raises:
            TemporaryError: if the disk fails.
            OSError: if the file isn't there.
        """
        with storage_faults(path), path.open("rb") as file:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size:
                return None
            crc, length = _HEAD.unpack(head)
            description = file.read(length)
        if len(description) != length or deflate_crc32(description) != crc:
            return None
        return cls(path, json.loads(description), _HEAD.size + length)

    @property
    def fingerprint(self) -> str:
        """Of its plan."""
        return str(self.description["fingerprint"])

    def facts(self, period: Period, tile: str) -> tuple[BlockFacts, ...]:
        """Facts of its blocks."""
        return tuple(facts_of(record, period, tile) for record in self.description["blocks"])

    @property
    def indexes(self) -> frozenset[tuple[int, int]]:
        """Row and column of its blocks."""
        return frozenset(
            (row, column) for row, column in (record["index"] for record in self.description["blocks"])
        )

    def fits(self, blocks: Blocks) -> bool:
        """True if its blocks are among those of a cut."""
        windows = {block.index: window_of(block) for block in blocks}
        return all(
            windows.get(tuple(record["index"])) == record["window"] for record in self.description["blocks"]
        )

    def tiles(self, raster: int) -> dict[TileIndex, Span]:
        """Places of the encoded tiles of a file of the mosaic, counted from 0."""
        records = self.description["rasters"][raster]["tiles"]
        return {
            TileIndex(level, row, column): Span(offset, size, crc)
            for level, row, column, offset, size, crc in records
        }

    def pieces(self, raster: int) -> Iterator[tuple[TileIndex, Piece]]:
        """Pixels of the incomplete tiles of a file of the mosaic.

        Raises:
            TemporaryError: as ``read``.
        """
        for record in self.description["rasters"][raster]["pieces"]:
            level, tile_row, tile_column, row, column, shape, dtype, *span = record
            data = self.read(Span(*span))
            yield (
                TileIndex(level, tile_row, tile_column),
                Piece(row, column, self._pixels(data, shape, dtype)),
            )

    def read(self, span: Span) -> bytes:
        """The bytes of a span.

        Raises:
            TemporaryError: if the disk fails, or gives other bytes than were written.
        """
        with storage_faults(self.path), self.path.open("rb", buffering=0) as file:
            file.seek(self.start + span.offset)
            data = file.read(span.size)
        return checked(data, span, self.path)

    def intact(self) -> bool:
        """True if all bytes are those that were written.

        Raises:
            TemporaryError: if the disk fails.
        """
        spans = (
            Span(*record[-3:])
            for raster in self.description["rasters"]
            for record in (*raster["tiles"], *raster["pieces"])
        )
        with storage_faults(self.path), self.path.open("rb") as file:
            file.seek(self.start)
            for span in spans:
                data = file.read(span.size)
                if len(data) != span.size or deflate_crc32(data) != span.crc:
                    return False
        return True

    def _pixels(self, data: bytes, shape: Sequence[int], dtype: str) -> Pixels:
        if self.description["packed"]:
            return unpack_piece(data, tuple(shape), dtype)
        return np.frombuffer(data, dtype).reshape(shape).copy()


def found_parts(folder: Path, fingerprint: str) -> Iterator[PartFile]:
    """The part files of a plan in a folder that are whole.

    Raises:
        TemporaryError: if the disk fails.
    """
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if _NAME.fullmatch(path.name):
            part = PartFile.open(path)
            if part and part.fingerprint == fingerprint:
                yield part


def part_name(facts: Sequence[BlockFacts]) -> str:
    """Name of the file of a part: its first block and the number of its blocks."""
    row, column = facts[0].block.index
    suffix = LOSSY if any(one.lost for one in facts) else SUFFIX
    return f"{row}-{column}-{len(facts)}{suffix}"
