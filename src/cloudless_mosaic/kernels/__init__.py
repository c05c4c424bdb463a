"""Loops over pixels, compiled from C when the package is built. They run without the interpreter's lock.

Compiled ahead rather than when they are first called: a run starts sooner, a new machine doesn't compile for
seconds, and no cache has to be writable.

Planes have shape (rows, columns) and pixels that are neighbours in memory along a row; rows may lie apart.
"Whole" arrays are C-contiguous. Masks are bool. Whatever doesn't fit raises ``ValueError`` before any pixel
is touched.
"""

from __future__ import annotations

from cloudless_mosaic.kernels.decoding import harmonise, undo_predictor, undo_predictor_and_harmonise
from cloudless_mosaic.kernels.deflate import zlib_compress
from cloudless_mosaic.kernels.encoding import (
    apply_lut,
    average_half,
    interleave_differences,
    interleave_differences_of_bytes,
    sums,
)
from cloudless_mosaic.kernels.masks import all_in, clear_around, grade, take_nearest
from cloudless_mosaic.kernels.pixel_statistics import count_pixel_statistics
from cloudless_mosaic.kernels.reducing import fill_free, joint_median
from cloudless_mosaic.kernels.resampling import (
    mark_around_points,
    mark_separable,
    mean_at_points,
    mean_separable,
)

__all__ = [
    "all_in",
    "apply_lut",
    "average_half",
    "clear_around",
    "count_pixel_statistics",
    "fill_free",
    "grade",
    "harmonise",
    "interleave_differences",
    "interleave_differences_of_bytes",
    "joint_median",
    "mark_around_points",
    "mark_separable",
    "mean_at_points",
    "mean_separable",
    "sums",
    "take_nearest",
    "undo_predictor",
    "undo_predictor_and_harmonise",
    "zlib_compress",
]
