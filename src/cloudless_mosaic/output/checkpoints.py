"""Checkpoints: finished blocks of a period on disk, from which a killed run is resumed."""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Iterator
from dataclasses import astuple
from pathlib import Path
from typing import cast

import numpy as np
from imagecodecs import deflate_crc32

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.plausibility import PixelStatistics
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.results import Holes, MaskCounts, SceneNote
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.storage.direct_io import Bytes, write_direct
from cloudless_mosaic.storage.files import storage_faults

_CHECKSUM = struct.Struct("<I")
"""CRC-32 of all that follows."""

_LENGTH = struct.Struct("<I")
"""Bytes of the description that follows."""

_ALIGNED = 16
"""Pixels begin at a multiple of this, so that they can be used in place."""

_NAME = re.compile(r"(\d+)-(\d+)\.block")


class BlockCheckpoints:
    """One file per finished block, whole or not there. Safe to use from many threads.

    Pixels are kept as they are, for as long as their period is in the making: to compress them would cost
    more than to write them. A checksum finds what a power cut damaged.
    """

    def __init__(self, folder: Path) -> None:
        """Lists what an earlier run left.

        Args:
            folder: Of this period alone; made with the first block.
        """
        self._folder = folder
        self.found = frozenset(_found(folder))
        """Row and column of the blocks that an earlier run left, damaged ones included."""

    def keep(self, composite: Composite) -> None:
        """Stores a block, unless it lacks an observation, which may be read another time.

        Raises:
            TemporaryError: if the disk is full or fails.
        """
        if composite.lost:
            return
        path = self._path(composite.block)
        partial = path.with_suffix(".partial")
        with storage_faults(path):
            self._folder.mkdir(exist_ok=True)
            try:
                write_direct(partial, _parts(composite))
                partial.replace(path)
            except OSError:
                partial.unlink(missing_ok=True)
                raise

    def load(self, period: Period, block: Block, bands: int) -> Composite | None:
        """A block that an earlier run kept; ``None`` where there is none, or it is damaged.

        Raises:
            TemporaryError: if the disk fails.
        """
        if block.index not in self.found:
            return None
        path = self._path(block)
        with storage_faults(path):
            content = np.fromfile(path, np.uint8)
        return _composite(content, period, block, bands)

    def _path(self, block: Block) -> Path:
        row, column = block.index
        return self._folder / f"{row}-{column}.block"


def _found(folder: Path) -> Iterator[tuple[int, int]]:
    if folder.is_dir():
        for path in folder.iterdir():
            name = _NAME.fullmatch(path.name)
            if name:
                yield int(name[1]), int(name[2])


def _parts(composite: Composite) -> list[Bytes]:
    """What a file holds, one after the other: checksum, length, description, bands, count, layers."""
    facts = {
        "scene_pixels": composite.scene_pixels,
        "observations": composite.observations,
        "notes": [astuple(note) for note in composite.notes],
        "statistics": [(scene_id, astuple(statistics)) for scene_id, statistics in composite.statistics],
        "masked": [(scene_id, astuple(counts)) for scene_id, counts in composite.masked],
        "outside": composite.outside,
        "filled": composite.filled,
        "holes": astuple(composite.holes),
        "window": [*composite.block.rows, *composite.block.columns],
        "bands": len(composite.data),
        "layers": [[name, str(pixels.dtype), len(pixels)] for name, pixels in composite.layers.items()],
    }
    description = json.dumps(facts).encode()
    description += b" " * (-(_CHECKSUM.size + _LENGTH.size + len(description)) % _ALIGNED)
    parts = [
        np.frombuffer(_LENGTH.pack(len(description)) + description, np.uint8),
        *(
            np.ascontiguousarray(plane).reshape(-1).view(np.uint8)
            for plane in (composite.data, composite.count, *composite.layers.values())
        ),
    ]
    checksum = 0
    for part in parts:
        checksum = _crc(part, checksum)
    return [np.frombuffer(_CHECKSUM.pack(checksum), np.uint8), *parts]


def _crc(data: Bytes, before: int = 0) -> int:
    # it takes any buffer, its type hints name only some
    return int(deflate_crc32(cast("bytes", data), before))


def _composite(content: Bytes, period: Period, block: Block, bands: int) -> Composite | None:
    """The block that a file holds; ``None`` where it doesn't hold all of it."""
    start = _CHECKSUM.size + _LENGTH.size
    if content.size < start:
        return None
    if _CHECKSUM.unpack_from(content.data)[0] != _crc(content[_CHECKSUM.size :]):
        return None
    length = _LENGTH.unpack_from(content.data, _CHECKSUM.size)[0]
    description = json.loads(content[start : start + length].tobytes())
    # blocks of another cut may have the same place among theirs
    if description["window"] != [*block.rows, *block.columns] or description["bands"] != bands:
        return None
    pixels = block.shape[0] * block.shape[1]
    rest = content[start + length :]
    planes = rest[: 2 * (bands + 1) * pixels].view(np.uint16).reshape(bands + 1, *block.shape)
    layers, end = {}, 2 * (bands + 1) * pixels
    for name, dtype, number in description["layers"]:
        begin, end = end, end + number * pixels * np.dtype(dtype).itemsize
        # a copy, since pixels of larger types need not begin at a multiple of their size
        layers[name] = rest[begin:end].copy().view(dtype).reshape(number, *block.shape)
    return Composite(
        period=period,
        block=block,
        data=planes[:-1],
        count=planes[-1],
        scene_pixels=tuple((scene_id, pixels) for scene_id, pixels in description["scene_pixels"]),
        observations=description["observations"],
        layers=layers,
        notes=tuple(SceneNote(*note) for note in description["notes"]),
        statistics=tuple(
            (scene_id, PixelStatistics(*counts)) for scene_id, counts in description["statistics"]
        ),
        masked=tuple((scene_id, MaskCounts(*counts)) for scene_id, counts in description["masked"]),
        outside=description["outside"],
        filled=tuple((way, pixels) for way, pixels in description["filled"]),
        holes=Holes(*description["holes"]),
    )
