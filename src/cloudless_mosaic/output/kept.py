"""What an earlier run kept of a mosaic that isn't published: parts, and blocks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cloudless_mosaic.geo.blocks import Block, Blocks
from cloudless_mosaic.output.checkpoints import BlockCheckpoints
from cloudless_mosaic.output.part_files import PartFile, found_parts


@dataclass(frozen=True, slots=True)
class KeptWork:
    """Parts and blocks that don't overlap; damaged ones may be among them."""

    parts: tuple[PartFile, ...]
    """Made on a cluster."""
    blocks: tuple[Block, ...]
    """Made by threads."""

    @classmethod
    def find(cls, folder: Path, fingerprint: str, blocks: Blocks) -> KeptWork:
        """Looks into the folder of a mosaic.

        Args:
            folder: Of its parts and blocks; need not be there.
            fingerprint: Of the plan.
            blocks: Of the mosaic.

        Raises:
            TemporaryError: if the disk fails.
        """
        found = BlockCheckpoints(folder).found
        parts, covered = _disjoint(found_parts(folder, fingerprint), blocks)
        return cls(
            parts, tuple(block for block in blocks if block.index in found and block.index not in covered)
        )

    def __len__(self) -> int:
        return len(self.blocks) + sum(len(part.indexes) for part in self.parts)


def _disjoint(found: Iterable[PartFile], blocks: Blocks) -> tuple[tuple[PartFile, ...], set[tuple[int, int]]]:
    """Parts of these blocks that don't overlap, and the places that they cover.

    A worker that went on after the end of its run may have left a part that the next run made otherwise.
    """
    parts, covered = [], set[tuple[int, int]]()
    for part in found:
        if not covered & part.indexes and part.fits(blocks):
            parts.append(part)
            covered |= part.indexes
    return tuple(parts), covered
