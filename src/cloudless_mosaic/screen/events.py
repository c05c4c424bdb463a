"""One JSON object per line, for machines. ``docs/reference/json-lines.md`` has every field."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.domain.scenes import DroppedScene
from cloudless_mosaic.planning.estimate import PlanCost, estimate
from cloudless_mosaic.planning.mosaics import Mosaic
from cloudless_mosaic.planning.overpasses import count_overpasses
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.screen.json_lines import JsonLines, grid_fields, lost_fields, note_fields
from cloudless_mosaic.screen.quantities import size_on_disk


class JsonScreen(JsonLines):
    """Writes the events of a run of mosaics, including notes."""

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Writes the plan."""
        self._write("plan", **_plan_fields(plan, mosaics, estimate(plan)))

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Writes what an earlier run left."""
        self._write("resumed", periods=[_period_fields(result) for result in finished], blocks=blocks)

    def composed(self, block: BlockFacts) -> None:
        """Writes a block."""
        self._write(
            "block",
            period=block.period.label,
            tile=block.tile or None,
            block=block.block.index,
            lost=lost_fields(block.lost),
        )

    def written(self, result: PeriodResult) -> None:
        """Writes a period."""
        self._write("period", **_period_fields(result))

    def show_plan(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Writes the plan."""
        self.planned(plan, mosaics)

    def done(self, result: MosaicResult) -> None:
        """Writes the result."""
        self._write(
            "result",
            catalog=str(result.catalog),
            periods=[_period_fields(period) for period in result.periods],
            dropped=_dropped_fields(result.dropped),
            warnings=result.warnings,
        )


def _plan_fields(plan: MosaicPlan, mosaics: Sequence[Mosaic], cost: PlanCost) -> dict[str, Any]:
    return {
        **grid_fields(plan.geobox),
        "blocks": len(plan.blocks),
        "largest_block": plan.blocks.largest,
        "mosaics": [mosaic.label for mosaic in mosaics],
        "shard": str(plan.request.shard) if plan.request.shard else None,
        "tasks": cost.tasks,
        "read_bytes": cost.read_bytes,
        "task_memory_bytes": cost.task_memory,
        "process_memory_bytes": cost.process_memory,
        "output_bytes": cost.output_bytes,
        "periods": [
            {
                **_range_fields(period.period),
                "found": period.found,
                "scenes": [scene.id for scene in period.scenes],
                "overpasses": dict(passed.by_granule),
                "expected_overpasses": passed.expected,
                "read_bytes": read,
            }
            for period, read, passed in zip(
                plan.periods, cost.period_bytes, count_overpasses(plan), strict=True
            )
        ],
        "dropped": _dropped_fields(plan.scene_set.dropped),
        "warnings": list(plan.scene_set.warnings),
    }


def _period_fields(result: PeriodResult) -> dict[str, Any]:
    return {
        **_range_fields(result.period),
        "tile": result.tile or None,
        "found": result.found,
        "used": list(result.used),
        "clear_share": result.clear_share,
        "mean_count": result.mean_count,
        "holes": asdict(result.holes),
        "filled": dict(result.filled),
        "observations": result.observations,
        "lost": len(result.lost),
        "files": [str(file) for file in result.files],
        "bytes": size_on_disk(result.files),
        "notes": note_fields(result.notes),
    }


def _range_fields(period: Period) -> dict[str, Any]:
    """Label of a period, its first day and its last, and those of its scenes."""
    return {
        "period": period.label,
        "start": f"{period.start:%Y-%m-%d}",
        "end": f"{period.last_instant:%Y-%m-%d}",
        "source": period.source_days,
    }


def _dropped_fields(dropped: Iterable[DroppedScene]) -> list[dict[str, str]]:
    return [{"scene": scene.id, "reason": scene.reason} for scene in dropped]
