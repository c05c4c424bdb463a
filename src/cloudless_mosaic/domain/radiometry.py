"""The radiometric offset of a scene: one decision, by provider, baseline, flag and metadata.

Since processing baseline 04.00 the products of Sentinel-2 carry a radiometric offset of 1000 (ESA, Sentinel-2
Products Specification Document, ``BOA_ADD_OFFSET``). Some providers take it out of the pixels, some don't,
and the date of a scene doesn't decide it, since old scenes are processed again.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Literal, get_args

from cloudless_mosaic.errors import MetadataError

OffsetPolicy = Literal["raw", "removed", "flagged", "declared"]
"""What a provider does to the offset in its pixels.

``raw``: pixels are the product's own. ``removed``: the offset was taken out of all scenes. ``flagged``: a
flag of each scene says whether it was taken out. ``declared``: the provider is unknown; metadata and baseline
have to agree.
"""

OFFSET_POLICIES: tuple[OffsetPolicy, ...] = get_args(OffsetPolicy)

BOA_OFFSET = -1000
"""Digital number to add to products of baseline 04.00 and newer."""

OFFSETS = (0, BOA_OFFSET)
"""The values that a decision can have."""

_FIRST_WITH_OFFSET = (4, 0)
_FIRST_OF_USERS = (20, 0)
"""Baselines from here on (99.99 in practice) mark products made by users, whose offset is unknown."""

_ADVICE = "`boa_offset` 0 or -1000 decides it for all scenes, `collection` takes another collection"


@dataclass(frozen=True, slots=True)
class OffsetDecision:
    """What has to be added to the pixels of a scene, and why."""

    value: int
    """Digital number to add: 0 or -1000."""
    reason: str
    """One line for the record."""


def decide_offset(
    policy: OffsetPolicy,
    baseline: str,
    *,
    applied: bool | None = None,
    advertised: AbstractSet[int] = frozenset(),
) -> OffsetDecision:
    """Decides the offset of one scene.

    Args:
        policy: What the provider does to the pixels of the collection.
        baseline: Processing baseline, ``NN.NN``; empty where unknown.
        applied: The scene's flag "offset taken out already", where it has one.
        advertised: Digital numbers to add by the metadata of the scene's bands; empty where it has none.
            ``flagged`` and ``removed`` ignore it: such providers go on to advertise the -1000 of the product
            beside shifted pixels.

    Raises:
        MetadataError: if the metadata doesn't decide it, or contradicts itself.
    """
    if policy == "removed":
        return OffsetDecision(0, "the provider takes the offset out of all scenes")
    if policy == "flagged":
        return _by_flag(baseline, applied=applied)
    expected = _by_baseline(baseline)
    if applied:
        raise MetadataError(
            f"a flag says that the offset was taken out where pixels should be raw; {_ADVICE}"
        )
    if not advertised <= {expected.value}:
        said = ", ".join(map(str, sorted(advertised)))
        raise MetadataError(
            f"baseline {baseline} means an offset of {expected.value}, the metadata says {said}; {_ADVICE}"
        )
    if policy == "declared" and expected.value and not advertised:
        raise MetadataError(
            f"baseline {baseline} has an offset and nothing says whether it is still in the pixels; {_ADVICE}"
        )
    return expected


def _by_flag(baseline: str, *, applied: bool | None) -> OffsetDecision:
    if applied:
        return OffsetDecision(0, "the provider has taken the offset out already")
    expected = _by_baseline(baseline)
    if expected.value and applied is None:
        raise MetadataError(
            f"baseline {baseline} has an offset and no flag says whether the provider took it out; {_ADVICE}"
        )
    return expected


def _by_baseline(baseline: str) -> OffsetDecision:
    major, _, minor = baseline.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise MetadataError(f"no processing baseline, so the radiometric offset is unknown; {_ADVICE}")
    version = int(major), int(minor)
    if version >= _FIRST_OF_USERS:
        raise MetadataError(f"baseline {baseline} is none of ESA's, so the offset is unknown; {_ADVICE}")
    if version < _FIRST_WITH_OFFSET:
        return OffsetDecision(0, f"baseline {baseline} has no offset")
    return OffsetDecision(BOA_OFFSET, f"baseline {baseline} carries the offset in its pixels")
