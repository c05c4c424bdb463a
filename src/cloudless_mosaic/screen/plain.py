"""Lines and tables, for logs and pipes."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.estimate import estimate
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.lines import TextLines
from cloudless_mosaic.screen.quantities import number, percent, size
from cloudless_mosaic.screen.tables import plan_summary, plan_table, result_tables


class PlainScreen(TextLines):
    """Prints permanent lines: some for every period, but none for a block."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        super().__init__(console, verbose=verbose)
        self._waiting: dict[str, str] = {}
        """Line to print when a mosaic of several blocks begins, by label."""

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
        """Lists what an earlier run left."""
        for result in finished:
            self.note(f"{result.label}: written by an earlier run, its files are intact")
        if blocks:
            self.note(f"an earlier run left {number(blocks, 'block')}, the rest follows")

    def composed(self, block: BlockFacts) -> None:
        """Reports that a mosaic has begun, and lists lost observations."""
        label = block.label
        if label in self._waiting:
            self.note(self._waiting.pop(label))
        self._show_losses(label, block.lost)

    def written(self, result: PeriodResult) -> None:
        """Reports that a mosaic is written, with the notes on its scenes."""
        label = result.label
        clear = f"{percent(result.clear_share)} of its pixels are clear"
        self.note(f"{label}: written, {clear}{_taken_out(result)}")
        if unnamed := self._unnamed_losses(label):
            self.note(f"{label}: {unnamed} more losses; -v names them")
        if more := self._show_notes(result.notes):
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
        """Prepares the lines of the mosaics."""
        if len(plan.blocks) == 1 or plan.request.tile_size:
            return  # a mosaic of one block is almost done when it begins
        labels = {mosaic.label for mosaic in mosaics}
        for period, read in zip(plan.periods, period_bytes, strict=True):
            if period.period.label in labels:
                what = f"{number(len(period.scenes), 'scene')}, about {size(read)} to read"
                self._waiting[period.period.label] = f"{period.period.label}: begun, {what}"


def _taken_out(result: PeriodResult) -> str:
    """What each step of the mask took out, of what scenes show."""
    counts = result.mask_counts
    if counts is None or not counts.pixels:
        return ""
    steps = f"{percent(counts.by_classes / counts.pixels)} by classes"
    if counts.by_dates:
        steps += f", {percent(counts.by_dates / counts.pixels)} by comparing dates"
    return f"; masked of its scenes: {steps}"


def _why_empty(period: PeriodResult) -> str:
    return f"all {period.found} scenes found were left out" if period.found else "no scene was found"
