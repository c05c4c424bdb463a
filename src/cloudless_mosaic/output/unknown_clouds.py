"""How cloudy scenes are whose catalogue doesn't know it: what the mask took out of their pixels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from cloudless_mosaic.domain.results import MaskCounts, SceneNote
from cloudless_mosaic.domain.scenes import Scene


def cloud_notes(scenes: Iterable[Scene], masked: Mapping[str, MaskCounts]) -> Iterator[SceneNote]:
    """A note on each scene of unknown cloud cover that was read with a mask.

    Args:
        scenes: Scenes of a mosaic.
        masked: What the mask took out of each of them, by id.
    """
    for scene in scenes:
        counts = masked.get(scene.id)
        if scene.cloud_cover is None and counts and counts.pixels:
            share = 100 * (counts.by_classes + counts.by_dates) / counts.pixels
            text = f"its cloud cover is unknown; the mask takes out {share:.1f} % of its pixels here"
            yield SceneNote(scene.id, text)
