"""The resources of a cluster, and blocks that fit into its memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.planning.estimate import (
    block_output_bytes,
    composite_bytes,
    process_memory,
    task_memory,
)
from cloudless_mosaic.planning.parts import count_parts
from cloudless_mosaic.planning.plan import AnyPlan, CompositePlan
from cloudless_mosaic.planning.series import composites_of_task

_BASE = 400 * 2**20
"""Bytes of a worker before its first task: interpreter, libraries, kept tiles."""

_USABLE = 0.7
"""Share of a worker's limit that may be in use; Dask pauses a worker at 0.8 of it and ends it at 0.95."""

_MARGIN = 1.2
"""Memory of a task over its estimate, at most."""

_WAITING = 0.1
"""Share of the cluster's memory for composites that wait to be fetched."""

_PART_EDGES = (4, 3, 2)
"""Blocks along the edge of a part, the best first: 23 % of the pixels of 4 x 4 blocks lie in
tiles at its border, 44 % of those of 2 x 2."""

_PARTS_PER_THREAD = 3
"""Parts in all for each thread of the cluster, at least, so that none is idle for long at the end."""

_SMALLEST = 64
"""Pixels along the edge of the smallest block."""

_OWN = 200 * 2**20
"""Bytes of a process that works with threads, before its first task."""

_HANDY = 256
"""Pixels along the edge of blocks that are not cut for a container's memory: below, threads cost less."""


@dataclass(frozen=True, slots=True)
class ClusterResources:
    """The workers of a cluster, as its scheduler knows them now."""

    workers: int
    """Processes."""
    threads: int
    """Tasks that run at once."""
    memory: int
    """Bytes that all workers may use; 0 means without a limit."""
    task_budget: float
    """Bytes that each task may use on the smallest worker; infinite without a limit."""

    @classmethod
    def of(cls, workers: Mapping[str, Mapping[str, Any]]) -> ClusterResources:
        """Reads what a scheduler reports on its workers (``Client.scheduler_info()["workers"]``)."""
        limits = [(worker["memory_limit"] or 0, worker["nthreads"]) for worker in workers.values()]
        return cls(
            workers=len(limits),
            threads=sum(threads for _, threads in limits),
            memory=sum(limit for limit, _ in limits),
            task_budget=min(
                ((_USABLE * limit - _BASE) / threads for limit, threads in limits if limit),
                default=float("inf"),
            ),
        )

    def in_flight(self, result_bytes: int) -> int:
        """Most tasks to have sent and not fetched; finished ones hold a result each.

        Args:
            result_bytes: Bytes of the result of a task.
        """
        most = 2 * self.threads + 2
        if not self.memory:
            return most
        return max(self.threads, min(most, int(_WAITING * self.memory / result_bytes)), 1)

    def task_budget_of(self, plan: CompositePlan) -> float:
        """Bytes that each task of a plan may use: ``task_budget`` without its share of ``process_memory``."""
        return self.task_budget - process_memory(plan) * self.workers / max(1, self.threads)

    def part_edge(self, plan: CompositePlan, mosaics: int) -> int:
        """Blocks along the edge of a part: few large parts have few pixels at their borders.

        Args:
            plan: With blocks that fit.
            mosaics: How many mosaics it has.
        """
        rest = self.task_budget_of(plan) - _MARGIN * task_memory(plan)
        for edge in _PART_EDGES:
            parts = mosaics * count_parts(plan.blocks, edge)
            if parts >= _PARTS_PER_THREAD * self.threads and edge**2 * block_output_bytes(plan) <= rest:
                return edge
        return 1


def result_bytes(plan: CompositePlan) -> int:
    """Bytes of the largest result of a task."""
    return composites_of_task(plan) * composite_bytes(plan)


def fit_blocks(plan: AnyPlan, resources: ClusterResources) -> AnyPlan:
    """The plan with blocks so small that a task fits into a worker; pixels do not depend on the cut.

    Raises:
        UsageError: if not even the smallest block fits.
    """
    needed, budget = task_memory(plan), resources.task_budget_of(plan)
    while _MARGIN * task_memory(plan) > budget:
        if max(plan.blocks.largest) <= _SMALLEST:
            smallest, left = _megabytes(task_memory(plan)), _megabytes(max(0, budget))
            raise UsageError(
                f"a task needs {_megabytes(needed)}, and {smallest} in the smallest blocks, but the workers "
                f"have {left} for one; give them more memory or fewer threads, or ask for fewer scenes"
            )
        plan = replace(plan, blocks=plan.blocks.halved())
    return plan


def fit_threads(plan: AnyPlan, threads: int, limit: int) -> tuple[AnyPlan, int]:
    """The plan, and a number of threads, that fit into the memory of a container.

    Blocks are cut first, then threads are left out; one always works.

    Args:
        plan: Its pixels do not depend on the cut.
        threads: Threads wanted.
        limit: Bytes that the process may use.
    """
    budget = max(0.0, _USABLE * limit - _OWN - process_memory(plan))
    while _MARGIN * task_memory(plan) * threads > budget and max(plan.blocks.largest) > _HANDY:
        plan = replace(plan, blocks=plan.blocks.halved())
    return plan, max(1, min(threads, int(budget / max(1.0, _MARGIN * task_memory(plan)))))


def _megabytes(count: float) -> str:
    return f"{count / 2**20:.0f} MB"
