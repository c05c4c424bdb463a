"""What a screen shows."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Protocol, Self

from cloudless_mosaic.domain.results import MosaicResult
from cloudless_mosaic.pipeline import Progress
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan


class BaseScreen(Protocol):
    """What the screens of all programs share: a command enters its screen and leaves it at the end."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Screen(Progress, BaseScreen, Protocol):
    """Shows the progress of a run, its plan and its result."""

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows a plan as the end of a command."""
        ...

    def done(self, result: MosaicResult) -> None:
        """Shows the result of a run."""
        ...
