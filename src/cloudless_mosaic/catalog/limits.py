"""Limits a search to ``max_items`` without leaving a period or a granule empty."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial
from math import inf
from operator import attrgetter

from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet

_MOST_DATES = 31
"""Most dates that a warning lists."""


def limit_scenes(found: SceneSet, most: int, periods: Sequence[Period]) -> SceneSet:
    """Keeps at most so many scenes, and says what is gone.

    Periods take turns, and within a period its granules do, the least cloudy scene of each first. A cut by
    time or by cloud cover alone would empty whole periods, or whole granules.

    Args:
        found: All usable scenes.
        most: How many to keep.
        periods: Those of the request, in order; every scene lies in one.
    """
    if len(found.scenes) <= most:
        return found
    kept = frozenset(scene.id for scene in _by_turns(found.scenes, periods)[:most])
    scenes = tuple(scene for scene in found.scenes if scene.id in kept)
    gone = tuple(scene for scene in found.scenes if scene.id not in kept)
    reason = f"left out by `max_items` {most}"
    return SceneSet(
        scenes,
        (*found.dropped, *(DroppedScene(scene.id, scene.datetime, reason) for scene in gone)),
        (*found.warnings, _warning(scenes, gone, most, periods)),
    )


def clearest(scenes: Sequence[Scene], most: int) -> tuple[Scene, ...]:
    """At most so many scenes, the least cloudy ones, in their own order."""
    kept = frozenset(scene.id for scene in sorted(scenes, key=_clearness)[:most])
    return tuple(scene for scene in scenes if scene.id in kept)


def _by_turns(scenes: Iterable[Scene], periods: Sequence[Period]) -> list[Scene]:
    """Scenes in the order in which they are kept."""
    clearest_first = sorted(scenes, key=_clearness)
    label = partial(_label, periods=periods)
    in_granule = _ranked(clearest_first, [f"{label(scene)} {scene.granule}" for scene in clearest_first])
    return _ranked(in_granule, [label(scene) for scene in in_granule])


def _clearness(scene: Scene) -> tuple[float, datetime, str]:
    """Sort key, clearest first; an unknown cloud cover is worse than any."""
    return inf if scene.cloud_cover is None else scene.cloud_cover, scene.datetime, scene.id


def _ranked(scenes: Sequence[Scene], groups: Sequence[str]) -> list[Scene]:
    """The first of every group, then the second of every group, and so on; otherwise in the given order."""
    seen: Counter[str] = Counter()
    ranks = []
    for group in groups:
        ranks.append(seen[group])
        seen[group] += 1
    return [scenes[i] for i in sorted(range(len(scenes)), key=lambda i: ranks[i])]


def _label(scene: Scene, periods: Sequence[Period]) -> str:
    """Label of the period that a scene lies in; with windows, of the one nearest before it, or the first."""
    place = bisect_right(periods, scene.datetime, key=attrgetter("start")) - 1
    return periods[max(0, place)].label


def _warning(kept: Sequence[Scene], gone: Sequence[Scene], most: int, periods: Sequence[Period]) -> str:
    found = Counter(_label(scene, periods) for scene in (*kept, *gone))
    lost = Counter(_label(scene, periods) for scene in gone)
    cut = ", ".join(f"{lost[label]} of {found[label]} in {label}" for label in sorted(lost))
    days = sorted({f"{scene.datetime:%Y-%m-%d}" for scene in gone} - {f"{s.datetime:%Y-%m-%d}" for s in kept})
    shown = ", ".join(days[:_MOST_DATES])
    more = f" and {len(days) - _MOST_DATES} more" if len(days) > _MOST_DATES else ""
    gone_days = f"; no scene is left on {shown}{more}" if days else ""
    total = len(kept) + len(gone)
    return (
        f"`max_items` {most} cuts the search: {total} scenes found, {len(kept)} kept, left out "
        f"{cut}{gone_days}; `max_items` {total} takes all"
    )
