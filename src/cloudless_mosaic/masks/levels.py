"""Levels: what is known of an observation before it is compared with others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

UInt8s = npt.NDArray[np.uint8]
Bools = npt.NDArray[np.bool_]

HARD = 0
"""Masked, whatever other dates show."""
CLEAR = 1
"""Clear, unless other dates contradict."""
DOUBTFUL = 2
"""Clear only where other dates confirm it."""
SNOW = 3
"""Snow, which blue can't tell from cloud: clear, and not tested for haze."""
