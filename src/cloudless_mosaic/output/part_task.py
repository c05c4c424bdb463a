"""A part of a mosaic as the task of a worker."""

from __future__ import annotations

import os
import pickle
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from cloudless_mosaic.cog.part import PartEncoder
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.geo.blocks import Block
from cloudless_mosaic.output.part_files import part_bytes, part_name
from cloudless_mosaic.output.rasters import Raster, raster_pixels
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading.protocol import RasterReader
from cloudless_mosaic.storage.direct_io import Bytes, write_direct


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a part file belongs."""

    folder: Path
    """Folder of the part files of the mosaic, absolute."""
    marker: Path
    """A file of this run alone; a process that finds it may write to the folder."""
    fingerprint: str
    """Of the plan."""


@dataclass(frozen=True, slots=True)
class PartTask:
    """Some blocks of one mosaic, to be composed and encoded by one worker. Small to pickle."""

    blocks: tuple[BlockTask, ...]
    """The blocks, at least one."""
    rasters: tuple[Raster, ...]
    """Files of the mosaic."""
    destination: Destination
    """Where the part file belongs."""

    @property
    def label(self) -> str:
        """Of the mosaic."""
        return self.blocks[0].label

    @property
    def block(self) -> Block:
        """Its first block."""
        return self.blocks[0].block

    @property
    def hrefs(self) -> Iterator[str]:
        """Every raster that may be read, each once."""
        yield from dict.fromkeys(href for task in self.blocks for href in task.hrefs)

    @property
    def access(self) -> tuple[StorageAccess, ...]:
        """Storage that the profile of the provider describes."""
        return self.blocks[0].access

    def pieces(self) -> tuple[PartTask, ...]:
        """A part for each of its blocks."""
        return tuple(replace(self, blocks=(block,)) for block in self.blocks)

    def __reduce__(self) -> tuple[Callable[[bytes], PartTask], tuple[bytes]]:
        """Pickles compressed and in one piece: its blocks have nearly all of their scenes in common."""
        blocks = [tuple(getattr(task, field.name) for field in fields(task)) for task in self.blocks]
        return _unpack_task, (zlib.compress(pickle.dumps((blocks, self.rasters, self.destination))),)


def _unpack_task(parcel: bytes) -> PartTask:
    blocks, rasters, destination = pickle.loads(zlib.decompress(parcel))  # noqa: S301 - a part of a pickle being loaded
    return PartTask(tuple(BlockTask(*values) for values in blocks), rasters, destination)


@dataclass(frozen=True, slots=True)
class FinishedPart:
    """What a worker made of a part."""

    facts: tuple[BlockFacts, ...]
    """Of its blocks."""
    content: Bytes | None
    """The content of its part file; ``None`` where the worker has written it."""

    @property
    def label(self) -> str:
        """Of the mosaic."""
        return self.facts[0].label

    @property
    def name(self) -> str:
        """Name of its part file."""
        return part_name(self.facts)


def finish_part(task: PartTask, reader: RasterReader) -> FinishedPart:
    """Composes the blocks of a part, one after the other, and encodes what they decide of each file.

    Args:
        task: What to make.
        reader: Where pixels come from.
    """
    encoders = [PartEncoder(raster.spec.form) for raster in task.rasters]
    facts = []
    for block in task.blocks:
        composite = compose(block, reader)
        row, column = block.block.rows[0], block.block.columns[0]
        for raster, encoder in zip(task.rasters, encoders, strict=True):
            encoder.write(row, column, raster_pixels(raster.name, composite, block.bands))
        facts.append(BlockFacts.of(composite, block.layers))
    goal = task.destination
    if is_here(goal.marker):
        content = part_bytes(facts, encoders, goal.fingerprint, packed=False)
        if _written(goal, part_name(facts), content):
            return FinishedPart(tuple(facts), None)
    content = part_bytes(facts, encoders, goal.fingerprint, packed=True)
    return FinishedPart(tuple(facts), np.concatenate(content))


def is_here(marker: Path) -> bool:
    """True where this process sees the folder of a run that goes on: its marker has its own name in it."""
    try:
        return marker.read_text(encoding="utf-8") == marker.name
    except OSError:
        return False


def _written(goal: Destination, name: str, content: list[Bytes]) -> bool:
    """Writes a part file whole or not at all; false where that fails, so that the client may try."""
    path = goal.folder / name
    partial = path.with_name(f"{name}.{os.urandom(4).hex()}.partial")
    try:
        goal.folder.mkdir(exist_ok=True)
        write_direct(partial, content)
        if is_here(goal.marker):
            partial.replace(path)
            return True
    except OSError:
        pass
    partial.unlink(missing_ok=True)
    return False
