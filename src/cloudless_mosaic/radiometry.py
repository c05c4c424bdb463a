"""From digital numbers to one radiometry: reflectance = 0.0001 * value, without an offset.

Since processing baseline 04.00 the products of Sentinel-2 carry a radiometric offset of 1000 (ESA, Sentinel-2
Products Specification Document, ``BOA_ADD_OFFSET``). Some providers take it out of the pixels, some don't, and
the date of a scene says nothing, since old scenes are processed again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from cloudless_mosaic.errors import MetadataError

OffsetPolicy = Literal["raw", "flagged"]
"""``raw``: pixels are the product's own; ``flagged``: a flag of each scene says whether the offset was taken out."""

BOA_OFFSET = -1000
"""Digital number to add to products of baseline 04.00 and newer."""

_FIRST_BASELINE_WITH_OFFSET = (4, 0)


@dataclass(frozen=True, slots=True)
class OffsetDecision:
    """What has to be added to the pixels of a scene, and why."""

    value: int
    """Digital number to add: 0 or -1000."""
    reason: str
    """One line for the record."""


def decide_offset(
    policy: OffsetPolicy, baseline: str, *, applied: bool | None, advertised: float | None
) -> OffsetDecision:
    """Decides the offset of one scene.

    Args:
        policy: What the provider does to pixels.
        baseline: Processing baseline, ``NN.NN``; empty where unknown.
        applied: The scene's flag "offset taken out already", where it has one.
        advertised: Reflectance offset of the scene's metadata, -0.1 or 0, where it has one.

    Raises:
        MetadataError: if what is known doesn't decide it.
    """
    if policy == "flagged" and applied:
        return OffsetDecision(0, "the provider has taken the offset out already")
    version = _version(baseline)
    if version is None:
        raise MetadataError(
            "no processing baseline, so the radiometric offset is unknown; leave the scene out"
        )
    if version < _FIRST_BASELINE_WITH_OFFSET:
        return OffsetDecision(0, f"baseline {baseline} has no offset")
    if policy == "flagged" and applied is None:
        raise MetadataError(
            f"baseline {baseline} has an offset and no flag says whether the provider took it out; "
            "leave the scene out or use another collection"
        )
    if advertised is not None and not _is_minus_tenth(advertised):
        raise MetadataError(
            f"baseline {baseline} has an offset of -0.1 and the metadata says {advertised:g}; "
            "leave the scene out or use another collection"
        )
    return OffsetDecision(BOA_OFFSET, f"baseline {baseline} carries the offset in its pixels")


def _version(baseline: str) -> tuple[int, int] | None:
    major, _, minor = baseline.partition(".")
    return (int(major), int(minor)) if major.isdecimal() and minor.isdecimal() else None


def _is_minus_tenth(offset: float) -> bool:
    return abs(offset + 0.1) < 1e-6


def harmonise(values: npt.NDArray[np.uint16], offset: int) -> npt.NDArray[np.uint16]:
    """Adds an offset to digital numbers without losing dark pixels.

    Args:
        values: Digital numbers; 0 is nodata.
        offset: Number to add.

    Returns:
        0 where the value was 0, else the sum, clipped to 1..65535; the same array where ``offset`` is 0.
    """
    if offset == 0:
        return values
    shifted = np.clip(values.astype(np.int32) + offset, 1, 65535).astype(np.uint16)
    return np.where(values == 0, values, shifted)
