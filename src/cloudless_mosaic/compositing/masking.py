"""Reads the masks of granules, and shares the pixels of an observation out among its granules."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from cloudless_mosaic.compositing.granules import (
    Clear,
    ClearMask,
    LostGranule,
    MaskedGranule,
    MaskLayer,
    PlacedGranule,
)
from cloudless_mosaic.compositing.networks import network_classes
from cloudless_mosaic.compositing.placing import PlacedGranules
from cloudless_mosaic.compositing.plausibility import Classified, class_statistics, reason_for_rejection
from cloudless_mosaic.compositing.probabilities import Clouds, probable_clouds
from cloudless_mosaic.compositing.resampling import mask_at_centres
from cloudless_mosaic.errors import SourceError
from cloudless_mosaic.geo.packed_mask import PackedMask
from cloudless_mosaic.masks import Mask
from cloudless_mosaic.masks.levels import HARD, UInt8s
from cloudless_mosaic.masks.network import CLOUD, merged
from cloudless_mosaic.reading.protocol import RasterReader


@dataclass(frozen=True, slots=True)
class MaskedGranules:
    """The granules of a task whose scene classifications were to be read."""

    granules: tuple[MaskedGranule, ...]
    """Those that can be used, in the order of the task; all without a mask."""
    lost: tuple[LostGranule, ...]
    """Those whose classification can't be read or is garbage."""

    def within(self, inside: PackedMask | None) -> MaskedGranules:
        """The granules where only some pixels of the block are to be filled.

        Args:
            inside: These pixels, shape (y, x); ``None`` is all.
        """
        if inside is None:
            return self
        return replace(self, granules=tuple(one.within(inside) for one in self.granules))


def mask_granules(
    placed: PlacedGranules, mask: Mask, reader: RasterReader, cloud_reach: float = 0
) -> MaskedGranules:
    """Reads scene classifications and finds the clear pixels.

    Granules that share an observation also share its pixels out among them.

    Args:
        placed: The granules of a task.
        mask: Determines the clear pixels.
        reader: Where pixels come from.
        cloud_reach: Metres up to which distances to clouds are wanted; 0 for none.
    """
    layers = [(one, one.mask) for one in placed.granules if one.mask]
    masked = {one.number: MaskedGranule(one) for one in placed.granules if not one.mask}
    shared = _shared_observations(placed)
    covered: dict[int, PackedMask] = {}
    probable = probable_clouds(layers, mask.cloud_probability, reader) if mask.cloud_probability else {}
    lost: list[LostGranule] = []
    for position, answer in reader.read_many([layer.read() for _, layer in layers]):
        granule, layer = layers[position]
        if isinstance(answer, SourceError):
            lost.append(LostGranule.of(granule, answer))
            continue
        statistics = class_statistics(answer, granule.source.offset)
        reason = reason_for_rejection(statistics)
        if reason:
            lost.append(LostGranule.of(granule, granule.rejection(reason), statistics))
            continue
        classes = layer.whole(answer)
        try:
            codes = _with_clouds(classes, probable.get(granule.number))
            own = _clear_mask(granule, layer, classes, codes, mask, reader, cloud_reach)
        except SourceError as error:
            lost.append(LostGranule.of(granule, error, statistics))
            continue
        masked[granule.number] = MaskedGranule(granule, own, statistics=statistics)
        if granule.observation in shared:
            covered[granule.number] = PackedMask.of(covered_pixels(classes != 0, layer))
    in_order = [masked[number] for number in sorted(masked)]
    return MaskedGranules(_share_out(in_order, covered), tuple(lost))


def _clear_mask(
    granule: PlacedGranule,
    layer: MaskLayer,
    answer: UInt8s,
    codes: UInt8s,
    mask: Mask,
    reader: RasterReader,
    cloud_reach: float,
) -> ClearMask:
    """The clear pixels of a granule, by its classes and by what a network finds.

    Args:
        granule: The granule.
        layer: Its classification.
        answer: That as it was read.
        codes: That with probable clouds.
        mask: Determines the clear pixels.
        reader: Where pixels come from.
        cloud_reach: See ``mask_granules``.

    Raises:
        SourceError: if a band that the network looks at can't be read.
    """
    grid = layer.layer.grid
    found = codes
    if mask.network is not None and mask.clear(codes, grid.resolution).any():
        found = merged(codes, network_classes(granule, layer, mask.network, reader))
    levels = mask.levels(found, grid.resolution)
    clear = mask.clear(found, grid.resolution) if levels is None else levels != HARD
    distances = mask.cloud_distances(found, grid.resolution, cloud_reach) if cloud_reach else None
    return ClearMask(Classified(answer, grid, layer.window), clear, levels, distances)


def _with_clouds(codes: UInt8s, clouds: Clouds | None) -> UInt8s:
    """A classification with more clouds.

    Raises:
        SourceError: if these couldn't be read.
    """
    if clouds is None:
        return codes
    if isinstance(clouds, SourceError):
        raise clouds
    return merged(codes, clouds.astype(np.uint8) * CLOUD)


def _shared_observations(placed: PlacedGranules) -> frozenset[int]:
    """Observations of several granules, lost ones included."""
    granules: list[PlacedGranule | LostGranule] = [*placed.granules, *placed.lost]
    numbers = Counter(one.observation for one in granules)
    return frozenset(observation for observation, number in numbers.items() if number > 1)


def covered_pixels(data: Clear, mask: MaskLayer) -> Clear:
    """Pixels of the block whose centres lie on data of a granule, shape (y, x).

    Args:
        data: True where the classification has data, of the shape of the mask's window.
        mask: The classification.
    """
    mapping = mask.layer.mapping
    return mask_at_centres(data[mask.window.part(mapping.window)], mapping)


def _share_out(
    granules: Sequence[MaskedGranule], covered: Mapping[int, PackedMask]
) -> tuple[MaskedGranule, ...]:
    """Leaves each pixel of an observation to the first of its granules that has data at its centre.

    Where none has, a pixel may still overlap some data, and any granule may fill it.

    Args:
        granules: In the order of the task.
        covered: Pixels of the block where a granule has data, by the number of the granule; only of granules
            that share their observation.
    """
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for granule in granules:
        if granule.placed.number in covered:
            groups[granule.placed.observation].append(granule.placed.number)
    fillable: dict[int, PackedMask] = {}
    for numbers in groups.values():
        nowhere = ~np.logical_or.reduce([covered[number].unpacked() for number in numbers])
        free = np.ones_like(nowhere)
        for number in numbers:
            data = covered[number].unpacked()
            fillable[number] = PackedMask.of((data | nowhere) & free)
            free &= ~data
    return tuple(replace(granule, fillable=fillable.get(granule.placed.number)) for granule in granules)
