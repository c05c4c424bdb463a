"""Wires search, plan, composing and writing together; nothing else knows them all."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from typing import Protocol

from cloudless_mosaic.catalog import find_scenes
from cloudless_mosaic.compose import compose
from cloudless_mosaic.errors import NoDataError, ObservationsLostError
from cloudless_mosaic.execution import Engine, open_engine, run_bounded, thread_executor, worker_count
from cloudless_mosaic.grid import parse_crs
from cloudless_mosaic.plan import BlockTask, MosaicPlan, PeriodPlan, make_plan
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.request import MosaicRequest
from cloudless_mosaic.results import Composite, MosaicResult, PeriodResult
from cloudless_mosaic.writing import OutputFolder, PeriodSink

_CLOSING = 2
"""Periods whose files are finished at once, beside the work on later ones."""


class Progress(Protocol):
    """Gets told how a run goes; called from one thread."""

    def note(self, message: str) -> None:
        """Something to know in passing."""
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


class Silent:
    """Tells nobody."""

    def note(self, message: str) -> None:
        """Does nothing."""

    def planned(self, plan: MosaicPlan) -> None:
        """Does nothing."""

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Does nothing."""

    def composed(self, composite: Composite) -> None:
        """Does nothing."""

    def written(self, result: PeriodResult) -> None:
        """Does nothing."""


def plan_mosaics(request: MosaicRequest) -> MosaicPlan:
    """Searches and plans; reads no pixel and writes nothing.

    Raises:
        UsageError: if the request can't be carried out.
        NoDataError: if no usable scene was found.
        TemporaryError: if the catalogue is out of reach for now.
    """
    if request.crs:
        parse_crs(request.crs)  # a search for nothing would take minutes
    plan = make_plan(request, find_scenes(request))
    if not any(period.scenes for period in plan.periods):
        raise NoDataError(_nothing_found(plan))
    return plan


def run(
    request: MosaicRequest, progress: Progress | None = None, reader: RasterReader | None = None
) -> MosaicResult:
    """Makes and writes the mosaics of a request, or what an earlier run of it left undone.

    Args:
        request: The wish.
        progress: Gets told how the run goes.
        reader: Where pixels come from; by default the files themselves.

    Raises:
        UsageError: if the request can't be carried out, or the output folder can't be written to or has the
            work of another plan.
        NoDataError: if no usable scene was found.
        ObservationsLostError: if more observations were lost than the request allows.
        TemporaryError: if a service or the disk failed in a way that may pass, or another run is writing to
            the output folder.
    """
    progress = progress or Silent()
    plan = plan_mosaics(request)
    with open_engine(request, reader, progress.note) as engine:
        plan = engine.fit(plan)
        with OutputFolder(plan) as output:
            progress.planned(plan)
            finished, blocks = tuple(output.finished.values()), output.kept_blocks
            if finished or blocks:
                progress.resumed(finished, blocks)
            results = _compose_all(output, engine, progress)
            catalog = output.complete(results)
    return MosaicResult(catalog, tuple(results), plan.scene_set.dropped, plan.scene_set.warnings)


@dataclass(slots=True)
class _OpenPeriod:
    """A period whose blocks are coming in."""

    plan: PeriodPlan
    sink: PeriodSink
    missing: int
    """Blocks that are not written yet."""
    lost: int = 0
    observations: int = 0


@dataclass(slots=True)
class _Run:
    """The state of one run: a sink for every period that has begun and not ended."""

    output: OutputFolder
    progress: Progress
    sinks: ExitStack
    closers: Executor
    results: dict[str, PeriodResult]
    closing: deque[Future[PeriodResult]] = field(default_factory=deque)
    opened: dict[str, _OpenPeriod] = field(default_factory=dict)

    def tasks(self) -> Iterator[BlockTask]:
        """All tasks, period after period; a sink opens when the first task of its period is drawn.

        What an earlier run has kept of a period comes first, and is no task.
        """
        plan = self.output.plan
        for period in plan.periods:
            if period.scenes and period.period.label not in self.output.finished:
                sink = PeriodSink(self.output, period)
                self.sinks.callback(sink.abort)
                self.opened[period.period.label] = _OpenPeriod(period, sink, len(plan.blocks))
                restored = set(self._restore(sink))
                for task in plan.tasks(period):
                    if task.block.index not in restored:
                        yield task

    def write(self, composite: Composite) -> Composite:
        """One block to its files, in a thread of the engine: encoding runs beside the reading of others."""
        self.opened[composite.period.label].sink.write(composite)
        return composite

    def done(self, composite: Composite) -> None:
        """Counts a block, and has its period closed after the last one."""
        self.progress.composed(composite)
        period = self.opened[composite.period.label]
        period.missing -= 1
        period.lost += len(composite.lost)
        period.observations += composite.observations
        if not period.missing:
            self._check_losses(period, composite)
            self.closing.append(self.closers.submit(period.sink.close))
            del self.opened[composite.period.label]
        while self.closing and (self.closing[0].done() or len(self.closing) > _CLOSING):
            self._closed()

    def finish(self) -> None:
        """Waits for the periods that are being closed."""
        while self.closing:
            self._closed()

    def _closed(self) -> None:
        result = self.closing.popleft().result()
        self.progress.written(result)
        self.results[result.period.label] = result

    def _restore(self, sink: PeriodSink) -> Iterator[tuple[int, int]]:
        """Writes the blocks that an earlier run kept, and gives the places of those that are intact."""
        kept = [block for block in self.output.plan.blocks if block.index in sink.found]
        if kept:
            with thread_executor(None) as threads:
                for composite in run_bounded(threads, sink.restore, kept, worker_count(None)):
                    if composite:
                        yield composite.block.index
                        self.done(composite)

    def _check_losses(self, period: _OpenPeriod, composite: Composite) -> None:
        limit = self.output.plan.request.max_lost
        share = 100 * period.lost / period.observations if period.observations else 0.0
        if share > limit:
            example = f"; the last: {composite.lost[-1].reason}" if composite.lost else ""
            raise ObservationsLostError(
                f"{period.lost} of {period.observations} observations of {period.plan.period.label} "
                f"could not be read ({share:.1f} %, --max-lost is {limit:g} %){example}; "
                "try again, or raise --max-lost"
            )


def _compose_all(output: OutputFolder, engine: Engine, progress: Progress) -> list[PeriodResult]:
    """Results of all periods, in their order; on any failure only finished blocks of the others stay."""
    periods = output.plan.periods
    results = output.finished | {p.period.label: _empty(p) for p in periods if not p.scenes}
    # engine and closers are left before the sinks are, which their threads work with
    with ExitStack() as sinks, ThreadPoolExecutor(_CLOSING, "close") as closers:
        state = _Run(output, progress, sinks, closers, results)
        with closing(engine.run(state.tasks(), compose, state.write)) as composites:
            for composite in composites:
                state.done(composite)
        state.finish()
    return [results[period.period.label] for period in periods]


def _empty(period: PeriodPlan) -> PeriodResult:
    return PeriodResult(
        period=period.period,
        found=period.found,
        used=(),
        clear_share=0.0,
        mean_count=0.0,
        observations=0,
        lost=(),
        files=(),
    )


def _nothing_found(plan: MosaicPlan) -> str:
    request, dropped = plan.request, plan.scene_set.dropped
    where = f"in {request.collection} over {request.aoi} from {request.start_date} to {request.end_date}"
    if not dropped:
        limit = f"--max-cloud-cover ({request.max_cloud_cover:g})"
        return f"no scene found {where}; widen the dates, the AOI or {limit}"
    # reasons differ in their numbers; the most frequent kind is what helps
    kinds = [re.sub(r"[\d.]+", "", scene.reason) for scene in dropped]
    example = dropped[kinds.index(Counter(kinds).most_common(1)[0][0])]
    return (
        f"none of the {len(dropped)} scenes {where} can be used, {example.id} for example: {example.reason}"
    )
