"""Two screens at once: what users or machines read, and the log."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.protocol import Screen


class BothScreens:
    """Shows everything on two screens."""

    def __init__(self, first: Screen, second: Screen) -> None:
        self._screens = first, second

    def __enter__(self) -> Self:
        for screen in self._screens:
            screen.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leaves both."""
        for screen in self._screens:
            screen.__exit__(kind, error, trace)

    def note(self, message: str) -> None:
        """Shows a note."""
        for screen in self._screens:
            screen.note(message)

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows the plan."""
        for screen in self._screens:
            screen.planned(plan, mosaics)

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Shows what an earlier run left."""
        for screen in self._screens:
            screen.resumed(finished, blocks)

    def composed(self, block: BlockFacts) -> None:
        """Shows a block."""
        for screen in self._screens:
            screen.composed(block)

    def written(self, result: PeriodResult) -> None:
        """Shows a mosaic."""
        for screen in self._screens:
            screen.written(result)

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows a plan as the end of a command."""
        for screen in self._screens:
            screen.show_plan(plan, mosaics)

    def done(self, result: MosaicResult) -> None:
        """Shows the result."""
        for screen in self._screens:
            screen.done(result)
