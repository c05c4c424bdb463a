"""The plan of a comparison: its grid and its tasks. Reads no pixel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from math import floor, log2

from affine import Affine
from shapely import unary_union
from shapely.geometry import box

from cloudless_mosaic.burned.pair import ScenePair
from cloudless_mosaic.burned.request import BurnedAreaRequest, Index
from cloudless_mosaic.domain.access import StorageAccess
from cloudless_mosaic.domain.aoi import Aoi
from cloudless_mosaic.domain.periods import Period
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid
from cloudless_mosaic.errors import NoDataError
from cloudless_mosaic.geo.blocks import Block, cut_blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import project, same_crs
from cloudless_mosaic.geo.snapping import snap_out
from cloudless_mosaic.planning.grid import require_raster
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import CompositePlan
from cloudless_mosaic.planning.tasks import BlockTask

_LARGEST_BLOCK, _SMALLEST_BLOCK = 1024, 64
"""Pixels; the larger is a multiple of internal tiles of 512 and 1024 pixels."""

_SOURCE_METRES = 20_480.0
"""Metres along a block: 2048 pixels of 10 m."""

_NEAR = 0.1
"""Degrees around the scenes to which an area is clipped; points far away can't be projected."""

Bounds = tuple[float, float, float, float]
"""Left, bottom, right, top."""

GridOf = Callable[[Scene], SourceGrid]
"""Gives the 10 m grid of a scene."""


@dataclass(frozen=True, slots=True)
class PairTask:
    """One block of both dates. Small to pickle."""

    before: BlockTask
    """The composite of a single date, before the fire."""
    after: BlockTask
    """Likewise, after the fire."""
    index: Index
    """The index to compute."""

    @property
    def label(self) -> str:
        """From one date to the other."""
        return f"{self.before.label}-{self.after.label}"

    @property
    def block(self) -> Block:
        """Place of the block in the output grid."""
        return self.before.block

    @property
    def hrefs(self) -> Iterator[str]:
        """Every raster that may be read."""
        yield from self.before.hrefs
        yield from self.after.hrefs

    @property
    def access(self) -> tuple[StorageAccess, ...]:
        """Storage that the profile of the provider describes."""
        return self.before.access


@dataclass(frozen=True, slots=True)
class ChangePlan:
    """Everything that is decided before a pixel is read."""

    request: BurnedAreaRequest
    """The request."""
    pair: ScenePair
    """The scenes."""
    sources: CompositePlan
    """Grid, blocks, and the two dates as periods of one scene each."""
    notes: tuple[str, ...] = ()
    """Notes for the user on the pair."""

    @property
    def geobox(self) -> GeoBox:
        """Output grid."""
        return self.sources.geobox

    def tasks(self) -> Iterator[PairTask]:
        """One task for every block, made lazily."""
        before, after = (self.sources.tasks(period) for period in self.sources.periods)
        for first, last in zip(before, after, strict=True):
            yield PairTask(first, last, self.request.index)

    def recut(self, sources: CompositePlan) -> ChangePlan:
        """The plan with blocks cut in another way."""
        return replace(self, sources=sources)


def make_plan(request: BurnedAreaRequest, pair: ScenePair, grid_of: GridOf) -> ChangePlan:
    """Decides grid and blocks.

    The grid covers the overlap of both scenes (and of the AOI), in the UTM zone of the scene before the fire
    and along its pixels.

    Args:
        request: The request.
        pair: The scenes.
        grid_of: Gives the 10 m grid of a scene.

    Raises:
        NoDataError: if nothing is left to compare.
        UsageError: if a raster can't have pixels of that size.
    """
    before, after = grid_of(pair.before), grid_of(pair.after)
    geobox = _snapped(_overlap(request.aoi, pair, before, after), before, request.resolution)
    edge = 2 ** floor(log2(_SOURCE_METRES / request.resolution))
    sources = CompositePlan(
        request=request,
        geobox=geobox,
        blocks=cut_blocks(geobox, min(_LARGEST_BLOCK, max(_SMALLEST_BLOCK, edge)), before.origin),
        periods=(_instant(pair.before), _instant(pair.after)),
        scene_set=SceneSet((pair.before, pair.after)),
    )
    read = request.aoi.notes if request.aoi else ()
    return ChangePlan(request, pair, sources, (*read, *_notes(pair, before, after)))


def _instant(scene: Scene) -> PeriodPlan:
    moment = scene.datetime
    period = Period(moment, moment + timedelta(seconds=1), f"{moment:%Y%m%dT%H%M%S}")
    return PeriodPlan(period, (scene,), 1)


def _overlap(aoi: Aoi | None, pair: ScenePair, before: SourceGrid, after: SourceGrid) -> Bounds:
    """The intersection of both scenes and the AOI, in the CRS of the scene before the fire."""
    common = box(*before.bounds).intersection(project(box(*after.bounds), after.crs, before.crs))
    if aoi is not None:
        seen = pair.before.footprint.intersection(pair.after.footprint)
        wanted = unary_union(aoi.parts).intersection(box(*seen.bounds).buffer(_NEAR))
        if wanted.is_empty:
            raise NoDataError(f"`aoi` {aoi} lies outside of {_where(pair)}; give an area inside")
        common = common.intersection(box(*project(wanted, "EPSG:4326", before.crs).bounds))
    if not common.area:
        what = _where(pair) if aoi is None else f"`aoi` {aoi} and {_where(pair)}"
        raise NoDataError(f"nothing is common to {what}; give scenes and an area of one place")
    left, bottom, right, top = common.bounds
    return left, bottom, right, top


def _where(pair: ScenePair) -> str:
    return f"{pair.before.id} and {pair.after.id}"


def _snapped(bounds: Bounds, native: SourceGrid, resolution: float) -> GeoBox:
    """The smallest grid around bounds whose edges are whole pixels away from the source's corner."""
    (x, y), (left, bottom, right, top) = native.origin, bounds
    first_column, end_column = snap_out((left - x) / resolution, (right - x) / resolution)
    first_row, end_row = snap_out((y - top) / resolution, (y - bottom) / resolution)
    corner = x + first_column * resolution, y - first_row * resolution
    shape = end_row - first_row, end_column - first_column
    require_raster(*shape, resolution, "the scenes")
    return GeoBox(
        shape,
        Affine(resolution, 0, corner[0], 0, -resolution, corner[1]),
        native.crs,
    )


def _notes(pair: ScenePair, before: SourceGrid, after: SourceGrid) -> Iterator[str]:
    if not same_crs(before.crs, after.crs):
        yield (
            f"the scenes lie in two zones: {pair.after.id} ({after.crs}) is resampled to that of "
            f"{pair.before.id} ({before.crs})"
        )
