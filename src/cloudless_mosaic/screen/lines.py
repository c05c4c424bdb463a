"""Lines of text: what both programs share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console

from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.errors import naming_options

_NAMED_LOSSES = 5
"""Losses of one output that are listed; a service that is down can lose thousands of blocks."""


class TextLines:
    """Prints notes and losses."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._lost: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing; nothing is held."""

    def note(self, message: str) -> None:
        """Prints a message."""
        self._console.print(naming_options(message), markup=False)

    def _show_losses(self, label: str, lost: Iterable[LostObservation]) -> None:
        """Lists lost observations of a block: the first few of each output, or all with ``-v``."""
        for one in lost:
            self._lost[label] += 1
            if self._verbose or self._lost[label] <= _NAMED_LOSSES:
                self.note(f"lost: {one.scene_id} in block {one.block}: {one.reason}")

    def _unnamed_losses(self, label: str) -> int:
        """Losses of an output that were counted but not listed; resets the count."""
        lost = self._lost.pop(label, 0)
        return 0 if self._verbose else max(0, lost - _NAMED_LOSSES)

    def _show_notes(self, notes: Sequence[SceneNote]) -> int:
        """Prints warnings on scenes, and all notes with ``-v``.

        Returns:
            How many were not printed.
        """
        shown = [note for note in notes if note.warning or self._verbose]
        for note in shown:
            self.note(f"{'warning' if note.warning else 'note'}: {note.scene_id}: {note.text}")
        return len(notes) - len(shown)
