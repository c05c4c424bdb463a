"""Classes of burn severity, by the decrease of the burn ratio.

The table is that of the USGS (Key and Benson 2006, see ``indices.nbr``) as UN-SPIDER's recommended practice
"Burn Severity Mapping" gives it. It is made for dNBR; for other indices no general table exists,
so severity always uses dNBR. The table ends at -0.5 and 1.3; values beyond belong to the classes at the ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.burned.indices import Floats

_BURNED = 0.1
"""dNBR from which land counts as burned."""


@dataclass(frozen=True, slots=True)
class SeverityClass:
    """One class."""

    code: int
    """Value in ``severity.tif``."""
    name: str
    """Name for machines."""
    title: str
    """Name for people."""
    least: float
    """Lowest dNBR; the class ends where the next one begins."""
    colour: tuple[int, int, int]
    """Red, green and blue, 0 to 255."""

    @property
    def burned(self) -> bool:
        """True for low severity and above."""
        return self.least >= _BURNED

    @property
    def colour_hint(self) -> str:
        """The colour as ``RRGGBB``."""
        return "".join(f"{level:02X}" for level in self.colour)


SEVERITY_CLASSES = (
    SeverityClass(1, "regrowth_high", "enhanced regrowth, high", -np.inf, (84, 113, 43)),
    SeverityClass(2, "regrowth_low", "enhanced regrowth, low", -0.25, (158, 186, 92)),
    SeverityClass(3, "unburned", "unburned", -0.1, (221, 226, 208)),
    SeverityClass(4, "low", "low severity", _BURNED, (250, 221, 106)),
    SeverityClass(5, "moderate_low", "moderate-low severity", 0.27, (244, 160, 56)),
    SeverityClass(6, "moderate_high", "moderate-high severity", 0.44, (214, 84, 32)),
    SeverityClass(7, "high", "high severity", 0.66, (128, 20, 52)),
)
"""In the order of their codes."""

NOT_COMPARED = 0
"""Code of pixels that have no data, or are masked, on either date."""

PALETTE = ((0, 0, 0), *(one.colour for one in SEVERITY_CLASSES))
"""Colour by code."""


def classify(change: Floats) -> npt.NDArray[np.uint8]:
    """The class of each pixel.

    Args:
        change: dNBR, any shape; NaN is nodata.

    Returns:
        Codes of ``SEVERITY_CLASSES``; ``NOT_COMPARED`` where NaN.
    """
    codes = np.ones(change.shape, np.uint8)
    for one in SEVERITY_CLASSES[1:]:
        codes += change >= np.float32(one.least)
    codes[np.isnan(change)] = NOT_COMPARED
    return codes
