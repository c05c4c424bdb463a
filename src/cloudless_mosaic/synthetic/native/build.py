"""How the loops of the synthetic archive are compiled: as the kernels are."""

from __future__ import annotations

import runpy
from pathlib import Path

# the package can't be imported before its extensions are built
_kernels = runpy.run_path(str(Path(__file__).parents[2] / "kernels" / "build.py"))

ffi = _kernels["extension"]("cloudless_mosaic.synthetic.native", "native", ("noise", "land", "sky", "sensor"))
