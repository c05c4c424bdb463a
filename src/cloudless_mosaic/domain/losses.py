"""The limit on observations that a run may lose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cloudless_mosaic.domain.results import LostObservation
from cloudless_mosaic.errors import ObservationsLostError


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
        raise ObservationsLostError(
            f"{lost} of {observations} observations{of_label} could not be read ({share:.1f} %, `max_lost` "
            f"is {self.percent:g} %){example}; try again, or raise `max_lost`"
        )
