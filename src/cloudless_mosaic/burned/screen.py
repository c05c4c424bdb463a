"""What a comparison shows: lines and a table, a bar on a terminal, or JSON lines for machines."""

from __future__ import annotations

import json
from types import TracebackType
from typing import Any, Protocol, Self, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from cloudless_mosaic.burned.compare import BlockChange
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.results import BurnedAreaResult
from cloudless_mosaic.screen.quantities import percent

_NAMED_LOSSES = 5
"""Losses that are named; a service that is down loses every one of hundreds of blocks."""


class Screen(Protocol):
    """Shows the progress of a comparison (see ``pipeline.Progress``) and its result."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def note(self, message: str) -> None:
        """Says something in passing."""
        ...

    def planned(self, plan: ChangePlan) -> None:
        """The plan is made and work begins."""
        ...

    def compared(self, change: BlockChange) -> None:
        """A block is done."""
        ...

    def done(self, result: BurnedAreaResult) -> None:
        """Shows the result."""
        ...


def make_screen(*, verbose: bool, quiet: bool, as_json: bool, stream: TextIO | None = None) -> Screen:
    """The screen for a command's options and the kind of its output."""
    # a path with ":100:" in it is no picture
    console = Console(file=stream, quiet=quiet, highlight=False, soft_wrap=True, emoji=False)
    return JsonScreen(console) if as_json else PeopleScreen(console, verbose=verbose)


class PeopleScreen:
    """Lines and a table; on a terminal a bar as well."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._lost = 0
        self._bar = Progress(
            TextColumn("comparing"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} blocks"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            # a dumb terminal can't move its cursor
            disable=not console.is_terminal or console.is_dumb_terminal,
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Takes the bar off the screen."""
        self._bar.stop()

    def note(self, message: str) -> None:
        """Says something in passing."""
        self._console.print(message, markup=False)

    def planned(self, plan: ChangePlan) -> None:
        """Says what is compared."""
        rows, columns = plan.geobox.shape
        before, after = plan.pair.before, plan.pair.after
        self.note(
            f"before: {before.id}, {before.datetime:%Y-%m-%d %H:%M} UTC, {before.cloud_cover:.0f} % cloud"
        )
        self.note(f"after:  {after.id}, {after.datetime:%Y-%m-%d %H:%M} UTC, {after.cloud_cover:.0f} % cloud")
        self.note(f"{columns} x {rows} pixels of {plan.request.resolution:g} m in {plan.geobox.crs}")
        for note in plan.notes:
            self.note(f"note: {note}")
        if self._verbose:
            for scene in (before, after):
                self.note(f"offset of {scene.id}: {scene.offset} ({scene.offset_reason})")
        self._bar.add_task("", total=len(plan.sources.blocks))

    def compared(self, change: BlockChange) -> None:
        """Says which observations were lost."""
        for lost in change.lost:
            self._lost += 1
            if self._verbose or self._lost <= _NAMED_LOSSES:
                self.note(f"lost: {lost.scene_id} in block {lost.block}: {lost.reason}")
        for bar in self._bar.task_ids:
            self._bar.advance(bar)

    def done(self, result: BurnedAreaResult) -> None:
        """Prints the areas."""
        self._bar.stop()
        for note in result.notes:
            if note.warning or self._verbose:
                self.note(f"{'warning' if note.warning else 'note'}: {note.scene_id}: {note.text}")
        self._console.print(_area_table(result))
        self.note(f"low severity and above: {result.burned:,.1f} ha")
        if result.lost:
            more = "; -v names them all" if self._lost > _NAMED_LOSSES and not self._verbose else ""
            self.note(f"{len(result.lost)} of {result.observations} observations were lost{more}")
        self.note(f"catalog: {result.catalog}")


class JsonScreen:
    """One JSON object per line."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held."""

    def note(self, message: str) -> None:
        """Writes a note as an event."""
        self._write("note", message=message)

    def planned(self, plan: ChangePlan) -> None:
        """Writes the plan."""
        self._write(
            "plan",
            scenes=[plan.pair.before.id, plan.pair.after.id],
            crs=str(plan.geobox.crs),
            shape=list(plan.geobox.shape),
            transform=list(plan.geobox.affine)[:6],
            blocks=len(plan.sources.blocks),
            notes=list(plan.notes),
        )

    def compared(self, change: BlockChange) -> None:
        """Writes a block."""
        lost = [{"scene": one.scene_id, "reason": one.reason} for one in change.lost]
        self._write("block", block=change.block.index, lost=lost)

    def done(self, result: BurnedAreaResult) -> None:
        """Writes the result."""
        self._write(
            "result",
            catalog=str(result.catalog),
            files=[str(path) for path in result.files],
            hectares={area.severity.name: area.hectares for area in result.areas},
            burned_hectares=result.burned,
            not_compared_hectares=result.not_compared,
            observations=result.observations,
            lost=len(result.lost),
            notes=[{"scene": one.scene_id, "note": one.text, "warning": one.warning} for one in result.notes],
        )

    def _write(self, event: str, **fields: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        self._console.out(json.dumps({"event": event, **fields}))


def _area_table(result: BurnedAreaResult) -> Table:
    """Hectares of every class, and their share of what could be compared."""
    whole = sum(area.hectares for area in result.areas)
    table = Table(title="Burn severity by dNBR", title_justify="left", box=SIMPLE_HEAD)
    for heading in ("class", "severity", "dNBR from", "hectares", "share"):
        table.add_column(heading, justify="left" if heading == "severity" else "right")
    for area in result.areas:
        one = area.severity
        least = "" if one is result.areas[0].severity else f"{one.least:g}"
        share = percent(area.hectares / whole)
        table.add_row(str(one.code), one.title, least, f"{area.hectares:,.1f}", share)
    table.add_row("0", "not compared: no data, or masked", "", f"{result.not_compared:,.1f}", "")
    return table
