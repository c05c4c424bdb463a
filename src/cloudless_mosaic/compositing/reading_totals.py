"""What reading gives beside pixels: observations, losses, and notes on scenes, summed over blocks."""

from __future__ import annotations

import threading
from typing import Protocol

from cloudless_mosaic.compositing.plausibility import PixelStatistics, scene_notes
from cloudless_mosaic.domain.results import LostObservation, SceneNote


class ReadBlock(Protocol):
    """What the reading of one block gave."""

    @property
    def observations(self) -> int:
        """Observations that were planned."""
        ...

    @property
    def lost(self) -> tuple[LostObservation, ...]:
        """Those that could not be read."""
        ...

    @property
    def notes(self) -> tuple[SceneNote, ...]:
        """Notes on scenes for the user."""
        ...

    @property
    def statistics(self) -> tuple[tuple[str, PixelStatistics], ...]:
        """Statistics of the sampled pixels of scenes, by id."""
        ...


class ReadingTotals:
    """Sums up the reading of blocks, in whatever order they come. Safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lost: list[LostObservation] = []
        self._notes: set[SceneNote] = set()
        self._evidence: dict[str, PixelStatistics] = {}
        self.observations = 0
        """Observations that were planned."""

    def add(self, block: ReadBlock) -> None:
        """Adds a block."""
        with self._lock:
            self.observations += block.observations
            self._lost += block.lost
            self._notes |= set(block.notes)
            for scene_id, statistics in block.statistics:
                known = self._evidence.get(scene_id)
                self._evidence[scene_id] = known.plus(statistics) if known else statistics

    @property
    def lost(self) -> tuple[LostObservation, ...]:
        """Observations that could not be read, sorted."""
        return tuple(sorted(self._lost, key=lambda lost: (lost.scene_id, lost.block, lost.reason)))

    @property
    def notes(self) -> tuple[SceneNote, ...]:
        """Notes on scenes for the user, each once, sorted."""
        found = {
            SceneNote(scene_id, text, warning)
            for scene_id, statistics in self._evidence.items()
            for text, warning in scene_notes(statistics)
        }
        return tuple(sorted(self._notes | found))
