"""Parts: squares of neighbouring blocks of a mosaic, each the work of one worker at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import ceil

from cloudless_mosaic.geo.blocks import Blocks
from cloudless_mosaic.planning.tasks import BlockTask


def cut_parts(tasks: Iterable[BlockTask], edge: int) -> Iterator[tuple[BlockTask, ...]]:
    """Groups the tasks of a mosaic.

    Args:
        tasks: In row-major order; some may be missing.
        edge: Blocks along the edge of a part.
    """
    row, parts = 0, dict[int, list[BlockTask]]()
    for task in tasks:
        i, j = task.block.index
        if i // edge != row:
            yield from map(tuple, parts.values())
            row, parts = i // edge, {}
        parts.setdefault(j // edge, []).append(task)
    yield from map(tuple, parts.values())


def count_parts(blocks: Blocks, edge: int) -> int:
    """Number of parts of a grid that is cut into blocks."""
    return ceil((len(blocks.row_edges) - 1) / edge) * ceil((len(blocks.column_edges) - 1) / edge)
