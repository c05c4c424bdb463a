"""Lines and tables, for logs and pipes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console

from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.estimate import estimate
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.quantities import number, percent, size
from cloudless_mosaic.screen.tables import plan_summary, plan_table, result_tables

_NAMED_LOSSES = 5
"""Losses of a period that are named; a service that is down loses every one of thousands of blocks."""


class PlainScreen:
    """Says what a user has to know, in lines that stay: some for every period, none for every block."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._waiting: dict[str, str] = {}
        """What to say of each period of several blocks when it begins."""
        self._lost: Counter[str] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def note(self, message: str) -> None:
        """Says something in passing."""
        self._console.print(message, markup=False)

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows the plan."""
        cost = estimate(plan)
        self._console.print(plan_table(plan, cost))
        for line in plan_summary(plan, mosaics, cost):
            self.note(line)
        for warning in plan.scene_set.warnings:
            self.note(f"warning: {warning}")
        if self._verbose:
            for scene in plan.scene_set.dropped:
                self.note(f"left out: {scene.id}: {scene.reason}")
        self._await(plan, mosaics, cost.period_bytes)

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Says what is there already."""
        for result in finished:
            self.note(f"{result.label}: written by an earlier run, its files are intact")
        if blocks:
            self.note(f"an earlier run left {number(blocks, 'block')}, the rest follows")

    def composed(self, composite: Composite) -> None:
        """Says that a period has begun, and which observations were lost."""
        label = composite.label
        if label in self._waiting:
            self.note(self._waiting.pop(label))
        for lost in composite.lost:
            self._lost[label] += 1
            if self._verbose or self._lost[label] <= _NAMED_LOSSES:
                self.note(f"lost: {lost.scene_id} in block {lost.block}: {lost.reason}")

    def written(self, result: PeriodResult) -> None:
        """Says that a period is written, and what is odd about its scenes."""
        label = result.label
        self.note(f"{label}: written, {percent(result.clear_share)} of its pixels are clear")
        unnamed = self._lost.pop(label, 0) - _NAMED_LOSSES
        if unnamed > 0 and not self._verbose:
            self.note(f"{label}: {unnamed} more losses; -v names them")
        shown = [note for note in result.notes if note.warning or self._verbose]
        for note in shown:
            self.note(f"{'warning' if note.warning else 'note'}: {note.scene_id}: {note.text}")
        more = len(result.notes) - len(shown)
        if more:
            self.note(f"{label}: {number(more, 'note')} on its scenes; -v shows them")

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Shows the plan."""
        PlainScreen.planned(self, plan, mosaics)

    def done(self, result: MosaicResult) -> None:
        """Shows the closing table."""
        for table in result_tables(result):
            self._console.print(table)
        for period in result.periods:
            if period.empty:
                self.note(f"{period.label}: no mosaic, {_why_empty(period)}")
            if period.lost:
                share = f"{len(period.lost)} of {period.observations} observations"
                self.note(f"{period.label}: {share} were lost ({percent(period.lost_percent / 100)})")
        self.note(f"catalog: {result.catalog}")

    def _await(self, plan: MosaicPlan, mosaics: Sequence[Mosaic], period_bytes: Sequence[int]) -> None:
        """Gets ready for the mosaics to come."""
        if len(plan.blocks) == 1 or plan.request.tile_size:
            return  # one that begins is nearly over
        labels = {mosaic.label for mosaic in mosaics}
        for period, read in zip(plan.periods, period_bytes, strict=True):
            if period.period.label in labels:
                what = f"{number(len(period.scenes), 'scene')}, about {size(read)} to read"
                self._waiting[period.period.label] = f"{period.period.label}: begun, {what}"


def _why_empty(period: PeriodResult) -> str:
    return f"all {period.found} scenes found were left out" if period.found else "no scene was found"
