"""What a run shows: a live screen on a terminal, plain lines elsewhere, JSON lines for machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from cloudless_mosaic.cost import PlanCost, estimate
from cloudless_mosaic.plan import MosaicPlan
from cloudless_mosaic.results import Composite, MosaicResult, PeriodResult
from cloudless_mosaic.scenes import DroppedScene


class Screen(Protocol):
    """Shows the progress of a run (see ``pipeline.Progress``), its plan and its result."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, message: str) -> None:
        """Says something in passing."""
        ...

    def planned(self, plan: MosaicPlan) -> None:
        """The plan is made and work begins."""
        ...

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """An earlier run left these periods, and so many blocks of others."""
        ...

    def composed(self, composite: Composite) -> None:
        """A block is done."""
        ...

    def written(self, result: PeriodResult) -> None:
        """The files of a period are in their place."""
        ...

    def show_plan(self, plan: MosaicPlan) -> None:
        """Shows a plan as the end of a command."""
        ...

    def done(self, result: MosaicResult) -> None:
        """Shows the result of a run."""
        ...


def make_screen(*, verbose: bool, quiet: bool, as_json: bool, stream: TextIO | None = None) -> Screen:
    """The screen for a command's options and the kind of its output."""
    # a path with ":100:" in it is no picture
    console = Console(file=stream, quiet=quiet, highlight=False, soft_wrap=True, emoji=False)
    if as_json:
        return JsonScreen(console)
    return (
        LiveScreen(console, verbose=verbose) if console.is_terminal else PlainScreen(console, verbose=verbose)
    )


class PlainScreen:
    """Lines and tables, for logs and pipes."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def note(self, message: str) -> None:
        """Says something in passing."""
        self._console.print(message, markup=False)

    def planned(self, plan: MosaicPlan) -> None:
        """Says in two lines what begins."""
        scenes = sum(len(period.scenes) for period in plan.periods)
        rows, columns = plan.geobox.shape
        self.note(
            f"{_number(scenes, 'scene')} in {_number(len(plan.periods), 'month')}; "
            f"{columns} x {rows} pixels of {plan.request.resolution:g} m in {plan.geobox.crs}"
        )
        for warning in plan.scene_set.warnings:
            self.note(f"warning: {warning}")
        if self._verbose:
            for scene in plan.scene_set.dropped:
                self.note(f"left out: {scene.id}: {scene.reason}")

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Says what is there already."""
        for result in finished:
            self.note(f"{result.period.label}: written by an earlier run, its files are intact")
        if blocks:
            self.note(f"an earlier run left {_number(blocks, 'block')}, the rest follows")

    def composed(self, composite: Composite) -> None:
        """Says which observations were lost."""
        for lost in composite.lost:
            self.note(f"lost: {lost.scene_id} in block {lost.block}: {lost.reason}")

    def written(self, result: PeriodResult) -> None:
        """Says that a month is written, and what is odd about its scenes."""
        self.note(f"{result.period.label}: written, {100 * result.clear_share:.1f} % of its pixels are clear")
        shown = [note for note in result.notes if note.warning or self._verbose]
        for note in shown:
            self.note(f"{'warning' if note.warning else 'note'}: {note.scene_id}: {note.text}")
        more = len(result.notes) - len(shown)
        if more:
            self.note(f"{result.period.label}: {_number(more, 'note')} on its scenes; -v shows them")

    def show_plan(self, plan: MosaicPlan) -> None:
        """Prints the plan as tables."""
        self.planned(plan)
        self._console.print(_plan_table(plan))
        self._console.print(_cost_table(plan, estimate(plan)))

    def done(self, result: MosaicResult) -> None:
        """Prints the closing table."""
        self._console.print(_result_table(result))
        for period in result.periods:
            if period.empty:
                self.note(f"{period.period.label}: no mosaic, {_why_empty(period)}")
            if period.lost:
                share = f"{len(period.lost)} of {period.observations} observations"
                self.note(f"{period.period.label}: {share} were lost ({period.lost_percent:.1f} %)")
        self.note(f"catalog: {result.catalog}")


class LiveScreen(PlainScreen):
    """As ``PlainScreen``, with a bar per month on a terminal."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        super().__init__(console, verbose=verbose)
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} blocks"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the bars off the screen."""
        self._progress.stop()

    def planned(self, plan: MosaicPlan) -> None:
        """Adds a bar for every month that has scenes."""
        super().planned(plan)
        for period in plan.periods:
            if period.scenes:
                text = f"{period.period.label}  {len(period.scenes)} scenes"
                self._bars[period.period.label] = self._progress.add_task(text, total=len(plan.blocks))

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Takes the bars of finished months off."""
        super().resumed(finished, blocks)
        for result in finished:
            self._progress.remove_task(self._bars.pop(result.period.label))

    def composed(self, composite: Composite) -> None:
        """Moves the bar of the month."""
        super().composed(composite)
        self._progress.advance(self._bars[composite.period.label])

    def done(self, result: MosaicResult) -> None:
        """Prints the closing table below where the bars were."""
        self._progress.stop()
        super().done(result)


class JsonScreen(PlainScreen):
    """One JSON object per line."""

    def __init__(self, console: Console) -> None:
        super().__init__(console, verbose=False)

    def note(self, message: str) -> None:
        """Writes a note as an event."""
        self._write("note", message=message)

    def planned(self, plan: MosaicPlan) -> None:
        """Writes the plan."""
        self._write("plan", **_plan_fields(plan, estimate(plan)))

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Writes what is there already."""
        self._write("resumed", periods=[_period_fields(result) for result in finished], blocks=blocks)

    def composed(self, composite: Composite) -> None:
        """Writes a block."""
        self._write(
            "block",
            period=composite.period.label,
            block=composite.block.index,
            lost=[{"scene": lost.scene_id, "reason": lost.reason} for lost in composite.lost],
        )

    def written(self, result: PeriodResult) -> None:
        """Writes a month."""
        self._write("period", **_period_fields(result))

    def show_plan(self, plan: MosaicPlan) -> None:
        """Writes the plan."""
        self.planned(plan)

    def done(self, result: MosaicResult) -> None:
        """Writes the result."""
        self._write(
            "result",
            catalog=str(result.catalog),
            periods=[_period_fields(period) for period in result.periods],
            dropped=_dropped_fields(result.dropped),
            warnings=result.warnings,
        )

    def _write(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        self._console.out(json.dumps({"event": event, **fields}))


def _plan_table(plan: MosaicPlan) -> Table:
    table = Table(title="Plan", title_justify="left")
    for heading in ("month", "found", "to read", "overpasses", "mean cloud"):
        table.add_column(heading, justify="left" if heading == "month" else "right")
    for period in plan.periods:
        clouds = [scene.cloud_cover for scene in period.scenes]
        table.add_row(
            period.period.label,
            str(period.found),
            str(len(period.scenes)),
            str(len({scene.overpass for scene in period.scenes})),
            f"{sum(clouds) / len(clouds):.0f} %" if clouds else "-",
        )
    return table


def _cost_table(plan: MosaicPlan, cost: PlanCost) -> Table:
    rows, columns = plan.blocks.largest
    table = Table(show_header=False)
    table.add_row("grid", f"{plan.geobox.shape[1]} x {plan.geobox.shape[0]}, {plan.geobox.crs}")
    table.add_row("blocks", f"{len(plan.blocks)} of at most {columns} x {rows} pixels, {cost.tasks} tasks")
    table.add_row("to read", f"about {_size(cost.read_bytes)} before compression")
    table.add_row("memory", f"about {_size(cost.task_memory)} for each task")
    table.add_row("output", f"at most {_size(cost.output_bytes)} before compression")
    return table


def _result_table(result: MosaicResult) -> Table:
    table = Table(title="Mosaics", title_justify="left")
    for heading in ("month", "scenes found", "used", "clear pixels", "mean count", "files written"):
        table.add_column(heading, justify="left" if heading in {"month", "files written"} else "right")
    for period in result.periods:
        table.add_row(
            period.period.label,
            str(period.found),
            str(len(period.used)),
            "-" if period.empty else f"{100 * period.clear_share:.1f} %",
            "-" if period.empty else f"{period.mean_count:.1f}",
            str(len(period.files)),
        )
    return table


def _why_empty(period: PeriodResult) -> str:
    return f"all {period.found} scenes found were left out" if period.found else "no scene was found"


def _plan_fields(plan: MosaicPlan, cost: PlanCost) -> dict[str, Any]:
    return {
        "crs": str(plan.geobox.crs),
        "shape": list(plan.geobox.shape),
        "transform": list(plan.geobox.affine)[:6],
        "blocks": len(plan.blocks),
        "largest_block": plan.blocks.largest,
        "tasks": cost.tasks,
        "read_bytes": cost.read_bytes,
        "task_memory_bytes": cost.task_memory,
        "output_bytes": cost.output_bytes,
        "periods": [
            {
                "period": period.period.label,
                "found": period.found,
                "scenes": [scene.id for scene in period.scenes],
            }
            for period in plan.periods
        ],
        "dropped": _dropped_fields(plan.scene_set.dropped),
        "warnings": list(plan.scene_set.warnings),
    }


def _period_fields(result: PeriodResult) -> dict[str, Any]:
    return {
        "period": result.period.label,
        "found": result.found,
        "used": list(result.used),
        "clear_share": result.clear_share,
        "mean_count": result.mean_count,
        "observations": result.observations,
        "lost": len(result.lost),
        "files": [str(file) for file in result.files],
        "notes": [
            {"scene": note.scene_id, "note": note.text, "warning": note.warning} for note in result.notes
        ],
    }


def _dropped_fields(dropped: tuple[DroppedScene, ...]) -> list[dict[str, str]]:
    return [{"scene": scene.id, "reason": scene.reason} for scene in dropped]


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _size(count: int) -> str:
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 999.5:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
