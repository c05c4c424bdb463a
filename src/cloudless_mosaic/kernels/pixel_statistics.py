"""Counts over samples of a band that show whether its scene is plausible."""

from __future__ import annotations

import numpy as np

from cloudless_mosaic.kernels._native import lib
from cloudless_mosaic.kernels.arrays import Int64s, Mask, UInt8s, UInt16s, check, plane, whole


def count_pixel_statistics(
    values: UInt16s,
    clear: Mask,
    columns: slice,
    codes: tuple[UInt8s, Int64s, Int64s],
    dark: Mask,
    limits: tuple[int, int, int],
) -> tuple[int, int, int, int, int, int]:
    """Counts samples of a band by what they show about the plausibility of their scene.

    Args:
        values: Plane of digital numbers; 0 is nodata.
        clear: Plane, likewise.
        columns: Start and step of the sampled columns.
        codes: Scene classification, whole; its row under each row of the plane and its column under each
            column, -1 outside of it.
        dark: True for the codes of land that is dark in this band, shape (256,).
        limits: Value above which a pixel is impossible; the first value that contradicts, and the one after
            the last.

    Returns:
        Clear samples; those without data; the impossible ones; samples with data where the code is 0; clear
        samples that are dark; those of them that contradict.
    """
    classes, code_rows, code_columns = codes
    check(values.shape == clear.shape == (len(code_rows), len(code_columns)), "planes of different shapes")
    check(dark.shape == (256,) and columns.start >= 0 and columns.step > 0, "a table of another shape")
    for places, size in zip((code_rows, code_columns), classes.shape, strict=True):
        check(bool((places < size).all()), "places beyond the classification")
    out = np.empty(6, np.int64)
    lib.count_pixel_statistics(
        *plane(values, np.uint16),
        *plane(clear, np.bool_),
        *values.shape,
        columns.start,
        columns.step,
        whole(code_rows, np.int64),
        whole(code_columns, np.int64),
        whole(classes, np.uint8),
        classes.shape[1],
        whole(dark, np.bool_),
        *limits,
        whole(out),
    )
    clear_samples, missing, impossible, unclassified, dark_samples, contradicting = map(int, out)
    return clear_samples, missing, impossible, unclassified, dark_samples, contradicting
