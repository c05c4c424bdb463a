"""Bars on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from cloudless_mosaic.plan import MosaicPlan
from cloudless_mosaic.results import Composite, MosaicResult, PeriodResult
from cloudless_mosaic.screen.plain import PlainScreen
from cloudless_mosaic.screen.quantities import number, size

_WORDS = 46
"""Columns of a line beside its bar."""


class LiveScreen(PlainScreen):
    """As ``PlainScreen``, with a bar for every month in work and one for all of them.

    A month has a bar from its first block until it is written, so there are as many as a terminal can hold,
    however long the span of time is.
    """

    def __init__(self, console: Console, *, verbose: bool) -> None:
        super().__init__(console, verbose=verbose)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=min(40, max(10, console.width - _WORDS))),
            _Bytes(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}
        self._all: TaskID | None = None
        self._blocks = 1

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the bars off the screen."""
        self._progress.stop()

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Counts finished months as done."""
        super().resumed(finished, blocks)
        for result in finished:
            self._advance(result.period.label, self._blocks)
            self._hide(result.period.label)

    def composed(self, composite: Composite) -> None:
        """Moves the bar of the month, which may appear now."""
        super().composed(composite)
        self._advance(composite.period.label, 1)

    def written(self, result: PeriodResult) -> None:
        """Puts a line in the place of the bar."""
        self._hide(result.period.label)
        super().written(result)

    def done(self, result: MosaicResult) -> None:
        """Shows the closing table below where the bars were."""
        self._progress.stop()
        super().done(result)

    def _await(self, plan: MosaicPlan, period_bytes: Sequence[int]) -> None:
        """Makes a bar for every month that has scenes; all but the first are hidden."""
        self._blocks = len(plan.blocks)
        for period, read in zip(plan.periods, period_bytes, strict=True):
            if period.scenes:
                text = f"{period.period.label}  {number(len(period.scenes), 'scene')}"
                first = not self._bars
                bar = self._progress.add_task(text, start=first, total=max(1, read), visible=first)
                self._bars[period.period.label] = bar
        if len(self._bars) > 1:
            text = number(len(self._bars), "month")
            self._all = self._progress.add_task(text, total=max(1, sum(period_bytes)))

    def _advance(self, label: str, blocks: int) -> None:
        bar = self._bars[label]
        task = self._progress.tasks[self._progress.task_ids.index(bar)]
        if not task.started:
            self._progress.start_task(bar)
        step = blocks / self._blocks * (task.total or 0.0)
        self._progress.update(bar, advance=step, visible=True)
        if self._all is not None:
            self._progress.advance(self._all, step)

    def _hide(self, label: str) -> None:
        self._progress.update(self._bars[label], visible=False)


class _Bytes(ProgressColumn):
    """Bytes that are done, of those to read."""

    def render(self, task: Task) -> Text:
        """As ``120 MB of 344 MB``."""
        return Text(f"{size(task.completed):>6} of {size(task.total or 0):>6}", style="progress.download")
