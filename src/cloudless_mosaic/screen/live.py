"""Bars on a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn, TimeRemainingColumn
from rich.text import Text

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.plain import PlainScreen
from cloudless_mosaic.screen.quantities import number, size

_WORDS = 46
"""Columns of a line beside its bar."""


class LiveScreen(PlainScreen):
    """As ``PlainScreen``, with a bar for every mosaic in progress and one for all of them.

    A mosaic has a bar from its first block until it is written, so the bars fit a terminal, however many
    mosaics the run has.
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
        self._ahead: dict[str, _Ahead] = {}
        self._bars: dict[str, TaskID] = {}
        self._all: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes the bars from the screen."""
        self._progress.stop()

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Counts finished mosaics as done."""
        super().resumed(finished, blocks)
        for result in finished:
            self._advance(result.label, self._ahead[result.label].blocks)
            self._hide(result.label)

    def composed(self, block: BlockFacts) -> None:
        """Advances the bar of the mosaic; the first block shows it."""
        super().composed(block)
        self._advance(block.label, 1)

    def written(self, result: PeriodResult) -> None:
        """Replaces the bar by a line."""
        self._hide(result.label)
        super().written(result)

    def done(self, result: MosaicResult) -> None:
        """Shows the closing table below where the bars were."""
        self._progress.stop()
        super().done(result)

    def _await(self, plan: MosaicPlan, mosaics: Sequence[Mosaic], period_bytes: Sequence[int]) -> None:
        """Shows the bar of the first mosaic, below the total bar if there are several mosaics."""
        reads = dict(zip((period.period for period in plan.periods), period_bytes, strict=True))
        pixels = plan.geobox.shape[0] * plan.geobox.shape[1]
        for mosaic in mosaics:
            rows, columns = mosaic.plan.geobox.shape
            self._ahead[mosaic.label] = _Ahead(
                text=f"{mosaic.label}  {number(len(mosaic.period.scenes), 'scene')}",
                blocks=len(mosaic.plan.blocks),
                read=max(1.0, reads[mosaic.period.period] * rows * columns / pixels),
            )
        if len(mosaics) > 1:
            kind = "mosaic" if plan.request.tile_size else plan.request.period_kind.noun
            total = sum(one.read for one in self._ahead.values())
            self._all = self._progress.add_task(number(len(mosaics), kind), total=total)
        for label in list(self._ahead)[:1]:
            self._bar(label)

    def _bar(self, label: str) -> TaskID:
        if label not in self._bars:
            one = self._ahead[label]
            self._bars[label] = self._progress.add_task(one.text, total=one.read)
        return self._bars[label]

    def _advance(self, label: str, blocks: int) -> None:
        one = self._ahead[label]
        step = blocks / one.blocks * one.read
        self._progress.advance(self._bar(label), step)
        if self._all is not None:
            self._progress.advance(self._all, step)

    def _hide(self, label: str) -> None:
        self._progress.remove_task(self._bars.pop(label))


@dataclass(frozen=True, slots=True)
class _Ahead:
    """A mosaic whose bar is not shown yet."""

    text: str
    """The text beside its bar."""
    blocks: int
    """Number of its blocks."""
    read: float
    """Bytes to read."""


class _Bytes(ProgressColumn):
    """Bytes read so far, of those to read."""

    def render(self, task: Task) -> Text:
        """As ``120 MB of 344 MB``."""
        return Text(f"{size(task.completed):>6} of {size(task.total or 0):>6}", style="progress.download")
