"""Limits a search to ``--max-items`` without leaving a month or a granule empty."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cloudless_mosaic.domain.scenes import DroppedScene, Scene, SceneSet

_MOST_DATES = 31
"""Most dates that a warning lists."""


def limit_scenes(found: SceneSet, most: int) -> SceneSet:
    """Keeps at most a number of scenes, with a warning about the others.

    Months take turns, and within a month its granules, the least cloudy scene of each first. A cut by time
    or by cloud cover alone would empty whole months, or whole granules.
    """
    if len(found.scenes) <= most:
        return found
    kept = frozenset(scene.id for scene in _by_turns(found.scenes)[:most])
    scenes = tuple(scene for scene in found.scenes if scene.id in kept)
    gone = tuple(scene for scene in found.scenes if scene.id not in kept)
    reason = f"left out by --max-items {most}"
    return SceneSet(
        scenes,
        (*found.dropped, *(DroppedScene(scene.id, scene.datetime, reason) for scene in gone)),
        (*found.warnings, _warning(scenes, gone, most)),
    )


def _by_turns(scenes: Iterable[Scene]) -> list[Scene]:
    """Scenes in order of priority."""
    clearest_first = sorted(scenes, key=lambda scene: (scene.cloud_cover, scene.datetime, scene.id))
    in_granule = _ranked(clearest_first, [f"{_month(scene)} {scene.granule}" for scene in clearest_first])
    return _ranked(in_granule, [_month(scene) for scene in in_granule])


def _ranked(scenes: Sequence[Scene], groups: Sequence[str]) -> list[Scene]:
    """The first of every group, then the second of every group, and so on; otherwise in the given order."""
    seen: Counter[str] = Counter()
    ranks = []
    for group in groups:
        ranks.append(seen[group])
        seen[group] += 1
    return [scenes[i] for i in sorted(range(len(scenes)), key=lambda i: ranks[i])]


def _month(scene: Scene) -> str:
    return f"{scene.datetime:%Y-%m}"


def _warning(kept: Sequence[Scene], gone: Sequence[Scene], most: int) -> str:
    found = Counter(map(_month, (*kept, *gone)))
    lost = Counter(map(_month, gone))
    months = ", ".join(f"{lost[month]} of {found[month]} in {month}" for month in sorted(lost))
    days = sorted({f"{scene.datetime:%Y-%m-%d}" for scene in gone} - {f"{s.datetime:%Y-%m-%d}" for s in kept})
    shown = ", ".join(days[:_MOST_DATES])
    more = f" and {len(days) - _MOST_DATES} more" if len(days) > _MOST_DATES else ""
    gone_days = f"; no scene is left on {shown}{more}" if days else ""
    total = len(kept) + len(gone)
    return (
        f"--max-items {most} cuts the search: {total} scenes found, {len(kept)} kept, left out "
        f"{months}{gone_days}; --max-items {total} takes all"
    )
