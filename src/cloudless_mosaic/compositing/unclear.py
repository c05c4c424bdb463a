"""Why pixels have no clear observation, and what a mask took out of them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.compositing.granules import LostGranule, MaskedGranule, PlacedGranule
from cloudless_mosaic.compositing.masking import covered_pixels
from cloudless_mosaic.compositing.resampling import mask_at_centres
from cloudless_mosaic.domain.results import Holes
from cloudless_mosaic.layers.single import ALWAYS_MASKED, LOST, NEVER_OBSERVED, OUTSIDE
from cloudless_mosaic.masks.taken_out import CLASSES, NO_DATA

Reasons = npt.NDArray[np.uint8]


def masked_reasons(shape: tuple[int, int], granules: Iterable[MaskedGranule]) -> Reasons:
    """Whether any granule has data, by its scene classification, shape (y, x).

    Without a mask every pixel that has data is clear, so all others were never observed.

    Args:
        shape: Rows and columns of the block.
        granules: Those whose classification was read.
    """
    reasons = np.full(shape, NEVER_OBSERVED, np.uint8)
    for granule in granules:
        if granule.mask is not None and granule.placed.mask is not None:
            seen = covered_pixels(granule.mask.classified.codes != 0, granule.placed.mask)
            reasons[seen] = ALWAYS_MASKED
            # as a rule the first granule covers the block
            if seen.all():
                break
    return reasons


def taken_out_by_classes(shape: tuple[int, int], granules: Iterable[MaskedGranule]) -> Reasons:
    """Where any granule is masked by its classes, shape (y, x), see ``masks.taken_out``.

    Args:
        shape: Rows and columns of the block.
        granules: Those whose classification was read.
    """
    found = np.full(shape, NO_DATA, np.uint8)
    for granule in granules:
        if granule.mask is None or granule.placed.mask is None:
            continue
        data = granule.mask.classified.codes != 0
        seen = covered_pixels(data, granule.placed.mask)
        masked = covered_pixels(data & ~granule.mask.clear, granule.placed.mask)
        if granule.fillable is not None:
            own = granule.fillable.unpacked()
            seen, masked = seen & own, masked & own
        found[seen & (found == NO_DATA)] = 0
        found[masked] |= CLASSES
    return found


def count_holes(reasons: Reasons, count: npt.NDArray[np.uint16]) -> Holes:
    """Pixels without a clear observation, by reason.

    Args:
        reasons: Of each pixel, shape (y, x).
        count: Clear observations, shape (y, x).
    """
    holes = count == 0
    if not holes.any():
        return Holes()
    numbers = np.bincount(reasons[holes], minlength=OUTSIDE + 1)
    return Holes(*(int(numbers[reason]) for reason in (NEVER_OBSERVED, ALWAYS_MASKED, LOST)))


def add_lost(reasons: Reasons, placed: Iterable[PlacedGranule], finished: Iterable[object]) -> None:
    """Marks pixels on the rasters of lost granules, in place; all where it isn't known where those lie."""
    by_number = {one.number: one for one in placed}
    for granule in finished:
        if not isinstance(granule, LostGranule):
            continue
        known = by_number.get(granule.number)
        if known is None:
            reasons[:] = LOST
            continue
        mapping = known.bands[0].mapping
        reasons[mask_at_centres(np.ones(mapping.window.shape, np.bool_), mapping)] = LOST
