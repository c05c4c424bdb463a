"""A spectral index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.indices.formula import Floats, evaluate, names_of

UInt16s = npt.NDArray[np.uint16]

BANDS = {
    "A": ("coastal", "B01"),
    "B": ("blue", "B02"),
    "G": ("green", "B03"),
    "R": ("red", "B04"),
    "RE1": ("rededge1", "B05"),
    "RE2": ("rededge2", "B06"),
    "RE3": ("rededge3", "B07"),
    "N": ("nir", "B08", "B8A"),
    "N2": ("nir08", "B8A"),
    "WV": ("nir09", "B09"),
    "S1": ("swir16", "B11"),
    "S2": ("swir22", "B12"),
}
"""Common name, and Sentinel-2 names of which the first that is there is taken, by spyndex's letters."""

_SCALE = np.float32(10000)
"""Digital numbers of a reflectance of 1."""


@dataclass(frozen=True, slots=True)
class SpectralIndex:
    """A spectral index of reflectances."""

    name: str
    """Short name, such as ``NDVI``."""
    title: str
    """Long name."""
    formula: str
    """Over the letters of ``BANDS`` and constants, as in spyndex."""
    constants: tuple[tuple[str, float], ...] = ()
    """Names in the formula that are not bands, and their values."""

    @property
    def letters(self) -> tuple[str, ...]:
        """The bands of the formula, in its order."""
        return tuple(name for name in names_of(self.formula) if name in BANDS)

    @property
    def common_names(self) -> tuple[str, ...]:
        """The same by their common names."""
        return tuple(BANDS[letter][0] for letter in self.letters)

    @property
    def text(self) -> str:
        """The formula with the values of its constants: ``(1.0+L)*(N-R)/(N+R+L), L=1``."""
        return ", ".join((self.formula, *(f"{name}={value:g}" for name, value in self.constants)))

    @property
    def is_difference(self) -> bool:
        """True for a normalised difference of two bands, which lies between -1 and 1."""
        letters = self.letters
        differences = (f"({a}-{b})/({a}+{b})" for a in letters for b in letters)
        return self.formula in differences

    def missing(self, bands: Sequence[str]) -> tuple[str, ...]:
        """Common names of the bands that it takes and that are not there.

        Args:
            bands: Sentinel-2 names.
        """
        return tuple(BANDS[one][0] for one in self.letters if not set(BANDS[one][1:]) & set(bands))

    def check(self, bands: Sequence[str]) -> None:
        """Raises ``UsageError`` where the bands of the index are not there.

        Args:
            bands: Sentinel-2 names.
        """
        missing = " and ".join(self.missing(bands))
        if missing:
            raise UsageError(
                f"`indices` {self.name} takes {', '.join(self.common_names)}, and `bands` lack {missing}; "
                f"add `bands` {missing}, or leave the index out"
            )

    def places(self, bands: Sequence[str]) -> tuple[int, ...]:
        """Where the bands of the formula lie among others, which have to have them.

        Args:
            bands: Sentinel-2 names.
        """
        return tuple(
            next(bands.index(name) for name in BANDS[letter][1:] if name in bands) for letter in self.letters
        )

    def of(self, values: UInt16s, bands: Sequence[str]) -> Floats:
        """The index of pixels, NaN where they have no data, or the formula has no finite value.

        Args:
            values: Reflectance times 10,000, shape (band, ...); 0 is nodata.
            bands: Sentinel-2 names of the bands.

        Returns:
            Shape of one band, float32.
        """
        named: dict[str, Floats | np.float32] = {name: np.float32(value) for name, value in self.constants}
        # the scale drops out of a normalised difference, which is rounded once then
        scale = np.float32(1) if self.is_difference else _SCALE
        for letter, place in zip(self.letters, self.places(bands), strict=True):
            named[letter] = np.divide(values[place], scale, dtype=np.float32)
        index = evaluate(self.formula, named)
        index[(values == 0).any(axis=0)] = np.nan
        return index
