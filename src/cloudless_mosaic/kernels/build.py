"""How the kernels are compiled; the package's build runs this."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from cffi import FFI

_FOLDER = Path(__file__).parent
_HEADERS = ("declarations", "kernels", "observations", "processors", "series", "spread")
_SOURCES = (
    "decoding",
    "deflate",
    "evidence",
    "masks",
    "sampling",
    "reducing",
    "percentiles",
    "geomedian",
    "deviations",
    "choosing",
    "encoding",
)

_MSVC = ["/O2"]
# a short loop takes up to twice as long where it lies across two lines of the processor's cache; a fused
# multiplication and addition would round differently from processor to processor; rounding is only turned
# into vector code where it need not report errors
_GCC = ["-std=c11", "-O3", "-falign-loops=32", "-ffp-contract=off", "-fno-math-errno", "-fno-trapping-math"]

_declarations = (_FOLDER / "declarations.h").read_text(encoding="utf-8")

ffi = FFI()
# the parser of declarations knows no comments across lines
ffi.cdef(re.sub(r"/\*.*?\*/", "", _declarations, flags=re.DOTALL))
ffi.set_source(
    "cloudless_mosaic.kernels._native",
    '#include "kernels.h"',
    sources=[f"src/cloudless_mosaic/kernels/{source}.c" for source in _SOURCES],
    include_dirs=["src/cloudless_mosaic/kernels"],
    depends=[f"src/cloudless_mosaic/kernels/{header}.h" for header in _HEADERS],
    extra_compile_args=_MSVC if sys.platform == "win32" else _GCC,
)
