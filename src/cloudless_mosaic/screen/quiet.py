"""No output, for scripts that use only the exit code."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from cloudless_mosaic.domain.results import MosaicResult
from cloudless_mosaic.pipeline import Silent
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan


class QuietScreen(Silent):
    """Shows nothing, and doesn't load the libraries of other screens."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Does nothing; nothing is held."""

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Does nothing."""

    def done(self, result: MosaicResult) -> None:
        """Does nothing."""
