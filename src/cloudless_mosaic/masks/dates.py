"""The step of a mask that compares the observations of a pixel with one another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.kernels.dates import drop_by_dates
from cloudless_mosaic.masks.levels import UInt8s


@dataclass(frozen=True, slots=True)
class DateTest:
    """Takes out haze and shadow that the scene classification missed. Limits are digital numbers.

    Haze and thin cloud make blue brighter than it is on the clearest date of the same pixel (O. Hagolle et
    al., 2010, https://doi.org/10.1016/j.rse.2010.03.002); shadow takes near infrared above all, since what
    light is left comes from the sky. A pixel that has an observation which isn't doubtful keeps at least one.
    """

    guides: ClassVar[tuple[str, str, str]] = ("B02", "B04", "B08")
    """Bands that are looked at: blue, red and near infrared."""

    haze: int = 250
    """More blue than the reference by more than this is haze, unless red is up by more than twice as much."""
    doubt: int = 200
    """The same for doubtful observations, whatever red does."""
    hot: int = 350
    """Largest B02 - B04 / 2 of a doubtful observation that no other date can confirm."""
    lit: int = 300
    """What has at most this much, or the double, of the lowest blue may be the sunlit observation of a
    pixel."""
    gap: int = 400
    """Near infrared that a shadow takes away, at least; it has to be 9/32 of it as well."""

    neighbours: int = 0
    """Observations up to which a pixel is also compared with the dates of the neighbouring periods."""

    @property
    def description(self) -> str:
        """What is taken out, in full sentences for the provenance."""
        beyond = (
            f" Pixels with at most {self.neighbours} observations were also compared with those of the "
            "periods before and after, up to 31 days away."
        )
        return (
            "Clear observations of a pixel were compared in B02, B04 and B08 (reflectance times 10,000). "
            f"Sunlit is the one of most B08 of those whose B02 is at most {self.lit} more than the lowest, "
            f"or twice it. Shadow has less B08 by more than {self.gap} and 9/32, less B04 and no more B02. "
            f"Haze has more B02, by over {self.haze}, than the lowest that is no shadow, unless B04 is up by "
            f"more than twice as much; doubtful observations may have {self.doubt} more, or alone a "
            f"B02 - B04 / 2 of {self.hot}. Shadow and haze were taken out; snow was not tested for haze."
            + (beyond if self.neighbours else "")
        )

    def take_out(
        self,
        stack: npt.NDArray[np.uint16],
        bands: Sequence[str],
        levels: UInt8s,
        reasons: UInt8s | None = None,
        own: int | None = None,
    ) -> npt.NDArray[np.int64]:
        """Sets the first band of what is taken out to 0, and of what lacks any band; in place.

        Args:
            stack: Digital numbers, shape (band, time, y, x), C-contiguous; 0 where there is no observation.
            bands: Sentinel-2 names of the bands; the guides are among them.
            levels: Of each observation, shape (time, y, x), C-contiguous.
            reasons: Why any observation was taken out, shape (y, x), see ``masks.taken_out``; added to.
            own: Number of the first times that ``reasons`` are wanted of; ``None`` is all.

        Returns:
            Observations that were taken out and lack no band, shape (time,).
        """
        dropped = np.zeros(stack.shape[1], np.int64)
        blue, red, nir = (list(bands).index(band) for band in self.guides)
        limits = (self.haze, self.doubt, self.hot, self.lit, self.gap)
        drop_by_dates(stack, (blue, red, nir), levels, limits, dropped, reasons=reasons, own=own)
        return dropped
