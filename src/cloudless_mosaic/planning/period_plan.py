"""The scenes of one period, as they are planned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.masks import Mask


@dataclass(frozen=True, slots=True)
class Rescue:
    """Scenes, and how to mask them, for pixels that are nowhere clear in a period."""

    way: str
    """Name of the way to fill pixels."""
    scenes: tuple[Scene, ...]
    """Scenes that are read, in the order of time."""
    mask: Mask
    """Determines the clear pixels."""


@dataclass(frozen=True, slots=True)
class PeriodPlan:
    """The scenes of one period."""

    period: Period
    """The period."""
    scenes: tuple[Scene, ...]
    """Scenes that will be read, in the order of time."""
    found: int
    """Scenes that the search found, dropped ones included."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Sensing time of the first scene of each overpass in the period, wherever in the area that lies: blocks
    and tiles that see later scenes of it only have to order and date it alike."""
    rescues: tuple[Rescue, ...] = ()
    """What may fill pixels of the period, in the order in which it is tried."""
    borrows: bool = False
    """True where a neighbouring period may fill pixels."""

    @property
    def is_made(self) -> bool:
        """True where there may be a mosaic of it."""
        return bool(self.scenes or self.rescues or self.borrows)

    @property
    def numbered(self) -> tuple[Scene, ...]:
        """All scenes that a pixel may be from, numbered from 1 by their places."""
        known = {scene.id: scene for scene in self.scenes}
        for rescue in self.rescues:
            for scene in rescue.scenes:
                known.setdefault(scene.id, scene)
        return tuple(known.values())
