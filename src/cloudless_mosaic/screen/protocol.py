"""What every screen can be told."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan


class Screen(Protocol):
    """Shows the progress of a run (see ``pipeline.Progress``), its plan and its result."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, message: str) -> None:
        """Says something in passing."""
        ...

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """The plan is made and work begins."""
        ...

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """An earlier run left these mosaics, and so many blocks of others."""
        ...

    def composed(self, composite: Composite) -> None:
        """A block is done."""
        ...

    def written(self, result: PeriodResult) -> None:
        """The files of a mosaic are in their place."""
        ...

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows a plan as the end of a command."""
        ...

    def done(self, result: MosaicResult) -> None:
        """Shows the result of a run."""
        ...
