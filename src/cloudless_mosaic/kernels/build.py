"""How C is compiled; the package's build runs this for the kernels."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from cffi import FFI

_SOURCE_ROOT = Path(__file__).parents[2]
_COMMON = "src/cloudless_mosaic/kernels"

_MSVC = ["/O2"]
# a short loop takes up to twice as long where it lies across two lines of the processor's cache; a fused
# multiplication and addition would round differently from processor to processor; rounding is only turned
# into vector code where it need not report errors
_GCC = ["-std=c11", "-O3", "-falign-loops=32", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]


def extension(package: str, header: str, sources: Sequence[str]) -> FFI:
    """The module ``_native`` of a package, made of the C files beside it.

    Args:
        package: Dotted name of the package. What Python may call is in its ``declarations.h``.
        header: Header that all of its sources include, without the suffix.
        sources: C files, without the suffix.
    """
    folder = package.replace(".", "/")
    declarations = (_SOURCE_ROOT / folder / "declarations.h").read_text(encoding="utf-8")
    ffi = FFI()
    # the parser of declarations knows no comments across lines
    ffi.cdef(re.sub(r"/\*.*?\*/", "", declarations, flags=re.DOTALL))
    ffi.set_source(
        f"{package}._native",
        f'#include "{header}.h"',
        sources=[f"src/{folder}/{source}.c" for source in sources],
        include_dirs=[f"src/{folder}", _COMMON],
        depends=[
            f"src/{folder}/declarations.h",
            *(f"{_COMMON}/{name}" for name in ("observations.h", "processors.h", "series.h", "spread.h")),
            f"src/{folder}/{header}.h",
        ],
        extra_compile_args=_MSVC if sys.platform == "win32" else _GCC,
    )
    return ffi


ffi = extension(
    "cloudless_mosaic.kernels",
    "kernels",
    (
        "decoding",
        "deflate",
        "pixel_statistics",
        "masks",
        "resampling",
        "reducing",
        "percentiles",
        "geomedian",
        "deviations",
        "choosing",
        "dates",
        "encoding",
    ),
)
