"""One block of one period: read the mask, read what is clear, reduce over time."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.granules import Clear, Granule, Layer, lay_out
from cloudless_mosaic.compositing.masks.scl import clear_pixels
from cloudless_mosaic.compositing.packed_mask import PackedMask
from cloudless_mosaic.compositing.pixel_mapping import Window
from cloudless_mosaic.compositing.plausibility import band_statistics, class_statistics, sampled_rows
from cloudless_mosaic.compositing.reducers.median import median
from cloudless_mosaic.compositing.resampling import mask_at_centres, resample
from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.kernels import fill_free
from cloudless_mosaic.planning.tasks import BlockTask, MaskPolicy
from cloudless_mosaic.reading.protocol import RasterReader, RawRows, Target, WindowRead

UInt16s = npt.NDArray[np.uint16]


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
    worthy = [granule for granule in granules if _worth_reading(granule)]
    alone, sharing = _by_company(worthy)
    slots = _make_slots(task, alone, sharing)
    _fill_slots([slots[granule.observation] for granule in alone], alone, reader)
    used = {one.source.scene_id for one in sharing if _fill_free(slots[one.observation], one, reader)}
    reduced = median(slots.stack)
    contributed = dict(zip(slots.places, reduced.contributed, strict=True))
    used.update(one.source.scene_id for one in alone if contributed[one.observation])
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
        statistics=tuple((one.source.scene_id, one.statistics) for one in granules if one.statistics),
        tile=task.tile,
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
        granule.testify(class_statistics(answer, granule.source.offset))
        granule.codes = answer
        granule.clear = _clear(answer, granule, mask)
        if granule.observation in crowded and granule.scl and granule.mask_window:
            inner = _inner(answer != 0, granule.mask_window, granule.scl.mapping.window)
            granule.wanted = PackedMask.of(mask_at_centres(inner, granule.scl.mapping))


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
    rivals: defaultdict[int, list[tuple[Granule, PackedMask]]] = defaultdict(list)
    for granule in granules:
        if granule.wanted is not None and not granule.error:
            rivals[granule.observation].append((granule, granule.wanted))
    for group in rivals.values():
        nowhere = ~np.logical_or.reduce([data.unpacked() for _, data in group])
        free = np.ones_like(nowhere)
        for granule, packed in group:
            data = packed.unpacked()
            granule.wanted = PackedMask.of((data | nowhere) & free)
            free &= ~data


def _worth_reading(granule: Granule) -> bool:
    """False where the granule has nothing clear, or only where another of its overpass is taken."""
    if granule.error or (granule.clear is not None and not granule.clear.any()):
        return False
    if granule.wanted is None:
        return True
    return all(bool(granule.needed_under(layer).any()) for layer in granule.bands)


def _by_company(granules: Sequence[Granule]) -> tuple[list[Granule], list[Granule]]:
    """Granules that are alone in their observation, and those that share it with others."""
    votes = Counter(granule.observation for granule in granules)
    alone = [granule for granule in granules if votes[granule.observation] == 1]
    sharing = [granule for granule in granules if votes[granule.observation] > 1]
    for granule in sharing:
        granule.forget_needed()  # they are read one after the other, much later
    return alone, sharing


@dataclass(frozen=True, slots=True)
class _Slots:
    """Room for the observations that have anything to read; those under cloud need none."""

    stack: UInt16s
    """Shape (band, time, y, x)."""
    places: dict[int, int]
    """Place in the stack by the number of the observation."""

    def __getitem__(self, observation: int) -> UInt16s:
        """The slot of an observation, shape (band, y, x)."""
        return self.stack[:, self.places[observation]]


def _make_slots(task: BlockTask, alone: Sequence[Granule], sharing: Sequence[Granule]) -> _Slots:
    """Slots that hold nothing yet where one granule fills them, and 0 where several do."""
    observations = sorted({granule.observation for granule in (*alone, *sharing)})
    places = {observation: place for place, observation in enumerate(observations)}
    slots = _Slots(np.empty((len(task.bands), len(places), *task.block.shape), np.uint16), places)
    for observation in {granule.observation for granule in sharing}:
        slots[observation][:] = 0
    return slots


def _fill_slots(slots: Sequence[UInt16s], granules: Sequence[Granule], reader: RasterReader) -> None:
    """Reads the bands of granules that are alone in their observation, each right into its slot."""
    _read_bands(granules, slots, reader)
    for granule, slot in zip(granules, slots, strict=True):
        if granule.error:
            slot[:] = 0
        elif granule.wanted is not None:
            # resampling gives values next to what was asked for
            slot[:, ~granule.wanted.unpacked()] = 0
        granule.forget_masks()


def _fill_free(slot: UInt16s, granule: Granule, reader: RasterReader) -> bool:
    """Reads the bands of a granule, and lays them into those pixels of its slot that none has filled yet.

    One granule at a time keeps memory small beside the stack. Without masks it's read only where pixels are
    left over.

    Returns:
        True if it filled any pixel.
    """
    if granule.scl is None:
        granule.wanted = PackedMask.of(slot[0] == 0)
        if not _worth_reading(granule):
            return False
    own = np.empty(slot.shape, np.uint16)
    _read_bands([granule], [own], reader)
    filled = not granule.error and fill_free(slot, own, _everywhere_or(granule.wanted, slot.shape[1:]))
    granule.forget_masks()
    return filled


def _read_bands(granules: Sequence[Granule], planes: Sequence[UInt16s], reader: RasterReader) -> None:
    """Reads the bands of granules into planes: harmonised, masked and resampled.

    Planes of granules that get an error hold anything.
    """
    reads: list[WindowRead] = []
    owners: list[tuple[int, int]] = []
    targets: list[Target] = []
    for i, (granule, own) in enumerate(zip(granules, planes, strict=True)):
        for band, layer in enumerate(granule.bands):
            copied, shape = layer.mapping.copied, layer.mapping.window.shape
            out = own[band][copied] if copied else np.empty(shape, np.uint16)
            if copied and shape != own[band].shape:
                own[band] = 0
            raw_rows = RawRows.of(shape, sampled_rows(shape))
            needed, masked = granule.needed_under(layer), granule.clear is not None
            targets.append(Target(out, needed, granule.source.offset, raw_rows, masked))
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
        if not layer.mapping.copied:
            planes[i][band] = resample(answer, layer.mapping)


def _testify(target: Target, granule: Granule, layer: Layer) -> None:
    """Looks at some of the pixels of a band as they are in the file."""
    rows = target.raw_rows.rows
    statistics = band_statistics(
        target.raw_rows.values,
        target.clear[rows],
        band=layer.name,
        offset=target.offset,
        place=(layer.grid, layer.mapping.window),
        classified=granule.classified,
    )
    granule.testify(statistics)


def _everywhere_or(wanted: PackedMask | None, shape: tuple[int, ...]) -> Clear:
    return np.ones(shape, np.bool_) if wanted is None else wanted.unpacked()
