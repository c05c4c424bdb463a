"""The limit on observations that a run may lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import NoDataError, ObservationsLostError, UsageError


@dataclass(slots=True)
class LastingLosses:
    """Finds out, while blocks come in, that no scene of a mosaic can ever be read."""

    scenes: frozenset[str]
    """Ids of the scenes of the mosaic."""
    failed: dict[str, LostObservation] = field(default_factory=dict)
    """A loss of each scene that can't be read however often it is tried."""
    hopeful: bool = False
    """True once an observation was read, or lost for a reason that may pass."""

    def add(self, lost: Sequence[LostObservation], observations: int, label: str) -> None:
        """Counts a block.

        Args:
            lost: Observations of the block that could not be read.
            observations: Observations of the block that were planned.
            label: Label of the mosaic, for the message.

        Raises:
            UsageError: if all scenes are lost, and certificates, credentials or settings are the reason.
            NoDataError: if all scenes are lost by the format or type of their pixels.
        """
        self.hopeful |= len(lost) < observations or not all(one.lasting for one in lost)
        if self.hopeful or not lost:
            return
        for one in lost:
            self.failed.setdefault(one.scene_id, one)
        # scenes of other periods may be among the failed
        if not self.failed.keys() >= self.scenes:
            return
        first = next((one for one in self.failed.values() if one.lasting == "access"), lost[0])
        kind = UsageError if first.lasting == "access" else NoDataError
        if len(self.failed) == 1:
            raise kind(f"the only scene of {label} can't be read: {first.reason}")
        raise kind(
            f"none of the {len(self.failed)} scenes of {label} can be read, for example {first.reason}"
        )


@dataclass(frozen=True, slots=True)
class LossLimit:
    """The share of observations (scene and block) that may be lost before a run fails."""

    percent: float
    """Largest share that is accepted, in percent of the planned observations."""

    def check(self, lost: int, observations: int, last: Sequence[LostObservation], label: str = "") -> None:
        """Compares losses with the limit.

        Args:
            lost: Observations that could not be read.
            observations: Observations that were planned.
            last: Recent losses; the message gives the reason of the last one.
            label: Label of the mosaic, for the message; empty where there is only one output.

        Raises:
            ObservationsLostError: if more than ``percent`` were lost.
        """
        share = 100 * lost / observations if observations else 0.0
        if share <= self.percent:
            return
        of_label = f" of {label}" if label else ""
        example = f"; the last: {last[-1].reason}" if last else ""
        advice = "leave these scenes out" if last and all(one.lasting for one in last) else "try again"
        raise ObservationsLostError(
            f"{lost} of {observations} observations{of_label} could not be read ({share:.1f} %, `max_lost` "
            f"is {self.percent:g} %){example}; {advice}, or raise `max_lost`"
        )
