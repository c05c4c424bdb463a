"""The log of a run of mosaics. ``docs/reference/json-lines.md`` has every field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.planning.estimate import estimate
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.json_lines import note_fields
from cloudless_mosaic.screen.log_lines import Level, LogLines
from cloudless_mosaic.screen.quantities import size_on_disk
from cloudless_mosaic.version import __version__


class LogScreen(LogLines):
    """Writes the events of a run."""

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Writes the size of the plan, and its warnings."""
        cost = estimate(plan)
        self.write(
            "plan",
            version=__version__,
            mosaics=[mosaic.label for mosaic in mosaics],
            blocks=len(plan.blocks),
            tasks=cost.tasks,
            scenes=sum(len(period.scenes) for period in plan.periods),
            dropped=len(plan.scene_set.dropped),
            read_bytes=cost.read_bytes,
            output_bytes=cost.output_bytes,
        )
        for warning in plan.scene_set.warnings:
            self.write("note", "warning", message=warning)

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Writes what an earlier run left."""
        self.write("resumed", periods=[result.label for result in finished], blocks=blocks)

    def composed(self, block: BlockFacts) -> None:
        """Writes a block and its losses."""
        place: dict[str, Any] = {
            "period": block.period.label,
            "tile": block.tile or None,
            "block": block.block.index,
        }
        self.write("block", **place, observations=block.observations, lost=len(block.lost))
        self._write_losses(block.lost, **place)

    def written(self, result: PeriodResult) -> None:
        """Writes a mosaic and the notes on its scenes."""
        place: dict[str, Any] = {"period": result.period.label, "tile": result.tile or None}
        self.write(
            "period",
            "warning" if result.lost else "info",
            **place,
            found=result.found,
            used=len(result.used),
            clear_share=result.clear_share,
            observations=result.observations,
            lost=len(result.lost),
            bytes=size_on_disk(result.files),
        )
        for note in note_fields(result.notes):
            level: Level = "warning" if note["warning"] else "info"
            self.write("note", level, **place, scene=note["scene"], message=note["note"])

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Writes the plan."""
        self.planned(plan, mosaics)

    def done(self, result: MosaicResult) -> None:
        """Writes the end of the run."""
        self.write(
            "result",
            catalog=str(result.catalog),
            exit_code=0,
            mosaics=sum(not period.empty for period in result.periods),
            observations=sum(period.observations for period in result.periods),
            lost=sum(len(period.lost) for period in result.periods),
            requests=result.usage.requests,
            read_bytes=result.usage.read_bytes,
            processor_seconds=round(result.usage.processor_seconds, 1),
        )
