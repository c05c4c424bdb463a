"""Scenes of neighbouring periods, which are compared with those of a period and not used otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.planning.period_plan import PeriodPlan

_REACH = timedelta(days=31)
"""Land changes: a test over the dates may compare what is so far apart, as in the months before and after."""


def neighbouring(periods: Sequence[PeriodPlan], period: PeriodPlan) -> tuple[PeriodPlan, ...]:
    """The period before one and the one after it, as far as there are any."""
    place = next(place for place, one in enumerate(periods) if one.period.label == period.period.label)
    return tuple(periods[one] for one in (place - 1, place + 1) if 0 <= one < len(periods))


def reference_scenes(periods: Sequence[PeriodPlan], period: PeriodPlan) -> tuple[Scene, ...]:
    """Scenes of the neighbouring periods that aren't too far away, in the order of time.

    Args:
        periods: All, in the order of time.
        period: One of them.
    """
    start, end = period.period.source
    own = {scene.id for scene in period.scenes}
    found = {
        scene.id: scene
        for one in neighbouring(periods, period)
        for scene in one.scenes
        if scene.id not in own and start - _REACH <= scene.datetime < end + _REACH
    }
    return tuple(sorted(found.values(), key=lambda scene: (scene.datetime, scene.id)))
