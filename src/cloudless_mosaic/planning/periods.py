"""The scenes of every period, and what may fill its pixels."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from cloudless_mosaic.domain.fills import Fill, Interpolate, Neighbours, Relax, Widen
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet
from cloudless_mosaic.masks import Mask, MaskSettings, make_mask, recipe_of
from cloudless_mosaic.planning.period_plan import PeriodPlan, Rescue

STEP = 5
"""Days that a period is widened by at a time on each side: the revisit time of two satellites."""

_UNCLASSIFIED = 7


def plan_periods(request: MosaicRequest, scene_set: SceneSet) -> tuple[PeriodPlan, ...]:
    """One plan for every period of a request, those without a scene included."""
    periods = [_plan_period(period, scene_set, request) for period in request.periods]
    return with_borrowing(periods, request.fills)


def with_borrowing(periods: Sequence[PeriodPlan], fills: Sequence[Fill]) -> tuple[PeriodPlan, ...]:
    """Periods that know whether a neighbour may fill their pixels.

    Args:
        periods: All, in the order of time.
        fills: The ways to fill pixels.
    """
    reach = reach_of(fills)
    return tuple(
        replace(one, borrows=_has_neighbour(periods, place, reach)) for place, one in enumerate(periods)
    )


def reach_of(fills: Iterable[Fill]) -> int:
    """Periods on each side that pixels are taken from."""
    return max((_reach(fill) for fill in fills), default=0)


def _reach(fill: Fill) -> int:
    if isinstance(fill, Neighbours):
        return fill.number
    return 1 if isinstance(fill, Interpolate) else 0


def _has_neighbour(periods: Sequence[PeriodPlan], place: int, reach: int) -> bool:
    near = range(max(0, place - reach), min(place + reach + 1, len(periods)))
    return any(periods[one].scenes for one in near if one != place)


def _plan_period(period: Period, scene_set: SceneSet, request: MosaicRequest) -> PeriodPlan:
    scenes = tuple(scene for scene in scene_set.scenes if scene.datetime in period)
    dropped = sum(scene.datetime is not None and scene.datetime in period for scene in scene_set.dropped)
    rescues = tuple(_rescues(period, scenes, scene_set, request))
    times: dict[str, datetime] = {}
    for scene in (*scenes, *sorted((scene for one in rescues for scene in one.scenes), key=_in_time)):
        times.setdefault(scene.overpass, scene.datetime)
    return PeriodPlan(period, scenes, len(scenes) + dropped, times, rescues)


def _rescues(
    period: Period, scenes: tuple[Scene, ...], scene_set: SceneSet, request: MosaicRequest
) -> Iterator[Rescue]:
    """What may fill pixels of a period, without the other periods."""
    for fill in request.fills:
        if isinstance(fill, Widen):
            yield from _rings(period, fill, scene_set, request)
        elif isinstance(fill, Relax):
            yield from _relaxed(period, fill, scenes, scene_set, request)


def _rings(period: Period, fill: Widen, scene_set: SceneSet, request: MosaicRequest) -> Iterator[Rescue]:
    """Scenes beyond a period, by steps of days that it is widened by."""
    rings: dict[int, list[Scene]] = {}
    for scene in sorted((*scene_set.scenes, *scene_set.spare), key=_in_time):
        days = _days_beyond(period, scene.datetime)
        if 0 < days <= fill.days and _is_clear(scene, request):
            rings.setdefault(math.ceil(days / STEP), []).append(scene)
    for step in sorted(rings):
        yield Rescue(fill.way, tuple(rings[step]), request.cloud_mask)


def _days_beyond(period: Period, instant: datetime) -> int:
    """Days by which a period has to be widened on both sides to hold an instant; 0 within its range."""
    start, end = period.source
    if instant < start:
        return math.ceil((start - instant) / timedelta(days=1))
    return (instant - end) // timedelta(days=1) + 1 if instant >= end else 0


def _in_time(scene: Scene) -> tuple[datetime, str]:
    return scene.datetime, scene.id


def _is_clear(scene: Scene, request: MosaicRequest) -> bool:
    return scene.cloud_cover is None or scene.cloud_cover <= request.max_cloud_cover


def _relaxed(
    period: Period, fill: Relax, scenes: tuple[Scene, ...], scene_set: SceneSet, request: MosaicRequest
) -> Iterator[Rescue]:
    """First the same scenes with less of a mask, then scenes with more cloud."""
    mask = request.cloud_mask
    for relaxed in _relaxed_masks(request):
        mask = relaxed
        if scenes:
            yield Rescue(fill.way, scenes, mask)
    cloudy = tuple(
        scene for scene in scene_set.spare if scene.datetime in period and not _is_clear(scene, request)
    )
    if cloudy:
        yield Rescue(fill.way, cloudy, mask)


def _relaxed_masks(request: MosaicRequest) -> Iterator[Mask]:
    """Masks that take less out, each less than the one before: without growth, then with class 7."""
    recipe, settings = recipe_of(request.mask), request.mask_settings
    classes, growth = settings.clear_classes, settings.dilation
    if recipe.dilation is not None and growth != 0:
        growth = 0.0
        yield make_mask(request.mask, MaskSettings(classes, growth, settings.options))
    if recipe.takes_classes and _UNCLASSIFIED not in classes:
        classes = tuple(sorted({*classes, _UNCLASSIFIED}))
        yield make_mask(request.mask, MaskSettings(classes, growth, settings.options))
