"""Which observation a pixel is taken from.

``chosen`` is the place of an observation in the stack, int16, whole, of shape (y, x); -1 where none counts.
Of those that are equally good it is the first of the stack. ``count`` is whole, uint16 of that shape:
observations that count.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels._native import ffi, lib
from cloudless_mosaic.kernels.arrays import Int64s, UInt8s, UInt16s, check
from cloudless_mosaic.kernels.stacks import planes_of, stack_of

Chosen = npt.NDArray[np.int16]
Int32s = npt.NDArray[np.int32]


def choose_first(stack: UInt16s, preferred: Int64s, chosen: Chosen, count: UInt16s) -> None:
    """The first observation that counts, in an order.

    Args:
        stack: Shape (band, time, y, x).
        preferred: All places in the stack, the preferred one first.
        chosen: Output.
        count: Output.
    """
    times = stack.shape[1]
    check(bool((np.sort(preferred) == np.arange(times)).all()), "an order of other observations")
    lib.choose_first(
        *stack_of(stack), planes_of(preferred, (times,), np.int64), *_outputs(stack, chosen, count)
    )


def choose_highest(stack: UInt16s, scores: npt.NDArray[np.float32], chosen: Chosen, count: UInt16s) -> None:
    """The observation with the highest score.

    Args:
        stack: Shape (band, time, y, x).
        scores: Whole, shape (time, y, x); NaN is below everything.
        chosen: Output.
        count: Output.
    """
    lib.choose_highest(
        *stack_of(stack), planes_of(scores, stack.shape[1:], np.float32), *_outputs(stack, chosen, count)
    )


def choose_highest_ratio(stack: UInt16s, bands: tuple[int, int], chosen: Chosen, count: UInt16s) -> None:
    """The observation with the highest normalised difference of two bands, compared in whole numbers.

    Args:
        stack: Shape (band, time, y, x).
        bands: Places of a and b, as in (a - b) / (a + b).
        chosen: Output.
        count: Output.
    """
    check(all(0 <= band < len(stack) for band in bands), "bands that the stack does not have")
    lib.choose_highest_ratio(*stack_of(stack), *bands, *_outputs(stack, chosen, count))


def choose_best(
    stack: UInt16s,
    by_time: Int32s,
    by_level: tuple[UInt8s, Int32s] | None,
    by_haze: tuple[tuple[int, int], int, Int32s] | None,
    by_owner: tuple[Sequence[UInt16s | None], Int32s] | None,
    chosen: Chosen,
    count: UInt16s,
) -> None:
    """The observation with the highest sum of scores, which are whole numbers.

    Args:
        stack: Shape (band, time, y, x).
        by_time: Score of each observation, shape (time,).
        by_level: Levels of each pixel, whole, shape (time, y, x), and the score of each level, shape (256,).
        by_haze: Places of the blue and the red band, a number, and the scores of 2 blue - red from that
            number on; beyond the last or before the first, theirs.
        by_owner: For each observation numbers, whole, shape (y, x), or None, and the score of each number.
            All scores together must add up to less than 2**31.
        chosen: Output.
        count: Output.
    """
    times = stack.shape[1]
    levels, scores = (ffi.NULL, ffi.NULL) if by_level is None else _levels(stack, *by_level)
    (blue, red), least, table = by_haze or ((0, 0), 0, np.zeros(0, np.int32))
    check(all(0 <= band < len(stack) for band in (blue, red)), "bands that the stack does not have")
    check(by_haze is None or len(table) > 0, "a table without an entry")
    owners, of_owners = ((None,) * times, np.zeros(0, np.int32)) if by_owner is None else by_owner
    check(len(owners) == times, "owners of other observations")
    numbers = (int(one.max(initial=0)) for one in owners if one is not None)
    check(max(numbers, default=-1) < len(of_owners), "owners without a score")
    lib.choose_best(
        *stack_of(stack),
        planes_of(by_time, (times,), np.int32),
        levels,
        scores,
        blue,
        red,
        least,
        planes_of(table, (len(table),), np.int32),
        len(table),
        ffi.new(
            "uint16_t *[]",
            [ffi.NULL if one is None else planes_of(one, stack.shape[2:], np.uint16) for one in owners],
        ),
        planes_of(of_owners, (len(of_owners),), np.int32),
        *_outputs(stack, chosen, count),
    )


def choose_closest(stack: UInt16s, composite: UInt16s, chosen: Chosen) -> None:
    """The observation with the least sum over the bands of absolute differences from a composite.

    Args:
        stack: Shape (band, time, y, x).
        composite: Whole, shape (band, y, x).
        chosen: Output.
    """
    check(len(stack) < 32768, "too many bands")
    planes = planes_of(composite, (len(stack), *stack.shape[2:]), np.uint16)
    lib.choose_closest(*stack_of(stack), planes, planes_of(chosen, stack.shape[2:], np.int16))


def choose_medoid(stack: UInt16s, chosen: Chosen, count: UInt16s) -> None:
    """The observation with the least sum of Euclidean distances to the others.

    Args:
        stack: Shape (band, time, y, x).
        chosen: Output.
        count: Output.
    """
    if lib.choose_medoid(*stack_of(stack), *_outputs(stack, chosen, count)):
        raise MemoryError


def gather_chosen(stack: UInt16s, chosen: Chosen, out: UInt16s) -> None:
    """All bands of the chosen observations.

    Args:
        stack: Shape (band, time, y, x).
        chosen: Shape (y, x), less than the number of times.
        out: Whole, shape (band, y, x); 0 where none was chosen.
    """
    plane = stack.shape[2:]
    check(not chosen.size or int(chosen.max()) < stack.shape[1], "places beyond the stack")
    planes = planes_of(out, (len(stack), *plane), np.uint16)
    lib.gather_chosen(*stack_of(stack), planes_of(chosen, plane, np.int16), planes)


def count_chosen(chosen: Chosen, times: int) -> Int64s:
    """Pixels that are taken from each observation, shape (time,).

    Args:
        chosen: Whole, shape (y, x), less than the number of times.
        times: Observations in the stack.
    """
    check(not chosen.size or int(chosen.max()) < times, "places beyond the stack")
    out = np.zeros(times, np.int64)
    lib.count_chosen(
        planes_of(chosen, chosen.shape, np.int16), chosen.size, planes_of(out, (times,), np.int64)
    )
    return out


def _outputs(stack: UInt16s, chosen: Chosen, count: UInt16s) -> tuple[object, object]:
    plane = stack.shape[2:]
    return planes_of(chosen, plane, np.int16), planes_of(count, plane, np.uint16)


def _levels(stack: UInt16s, levels: UInt8s, scores: Int32s) -> tuple[object, object]:
    return planes_of(levels, stack.shape[1:], np.uint8), planes_of(scores, (256,), np.int32)
