"""The 8-bit picture of a mosaic: a fixed stretch, so that periods can be compared, and its thumbnail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, cast

import imagecodecs
import numpy as np
import numpy.typing as npt

from cloudless_mosaic.cog.encoding import Pixels
from cloudless_mosaic.kernels import apply_lut

SCALE = 1e-4
"""Reflectance of one digital number."""

GAMMA: Final = 1.6
"""Exponent of the stretch: dark forest and water get more grey levels than bright sand."""

WHITE: Final = {
    "B01": 0.3,
    "B02": 0.3,
    "B03": 0.3,
    "B04": 0.3,
    "B05": 0.4,
    "B06": 0.5,
    "B07": 0.5,
    "B08": 0.5,
    "B8A": 0.5,
    "B09": 0.5,
    "B11": 0.4,
    "B12": 0.4,
}
"""Reflectance that is drawn as 255, by Sentinel-2 band: visible 0.3, near infrared 0.5, short wave 0.4.

Vegetation and soil lie below; clouds, snow and bright sand are cut.
"""

TRUE_COLOUR = ("B04", "B03", "B02")
"""Bands of red, green and blue."""


def shown_bands(bands: Sequence[str]) -> tuple[str, ...]:
    """The bands of a picture: true colour where its bands are there, else the first three, else the first.

    Args:
        bands: Sentinel-2 names of the bands of the data.
    """
    if all(band in bands for band in TRUE_COLOUR):
        return TRUE_COLOUR
    return tuple(bands[:3] if len(bands) >= 3 else bands[:1])


class Stretch:
    """From reflectance to grey levels: 0 is nodata, 1 is reflectance 0 or less, 255 is white."""

    def __init__(self, bands: Sequence[str]) -> None:
        """Makes the tables.

        Args:
            bands: Sentinel-2 names of the bands of the data.
        """
        self.bands = shown = shown_bands(bands)
        """Sentinel-2 names of the bands shown: red, green and blue of the picture, or one for its grey."""
        self._tables = [(bands.index(band), _table(WHITE[band])) for band in shown]

    def __call__(self, data: npt.NDArray[np.uint16]) -> npt.NDArray[np.uint8]:
        """The picture of a block.

        Args:
            data: Reflectance times 10,000, shape (band, y, x); 0 is nodata.

        Returns:
            Shape (band, y, x), one or three bands.
        """
        out = np.empty((len(self.bands), *data.shape[1:]), np.uint8)
        for plane, (band, table) in zip(out, self._tables, strict=True):
            apply_lut(data[band], table, plane)
        return out


def thumbnail(picture: Pixels) -> bytes:
    """A PNG of the picture, transparent where it has no data.

    Args:
        picture: uint8, shape (band, y, x), one or three bands; 0 is nodata.
    """
    alpha = np.where(picture.any(axis=0), 255, 0).astype(np.uint8)
    pixels = np.stack([*picture, alpha], axis=-1)
    # imagecodecs accepts any array, but its type hints allow only buffers
    return bytes(imagecodecs.png_encode(cast("bytes", pixels), level=1))


def _table(white: float) -> npt.NDArray[np.uint8]:
    """Grey level of every digital number."""
    share: npt.NDArray[np.float64] = np.clip(np.arange(65536) * (SCALE / white), 0, 1)
    levels = (1 + np.rint(254 * share ** (1 / GAMMA))).astype(np.uint8)
    levels[0] = 0
    return levels
