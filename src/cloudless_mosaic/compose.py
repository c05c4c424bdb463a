"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.checks import look_at_band, look_at_classes, sampled_rows
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.kernels import fill_free
from cloudless_mosaic.layout import Clear, Granule, Layer, lay_out
from cloudless_mosaic.masking import clear_pixels
from cloudless_mosaic.placement import Window
from cloudless_mosaic.plan import BlockTask, MaskPolicy
from cloudless_mosaic.reading.protocol import RasterReader, Target, WindowRead, Witness
from cloudless_mosaic.reducers import Reduced, median
from cloudless_mosaic.results import Composite, LostObservation
from cloudless_mosaic.sampling import at_centres, resample

UInt16s = npt.NDArray[np.uint16]

_TOGETHER = 2
"""Granules with planes of their own that are read at once."""


def compose(task: BlockTask, reader: RasterReader) -> Composite:
    """Makes the composite of one block and one period.

    Scene classifications are read first; a granule that is nowhere clear in the block is not read on. An
    observation that can't be read in any of its rasters is left out as a whole and reported.

    Args:
        task: What to read and how to reduce it.
        reader: Where pixels come from.
    """
    layout = lay_out(task, reader)
    granules = layout.granules
    votes = Counter(granule.observation for granule in granules)
    crowded = frozenset(observation for observation, number in votes.items() if number > 1)
    _read_masks(granules, task.mask, crowded, reader)
    _share_out(granules)
    stack = np.zeros((len(task.bands), len(task.observations), *task.block.shape), np.uint16)
    used = set(_fill(stack, granules, crowded, reader))
    reduced = median(stack)
    used.update(_alone_and_used(reduced, granules, crowded))
    return Composite(
        period=task.period,
        block=task.block,
        data=reduced.data,
        count=reduced.count,
        used=frozenset(used),
        observations=len(granules),
        lost=tuple(
            LostObservation(granule.source.scene_id, task.block.index, str(granule.error))
            for granule in granules
            if granule.error
        ),
        notes=layout.notes,
        evidence=tuple((one.source.scene_id, one.evidence) for one in granules if one.evidence),
    )


def _read_masks(
    granules: Sequence[Granule], mask: MaskPolicy, crowded: frozenset[int], reader: RasterReader
) -> None:
    """Reads the scene classifications and tells the clear pixels.

    Where an observation is crowded (has several granules), it's noted as well where each of them has data.
    """
    masked = [granule for granule in granules if granule.scl and not granule.error]
    reads = [granule.scl.read(granule.mask_window) for granule in masked if granule.scl]
    for position, answer in reader.read_many(reads):
        granule = masked[position]
        if isinstance(answer, SourceError):
            granule.error = answer
            continue
        granule.testify(look_at_classes(answer, granule.source.offset))
        granule.codes = answer
        granule.clear = _clear(answer, granule, mask)
        if granule.observation in crowded and granule.scl and granule.mask_window:
            inner = _inner(answer != 0, granule.mask_window, granule.scl.placement.window)
            granule.wanted = at_centres(inner, granule.scl.placement)


def _clear(scl: npt.NDArray[np.uint8], granule: Granule, mask: MaskPolicy) -> Clear:
    resolution = granule.scl.grid.resolution if granule.scl else 1.0
    return clear_pixels(scl, mask.clear_classes, mask.dilation, resolution)


def _inner(clear: Clear, outer: Window, inner: Window) -> Clear:
    """The part of a window's mask that lies in another window."""
    row, column = inner.row - outer.row, inner.column - outer.column
    return clear[row : row + inner.shape[0], column : column + inner.shape[1]]


def _share_out(granules: Sequence[Granule]) -> None:
    """Leaves each pixel of an observation to the first of its granules that has data at its centre.

    Where none has, a pixel may still overlap some data, and any granule may fill it.
    """
    rivals = [(one, one.wanted) for one in granules if one.wanted is not None and not one.error]
    everywhere: dict[int, Clear] = {}
    for granule, data in rivals:
        everywhere[granule.observation] = data | everywhere.get(granule.observation, np.False_)
    taken: dict[int, Clear] = {}
    for granule, data in rivals:
        before = taken.get(granule.observation, np.False_)
        taken[granule.observation] = data | before
        granule.wanted = (data | ~everywhere[granule.observation]) & ~before


def _fill(
    stack: UInt16s, granules: Sequence[Granule], crowded: frozenset[int], reader: RasterReader
) -> Iterator[str]:
    """Reads the bands of all granules into the stack.

    A granule that is alone in its observation is read right into its slot of the stack. Others get planes of
    their own first, which are laid into the slot in the order of the granules.

    Yields:
        Ids of the scenes in crowded observations that gave a pixel.
    """
    for positions in _rounds(granules, crowded):
        yield from _fill_round(stack, granules, positions, crowded, reader)


def _rounds(granules: Sequence[Granule], crowded: frozenset[int]) -> Iterator[Sequence[int]]:
    """Places of the granules that are read at once.

    Granules that are alone need no planes of their own and come first. Of the others there are a few at a
    time, and never two of one observation: planes stay small beside the stack, and without masks the next
    granule is read only where pixels are left over.
    """
    yield [i for i, granule in enumerate(granules) if granule.observation not in crowded]
    turns: defaultdict[int, list[int]] = defaultdict(list)
    before: Counter[int] = Counter()
    for i, granule in enumerate(granules):
        if granule.observation in crowded:
            turns[before[granule.observation]].append(i)
            before[granule.observation] += 1
    for turn in turns.values():
        for first in range(0, len(turn), _TOGETHER):
            yield turn[first : first + _TOGETHER]


def _fill_round(
    stack: UInt16s,
    granules: Sequence[Granule],
    positions: Sequence[int],
    crowded: frozenset[int],
    reader: RasterReader,
) -> Iterator[str]:
    planes = {}
    for i in positions:
        granule = granules[i]
        slot = stack[:, granule.observation]
        if granule.observation in crowded and granule.scl is None:
            granule.wanted = slot[0] == 0
        if not granule.error and _worth_reading(granule):
            planes[i] = np.zeros(slot.shape, np.uint16) if granule.observation in crowded else slot
    _read_bands(granules, planes, reader)
    for i, own in planes.items():
        granule = granules[i]
        slot = stack[:, granule.observation]
        if granule.error:
            own[:] = 0
        elif granule.observation in crowded and fill_free(
            slot, own, _everywhere_or(granule.wanted, slot.shape[1:])
        ):
            yield granule.source.scene_id
    for i in positions:
        granules[i].forget_masks()


def _alone_and_used(reduced: Reduced, granules: Sequence[Granule], crowded: frozenset[int]) -> Iterator[str]:
    """Ids of the other scenes that gave a pixel."""
    for granule in granules:
        if granule.observation not in crowded and reduced.contributed[granule.observation]:
            yield granule.source.scene_id


def _worth_reading(granule: Granule) -> bool:
    """False where the granule has nothing clear, or only where another of its overpass is taken."""
    if granule.clear is not None and not granule.clear.any():
        return False
    if granule.wanted is None:
        return True
    return all(bool(granule.needed_under(layer).any()) for layer in granule.bands)


def _read_bands(granules: Sequence[Granule], planes: dict[int, UInt16s], reader: RasterReader) -> None:
    """Reads the bands of those granules that have planes to fill: harmonised, masked and resampled."""
    reads: list[WindowRead] = []
    owners: list[tuple[int, int]] = []
    targets: list[Target] = []
    for i, own in planes.items():
        granule = granules[i]
        for band, layer in enumerate(granule.bands):
            copied, shape = layer.placement.copied, layer.placement.window.shape
            out = own[band][copied] if copied else np.zeros(shape, np.uint16)
            witness = Witness.of(shape, sampled_rows(shape))
            needed, masked = granule.needed_under(layer), granule.clear is not None
            targets.append(Target(out, needed, granule.source.offset, witness, masked))
            reads.append(layer.read(target=targets[-1]))
            owners.append((i, band))
    for position, answer in reader.read_many(reads):
        i, band = owners[position]
        granule = granules[i]
        if isinstance(answer, SourceError):
            granule.error = granule.error or answer
            continue
        layer = granule.bands[band]
        _testify(targets[position], granule, layer)
        if not layer.placement.copied:
            planes[i][band] = resample(answer, layer.placement)


def _testify(target: Target, granule: Granule, layer: Layer) -> None:
    """Looks at some of the pixels of a band as they are in the file."""
    rows = target.witness.rows
    evidence = look_at_band(
        target.witness.values,
        target.clear[rows],
        band=layer.name,
        offset=target.offset,
        place=(layer.grid, layer.placement.window),
        classified=granule.classified,
    )
    granule.testify(evidence)


def _everywhere_or(wanted: Clear | None, shape: tuple[int, ...]) -> Clear:
    return np.ones(shape, np.bool_) if wanted is None else wanted
