"""What a comparison shows: lines and a table, a bar on a terminal, or JSON lines for machines."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self, TextIO

import rich.progress
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from cloudless_mosaic.burned.compare import BlockChange
from cloudless_mosaic.burned.pipeline import Progress
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.results import BurnedAreaResult
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.screen.console import has_cursor, open_console
from cloudless_mosaic.screen.json_lines import JsonLines, grid_fields, lost_fields, note_fields
from cloudless_mosaic.screen.lines import TextLines
from cloudless_mosaic.screen.log_lines import LogLines
from cloudless_mosaic.screen.protocol import BaseScreen
from cloudless_mosaic.screen.quantities import percent
from cloudless_mosaic.version import __version__


class Screen(Progress, BaseScreen, Protocol):
    """Shows the progress of a comparison and its result."""

    def done(self, result: BurnedAreaResult) -> None:
        """Shows the result."""
        ...


def make_screen(
    *, verbose: bool, quiet: bool, as_json: bool, log_of: str = "", stream: TextIO | None = None
) -> Screen:
    """The screen for a command's options and the kind of its output.

    Args:
        verbose: True for every observation that is lost.
        quiet: True for errors only.
        as_json: True for JSON lines.
        log_of: Id of the run whose events go to standard error in place of text; empty for no log.
        stream: Where the screen is; ``None`` is standard output.
    """
    if log_of and not as_json:
        return LogScreen(log_of)
    console = open_console(stream, quiet=quiet)
    return JsonScreen(console) if as_json else TextScreen(console, verbose=verbose)


class TextScreen(TextLines):
    """Lines and a table; on a terminal a bar as well."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        super().__init__(console, verbose=verbose)
        self._bar = rich.progress.Progress(
            TextColumn("comparing"),
            BarColumn(),
            TextColumn("{task.completed}/{task.total} blocks"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not has_cursor(console),
        )

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Removes the bar from the screen."""
        self._bar.stop()

    def planned(self, plan: ChangePlan) -> None:
        """Prints what is compared."""
        rows, columns = plan.geobox.shape
        before, after = plan.pair.before, plan.pair.after
        self.note(f"before: {_scene(before)}")
        self.note(f"after:  {_scene(after)}")
        self.note(f"{columns} x {rows} pixels of {plan.request.resolution:g} m in {plan.geobox.crs}")
        for note in plan.notes:
            self.note(f"note: {note}")
        if self._verbose:
            for scene in (before, after):
                self.note(f"offset of {scene.id}: {scene.offset} ({scene.offset_reason})")
        self._bar.add_task("", total=len(plan.sources.blocks))

    def compared(self, change: BlockChange) -> None:
        """Lists lost observations."""
        self._show_losses("", change.lost)
        for bar in self._bar.task_ids:
            self._bar.advance(bar)

    def done(self, result: BurnedAreaResult) -> None:
        """Prints the areas."""
        self._bar.stop()
        self._show_notes(result.notes)
        self._console.print(_area_table(result))
        self.note(f"low severity and above: {result.burned:,.1f} ha")
        if result.lost:
            more = "; -v names them all" if self._unnamed_losses("") else ""
            self.note(f"{len(result.lost)} of {result.observations} observations were lost{more}")
        self.note(f"catalog: {result.catalog}")


class LogScreen(LogLines):
    """Writes the events of a comparison for collectors of logs."""

    def planned(self, plan: ChangePlan) -> None:
        """Writes what is compared."""
        scenes = [plan.pair.before.id, plan.pair.after.id]
        self.write("plan", version=__version__, scenes=scenes, blocks=len(plan.sources.blocks))
        for note in plan.notes:
            self.note(note)

    def compared(self, change: BlockChange) -> None:
        """Writes a block and its losses."""
        self.write("block", block=change.block.index, lost=len(change.lost))
        self._write_losses(change.lost, block=change.block.index)

    def done(self, result: BurnedAreaResult) -> None:
        """Writes the end of the run."""
        self.write(
            "result",
            catalog=str(result.catalog),
            exit_code=0,
            burned_hectares=result.burned,
            observations=result.observations,
            lost=len(result.lost),
        )


class JsonScreen(JsonLines):
    """Writes the events of a comparison."""

    def planned(self, plan: ChangePlan) -> None:
        """Writes the plan."""
        self._write(
            "plan",
            scenes=[plan.pair.before.id, plan.pair.after.id],
            **grid_fields(plan.geobox),
            blocks=len(plan.sources.blocks),
            notes=list(plan.notes),
        )

    def compared(self, change: BlockChange) -> None:
        """Writes a block."""
        self._write("block", block=change.block.index, lost=lost_fields(change.lost))

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
            notes=note_fields(result.notes),
        )


def _area_table(result: BurnedAreaResult) -> Table:
    """Hectares of every class, and its share of the area that could be compared."""
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


def _scene(scene: Scene) -> str:
    cloud = "unknown" if scene.cloud_cover is None else f"{scene.cloud_cover:.0f} %"
    return f"{scene.id}, {scene.datetime:%Y-%m-%d %H:%M} UTC, {cloud} cloud"
