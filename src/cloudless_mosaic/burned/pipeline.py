"""Connects reading of items, planning, comparing and writing."""

from __future__ import annotations

from contextlib import closing
from typing import Protocol

from cloudless_mosaic.burned.compare import BlockChange, compare
from cloudless_mosaic.burned.files import ChangeSink
from cloudless_mosaic.burned.folder import FILES, BurnedAreaFolder
from cloudless_mosaic.burned.pair import ScenePair, find_pair
from cloudless_mosaic.burned.plan import ChangePlan, GridOf, make_plan
from cloudless_mosaic.burned.request import BurnedAreaRequest
from cloudless_mosaic.burned.results import BurnedAreaResult, Tally
from cloudless_mosaic.burned.stac import ITEM, change_catalog, change_item
from cloudless_mosaic.catalog import UnmaskableError
from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.losses import LastingLosses, LossLimit
from cloudless_mosaic.domain.provider import access_of
from cloudless_mosaic.domain.scenes import Scene, SourceGrid
from cloudless_mosaic.errors import NoDataError, ObservationsLostError, SourceError, UsageError
from cloudless_mosaic.execution import Engine, check_engine, open_engine
from cloudless_mosaic.reading import RasterReader, default_reader
from cloudless_mosaic.reading.alternates import open_raster
from cloudless_mosaic.storage.files import require_place, write_whole


class Progress(Protocol):
    """Receives the progress of a run; called from one thread."""

    def note(self, message: str) -> None:
        """A message for the user."""
        ...

    def planned(self, plan: ChangePlan) -> None:
        """The plan is made and work begins."""
        ...

    def compared(self, change: BlockChange) -> None:
        """A block is done."""
        ...


def run(
    request: BurnedAreaRequest, progress: Progress, reader: RasterReader | None = None
) -> BurnedAreaResult:
    """Compares the scenes of a request and writes what changed.

    Args:
        request: The request.
        progress: Receives the progress.
        reader: Where pixels come from; by default the files themselves.

    Raises:
        UsageError: if the request can't be carried out, or the output folder can't be written to or holds
            other files.
        NoDataError: if there is nothing to compare.
        ObservationsLostError: if more observations were lost than the request allows.
        TemporaryError: if a service or the disk failed in a way that may pass, or another run is writing to
            the output folder.
    """
    check_engine(request)
    require_place(request.output_dir)
    request, pair = _found(request, progress)
    plan = make_plan(request, pair, _grids(reader, access_of(request.profile)))
    with open_engine(request, reader, access_of(request.profile), progress.note) as engine:
        plan = plan.recut(engine.fit(plan.sources))
        with BurnedAreaFolder(plan) as output:
            progress.planned(plan)
            sink = ChangeSink(plan, output.staging)
            try:
                _compare_all(plan, engine, sink, progress)
                _require_enough(plan, sink.tally)
                files = sink.close()
                write_whole(output.staging / ITEM, change_item(plan, files, sink.tally))
                catalog = output.publish(change_catalog(plan))
            finally:
                sink.abort()
    tally = sink.tally
    return BurnedAreaResult(
        catalog=catalog,
        files=tuple(output.path / name for name in FILES),
        areas=tally.areas,
        burned=tally.burned,
        not_compared=tally.not_compared,
        observations=tally.reading.observations,
        lost=tally.reading.lost,
        notes=tally.reading.notes,
    )


def _found(request: BurnedAreaRequest, progress: Progress) -> tuple[BurnedAreaRequest, ScenePair]:
    """The scenes of a request, and the request with a mask that they allow."""
    try:
        return request, find_pair(request)
    except UnmaskableError as error:
        simpler = request.simpler(error.working)
        if simpler is None:
            raise
        progress.note(f"note: {error.note}")
    return simpler, find_pair(simpler)


def _grids(reader: RasterReader | None, access: tuple[StorageAccess, ...]) -> GridOf:
    """Grids as items declare them, else as files do."""

    def grid_of(scene: Scene) -> SourceGrid:
        band = scene.rasters["B08"]
        if band.grid is not None:
            return band.grid
        try:
            return open_raster(reader or default_reader(access), band)[1].levels[0]
        except SourceError as error:
            if error.lasting:
                kind = UsageError if error.lasting == "access" else NoDataError
                raise kind(f"{scene.id} can't be read: {error}") from None
            raise ObservationsLostError(f"{scene.id} is lost: {error}; give another scene") from None

    return grid_of


def _compare_all(plan: ChangePlan, engine: Engine, sink: ChangeSink, progress: Progress) -> None:
    pair = plan.pair
    scenes = (pair.before.id, "the date before the fire"), (pair.after.id, "the date after it")
    losses = [LastingLosses(frozenset({scene})) for scene, _ in scenes]
    with closing(engine.run(plan.tasks(), compare, sink.write)) as changes:
        for change in changes:
            progress.compared(change)
            for (scene, label), known, planned in zip(scenes, losses, change.planned, strict=True):
                known.add([one for one in change.lost if one.scene_id == scene], planned, label)


def _require_enough(plan: ChangePlan, tally: Tally) -> None:
    """Raises an error if too much was lost, or nothing is left."""
    lost = tally.reading.lost
    LossLimit(plan.request.max_lost).check(len(lost), tally.reading.observations, lost)
    if tally.statistics is None:
        masked = plan.request.cloud_mask.reads_classes
        raise NoDataError(
            f"no pixel {'is clear' if masked else 'has data'} in both {plan.pair.before.id} and "
            f"{plan.pair.after.id}; give other scenes or another `aoi`"
            + (", or compare clouds and all with `mask` none" if masked else "")
        )
