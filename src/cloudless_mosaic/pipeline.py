"""Connects search, planning, composing and writing; the only module that imports them all."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from typing import Generic, Protocol, TypeVar

from cloudless_mosaic.catalog import UnmaskableError, find_scenes
from cloudless_mosaic.compositing.compose import compose
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.compositing.facts import BlockFacts
from cloudless_mosaic.compositing.series import compose_series
from cloudless_mosaic.domain.losses import LastingLosses, LossLimit
from cloudless_mosaic.domain.provider import access_of
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.results import MosaicResult, PeriodResult
from cloudless_mosaic.domain.scenes import SceneSet
from cloudless_mosaic.errors import NoDataError
from cloudless_mosaic.execution import (
    Engine,
    check_engine,
    open_engine,
    run_bounded,
    thread_executor,
    worker_count,
)
from cloudless_mosaic.output import BlockSink, OutputFolder, PartSink, finish_part
from cloudless_mosaic.output.part_task import FinishedPart
from cloudless_mosaic.output.sink import MosaicSink
from cloudless_mosaic.planning.grid import parse_crs
from cloudless_mosaic.planning.mosaics import Mosaic, cut_mosaics
from cloudless_mosaic.planning.parts import cut_parts
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import MosaicPlan, make_plan
from cloudless_mosaic.planning.series import SeriesTask, cut_series
from cloudless_mosaic.planning.tasks import BlockTask
from cloudless_mosaic.reading import RasterReader
from cloudless_mosaic.storage.files import require_place

Sink = TypeVar("Sink", bound=MosaicSink)

_CLOSING = 2
"""Mosaics whose files are finished at once, beside the work on later ones."""


class Progress(Protocol):
    """Receives the progress of a run; called from one thread."""

    def note(self, message: str) -> None:
        """A message for the user."""
        ...

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """The plan is made and work begins."""
        ...

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """An earlier run left these mosaics, and so many blocks of others."""
        ...

    def composed(self, block: BlockFacts) -> None:
        """A block is done."""
        ...

    def written(self, result: PeriodResult) -> None:
        """The files of a mosaic are in their place."""
        ...


class Silent:
    """Ignores progress."""

    def note(self, message: str) -> None:
        """Does nothing."""

    def planned(self, plan: MosaicPlan, mosaics: Sequence[Mosaic]) -> None:
        """Does nothing."""

    def resumed(self, finished: Sequence[PeriodResult], blocks: int) -> None:
        """Does nothing."""

    def composed(self, block: BlockFacts) -> None:
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
    # checked before a search, which takes minutes
    require_place(request.output_dir)
    if request.crs:
        parse_crs(request.crs)
    plan = make_plan(*_searched(request))
    # a shard over the sea may have no scene
    if not request.shard and not any(period.is_made for period in plan.periods):
        raise NoDataError(_nothing_found(plan))
    return plan


def _searched(request: MosaicRequest) -> tuple[MosaicRequest, SceneSet]:
    """The scenes of a request, and the request with a mask that they allow."""
    try:
        return request, find_scenes(request)
    except UnmaskableError as error:
        simpler = request.simpler(error.working)
        if simpler is None:
            raise
        note, searched = error.note, error.searched
    found = find_scenes(simpler, searched=searched)
    return simpler, replace(found, warnings=(*found.warnings, note))


def run(
    request: MosaicRequest,
    progress: Progress | None = None,
    reader: RasterReader | None = None,
    *,
    one_of_several: bool = False,
) -> MosaicResult:
    """Makes and writes the mosaics of a request, or what an earlier run of it left undone.

    Args:
        request: The request.
        progress: Receives the progress; ``None`` ignores it.
        reader: Where pixels come from; by default the files themselves.
        one_of_several: Other areas of this process may touch this one; threads keep the tiles that both need.

    Raises:
        UsageError: if the request can't be carried out, or the output folder can't be written to or has the
            work of another plan.
        NoDataError: if no usable scene was found.
        ObservationsLostError: if more observations were lost than the request allows.
        TemporaryError: if a service or the disk failed in a way that may pass, or another run is writing to
            the output folder.
    """
    progress = progress or Silent()
    check_engine(request)
    plan = plan_mosaics(request)
    access = access_of(request.profile)
    with open_engine(request, reader, access, progress.note, keeps_edges=one_of_several) as engine:
        plan = engine.fit(plan)
        mosaics = cut_mosaics(plan)
        with OutputFolder(plan, mosaics) as output:
            progress.planned(plan, mosaics)
            finished, blocks = tuple(output.finished.values()), output.checkpoint_count
            if finished or blocks:
                progress.resumed(finished, blocks)
            results = _compose_all(output, engine, progress)
            catalog = output.complete(results)
        usage = engine.usage()
    return MosaicResult(catalog, tuple(results), plan.scene_set.dropped, plan.scene_set.warnings, usage)


@dataclass(slots=True)
class _OpenMosaic(Generic[Sink]):
    """A mosaic whose blocks are coming in."""

    mosaic: Mosaic
    sink: Sink
    missing: int
    """Blocks that are not written yet."""
    lasting: LastingLosses
    lost: int = 0
    observations: int = 0


@dataclass(slots=True)
class _Run(Generic[Sink]):
    """The state of one run: a sink for every mosaic that has begun and not ended."""

    output: OutputFolder
    progress: Progress
    closers: Executor
    results: dict[str, PeriodResult]
    open_sink: Callable[[OutputFolder, Mosaic], Sink]
    closing: deque[Future[PeriodResult]] = field(default_factory=deque)
    opened: dict[str, _OpenMosaic[Sink]] = field(default_factory=dict)

    def tasks(self) -> Iterator[tuple[Sink, Iterator[BlockTask]]]:
        """The tasks of every mosaic; its sink opens when they are drawn.

        Blocks that an earlier run has kept are restored first, and make no task.
        """
        for mosaic in self.output.mosaics:
            if mosaic.label not in self.output.finished:
                sink, restored = self._open(mosaic)
                yield sink, _missing(mosaic, restored)

    def series_tasks(self) -> Iterator[SeriesTask]:
        """As ``tasks``, for periods that are made together: block after block, and all periods of each."""
        unfinished = [one for one in self.output.mosaics if one.label not in self.output.finished]
        for series in cut_series(unfinished):
            done = {mosaic.label: self._open(mosaic)[1] for mosaic in series.mosaics}
            yield from series.tasks(done)

    def sink(self, label: str) -> Sink:
        """That of a mosaic that has begun and not ended."""
        return self.opened[label].sink

    def done(self, block: BlockFacts) -> None:
        """Counts a block, and has its mosaic closed after the last one."""
        self.progress.composed(block)
        opened = self.opened[block.label]
        opened.lasting.add(block.lost, block.observations, block.label)
        opened.missing -= 1
        opened.lost += len(block.lost)
        opened.observations += block.observations
        if not opened.missing:
            limit = LossLimit(self.output.plan.request.max_lost)
            limit.check(opened.lost, opened.observations, block.lost, block.label)
            self.closing.append(self.closers.submit(opened.sink.close))
            del self.opened[block.label]
        while self.closing and (self.closing[0].done() or len(self.closing) > _CLOSING):
            self._closed()

    def abort(self) -> None:
        """Removes what was begun; finished blocks stay."""
        for opened in self.opened.values():
            opened.sink.abort()

    def finish(self) -> None:
        """Waits for the mosaics that are being closed."""
        while self.closing:
            self._closed()

    def _closed(self) -> None:
        result = self.closing.popleft().result()
        self.progress.written(result)
        self.results[result.label] = result

    def _open(self, mosaic: Mosaic) -> tuple[Sink, set[tuple[int, int]]]:
        """Opens a sink, and gives it with the places of the blocks that an earlier run has kept.

        Where it kept all of them, the sink is being closed already.
        """
        sink = self.open_sink(self.output, mosaic)
        missing = len(mosaic.plan.blocks)
        self.opened[mosaic.label] = _OpenMosaic(mosaic, sink, missing, LastingLosses(mosaic.scene_ids))
        return sink, set(self._restore(sink))

    def _restore(self, sink: Sink) -> Iterator[tuple[int, int]]:
        """Restores what an earlier run kept of a mosaic, and gives the places of the intact blocks."""
        if sink.kept:
            with thread_executor(None) as threads:
                for facts in run_bounded(threads, sink.restore, sink.kept, worker_count(None)):
                    for block in facts:
                        yield block.block.index
                        self.done(block)


def _compose_all(output: OutputFolder, engine: Engine, progress: Progress) -> list[PeriodResult]:
    """Results of all mosaics, and of periods without scenes, in their order.

    On any failure only finished mosaics and finished blocks of the others stay.
    """
    empty = {period.period.label: _empty(period) for period in output.plan.periods if not period.is_made}
    results = output.finished | empty
    together = output.plan.request.goes_through_time
    unfinished = len(output.mosaics) - len(output.finished)
    edge = 0 if together else engine.part_edge(output.plan, unfinished)
    with ThreadPoolExecutor(_CLOSING, "close") as closers:
        if together:
            _run_series(_Run(output, progress, closers, results, BlockSink), engine)
        elif edge:
            _run_parts(_Run(output, progress, closers, results, _part_sinks(engine)), engine, edge)
        else:
            _run_blocks(_Run(output, progress, closers, results, BlockSink), engine)
    return sorted(results.values(), key=lambda result: (result.period, result.tile))


def _missing(mosaic: Mosaic, restored: set[tuple[int, int]]) -> Iterator[BlockTask]:
    """Tasks of the blocks that an earlier run has not kept."""
    return (task for task in mosaic.tasks() if task.block.index not in restored)


def _run_blocks(run: _Run[BlockSink], engine: Engine) -> None:
    """Blocks are composed and encoded by the same threads: encoding runs beside the reading of others."""

    def write(composite: Composite) -> tuple[BlockFacts, ...]:
        return run.sink(composite.label).write(composite)

    tasks = (task for _, blocks in run.tasks() for task in blocks)
    _drive(run, engine.run(tasks, compose, write))


def _run_series(run: _Run[BlockSink], engine: Engine) -> None:
    """Blocks of several periods are composed together, and encoded by this process."""

    def write(composites: tuple[Composite, ...]) -> tuple[BlockFacts, ...]:
        return tuple(facts for one in composites for facts in run.sink(one.label).write(one))

    _drive(run, engine.run(run.series_tasks(), compose_series, write))


def _run_parts(run: _Run[PartSink], engine: Engine, edge: int) -> None:
    """Parts are composed and encoded by workers."""

    def write(part: FinishedPart) -> tuple[BlockFacts, ...]:
        return run.sink(part.label).write(part)

    tasks = (sink.task(part) for sink, blocks in run.tasks() for part in cut_parts(blocks, edge))
    _drive(run, engine.run(tasks, finish_part, write))


def _part_sinks(engine: Engine) -> Callable[[OutputFolder, Mosaic], PartSink]:
    return lambda output, mosaic: PartSink(output, mosaic, engine.call)


def _drive(run: _Run[Sink], answers: Generator[tuple[BlockFacts, ...], None, None]) -> None:
    """Draws the results of an engine to the end, and waits for the files."""
    with ExitStack() as undo:
        # after the engine is left, whose threads work with the sinks
        undo.callback(run.abort)
        with closing(answers):
            for facts in answers:
                for block in facts:
                    run.done(block)
        run.finish()


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


_MISSING = re.compile(r"scenes (are|may be) missing")
"""In warnings about a catalogue that could not be read whole."""


def _nothing_found(plan: MosaicPlan) -> str:
    request, dropped = plan.request, plan.scene_set.dropped
    where = f"in {request.collection} over {request.aoi} from {request.start_date} to {request.end_date}"
    if not dropped:
        missing = next((one for one in plan.scene_set.warnings if _MISSING.search(one)), "")
        if missing:
            return f"no scene found {where}: {missing}"
        limit = f"`max_cloud_cover` ({request.max_cloud_cover:g})"
        return f"no scene found {where}; widen the dates, the AOI or {limit}"
    # reasons differ in their numbers; the most frequent kind is what helps
    kinds = [re.sub(r"[\d.]+", "", scene.reason) for scene in dropped]
    example = dropped[kinds.index(Counter(kinds).most_common(1)[0][0])]
    return (
        f"none of the {len(dropped)} scenes {where} can be used, {example.id} for example: {example.reason}"
    )
