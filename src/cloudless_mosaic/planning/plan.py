"""The plan of a run: its grid, blocks and tasks. Reads no pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import floor, log2
from typing import TypeVar

from affine import Affine

from cloudless_mosaic.domain.bands import canonical_band, with_guides
from cloudless_mosaic.domain.grids import GRIDS
from cloudless_mosaic.domain.html import html_table
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.provider import access_of
from cloudless_mosaic.domain.request import CompositeRequest, MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.geo.blocks import Block, Blocks, cut_blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import metres_per_unit, unit_of
from cloudless_mosaic.masks import Mask
from cloudless_mosaic.planning.clipping import Clip
from cloudless_mosaic.planning.grid import mosaic_geobox, parse_crs, utm_crs
from cloudless_mosaic.planning.period_plan import PeriodPlan, Rescue
from cloudless_mosaic.planning.periods import plan_periods
from cloudless_mosaic.planning.references import neighbouring, reference_scenes
from cloudless_mosaic.planning.scene_index import SceneIndex
from cloudless_mosaic.planning.tasks import BlockTask, GranuleSource, Observation
from cloudless_mosaic.planning.tiles import tile_edges


@dataclass(frozen=True, slots=True)
class CompositePlan:
    """Grid, blocks and scenes of some composites: everything that is decided before a pixel is read."""

    request: CompositeRequest
    """What was asked for."""
    geobox: GeoBox
    """Output grid, the same for every period."""
    blocks: Blocks
    """How the grid is cut."""
    periods: tuple[PeriodPlan, ...]
    """One for every period of the request, those without a scene included."""
    scene_set: SceneSet
    """The result of the search."""
    tile: str = ""
    """Name of the tile that the plan is narrowed to; empty for a whole plan."""
    clip: Clip | None = None
    """What the composites are cut to; ``None`` for the whole grid."""

    def label(self, period: Period) -> str:
        """Name of the mosaic of a period in paths and ids."""
        return mosaic_label(period, self.tile)

    def tasks(self, period: PeriodPlan) -> Iterator[BlockTask]:
        """The tasks of one period, one for every block, made lazily."""
        tasks = PeriodTasks(self, period)
        return (tasks.of(block) for block in self.blocks)


class PeriodTasks:
    """Makes the tasks of one period. What many blocks have in common is made once."""

    def __init__(self, plan: CompositePlan, period: PeriodPlan, rescue: Rescue | None = None) -> None:
        """Indexes the scenes.

        Args:
            plan: The plan.
            period: One of its periods.
            rescue: Scenes and mask for other tasks of the period than its own; ``None`` for these.
        """
        request = plan.request
        self._plan = plan
        self._period = period
        self._index = SceneIndex(rescue.scenes if rescue else period.scenes, str(plan.geobox.crs))
        self._mask = rescue.mask if rescue else request.cloud_mask
        self._reducer, self._layers = request.reduction, request.all_layers
        self._access = access_of(request.profile)
        self._observations: dict[tuple[str, ...], tuple[Observation, ...]] = {}
        dates = self._mask.dates
        self._compared = (
            SceneIndex(reference_scenes(plan.periods, period), str(plan.geobox.crs))
            if dates and dates.neighbours and period.scenes and not rescue
            else None
        )
        self._numbers = (
            {scene.id: number for number, scene in enumerate(period.numbered, 1)}
            if "source" in {layer.name for layer in self._layers}
            else {}
        )

    def of(self, block: Block) -> BlockTask:
        """The task of a block; without scenes where the block is outside of what the plan is cut to."""
        plan, request = self._plan, self._plan.request
        geobox = plan.geobox[block.window]
        inside = plan.clip.inside(geobox) if plan.clip else None
        outside = inside is not None and not inside.bits.any()
        scenes = [] if outside else list(self._index.touching(geobox))
        return BlockTask(
            period=self._period.period,
            block=block,
            geobox=geobox,
            observations=self._observed(scenes),
            bands=request.bands,
            mask=self._mask,
            reducer=self._reducer,
            exact=request.exact,
            tile=plan.tile,
            alone=len(plan.blocks) == 1 and not plan.tile,
            access=self._access,
            layers=self._layers,
            inside=inside,
            scene_numbers=tuple((scene.id, self._numbers[scene.id]) for scene in scenes)
            if self._numbers
            else (),
            part=None if inside is None or outside else inside.extent,
            references=self._references(geobox) if scenes else (),
        )

    def _observed(self, scenes: Sequence[Scene]) -> tuple[Observation, ...]:
        """The observations of a block; those of blocks that the same scenes touch are the same object."""
        touching = tuple(scene.id for scene in scenes)
        if touching not in self._observations:
            request = self._plan.request
            observations = _observations(scenes, request, read_bands(request), self._period.times, self._mask)
            self._observations[touching] = observations
        return self._observations[touching]

    def _references(self, geobox: GeoBox) -> tuple[Observation, ...]:
        """Observations of the neighbouring periods that may have pixels in a block."""
        if self._compared is None:
            return ()
        near = neighbouring(self._plan.periods, self._period)
        times = {overpass: time for one in near for overpass, time in one.times.items()}
        scenes = self._compared.touching(geobox)
        return _observations(scenes, self._plan.request, self._mask.guides, times, self._mask)


@dataclass(frozen=True, slots=True)
class MosaicPlan(CompositePlan):
    """The plan of mosaics."""

    request: MosaicRequest
    """What was asked for."""

    def _repr_html_(self) -> str:
        """The scenes of each period and the grid, as a table for notebooks."""
        rows = [
            (one.period.label, one.found, len(one.scenes), len({scene.overpass for scene in one.scenes}))
            for one in self.periods
        ]
        height, width = self.geobox.shape
        unit = unit_of(str(self.geobox.crs))
        grid = f"{width} x {height} pixels of {self.request.resolution:g} {unit} in {self.geobox.crs}"
        notes = (grid, *self.scene_set.warnings)
        return html_table("Plan of mosaics", ("period", "found", "to read", "overpasses"), rows, notes)


AnyPlan = TypeVar("AnyPlan", bound=CompositePlan)


def make_plan(request: MosaicRequest, scene_set: SceneSet) -> MosaicPlan:
    """Decides grid, blocks and the scenes of every period.

    The order of the scenes has no influence on the plan.

    Raises:
        UsageError: if the AOI can't be projected to the output CRS, or no pixel is inside of what is cut to.
    """
    crs = output_crs(request)
    native = _native_grid(request, scene_set, crs)
    geobox = _geobox(request, crs, native)
    edge = _block_edge(request, scene_set, request.resolution * metres_per_unit(crs))
    blocks = cut_blocks(geobox, edge, native.origin if native else None)
    if request.tile_size:
        blocks = blocks.cut_at(*tile_edges(geobox, request.tile_size))
    clip = Clip.to(request.aoi, crs) if request.clip else None
    if clip is not None and not any(clip.meets(geobox[block.window]) for block in blocks):
        raise UsageError(
            "no centre of a pixel lies in the polygons of `clip`; give a finer `resolution`, or leave it out"
        )
    return MosaicPlan(
        request=request,
        geobox=geobox,
        blocks=blocks,
        periods=plan_periods(request, scene_set),
        scene_set=scene_set,
        clip=clip,
    )


def output_crs(request: MosaicRequest) -> str:
    """The CRS of the output grid.

    Raises:
        UsageError: if the request names one that there isn't.
    """
    if request.crs:
        return parse_crs(request.crs)
    named = GRIDS[request.grid].crs if request.grid else "utm"
    if named in {"utm", "utm-north"}:
        zone = utm_crs(request.aoi)
        return zone.replace("EPSG:327", "EPSG:326") if named == "utm-north" else zone
    return parse_crs(named)


def _geobox(request: MosaicRequest, crs: str, native: SourceGrid | None) -> GeoBox:
    if request.like is not None:
        return GeoBox(request.like.shape, Affine(*request.like.transform), crs)
    anchor = GRIDS[request.grid].anchor(request.resolution, crs) if request.grid else _anchor(native)
    return mosaic_geobox(request.aoi, request.resolution, crs, anchor)


def read_bands(request: CompositeRequest) -> tuple[str, ...]:
    """The bands that are asked for, then those that only the mask looks at."""
    return with_guides(request.bands, request.cloud_mask.guides)


def _declared_grids(bands: Iterable[str], scene_set: SceneSet) -> Iterator[SourceGrid]:
    """Grids of some bands, as far as the items declare them."""
    for scene in scene_set.scenes:
        for band in bands:
            grid = scene.rasters[canonical_band(band)].grid
            if grid is not None:
                yield grid


def _native_grid(request: CompositeRequest, scene_set: SceneSet, crs: str) -> SourceGrid | None:
    """The finest grid of rasters in the output CRS; of several the most frequent, then the north-western."""
    grids = _declared_grids(request.bands, scene_set)
    votes = Counter(grid for grid in grids if grid.crs == crs)
    if not votes:
        return None
    return min(votes, key=lambda grid: (grid.resolution, -votes[grid], grid.origin[0], -grid.origin[1]))


def _anchor(native: SourceGrid | None) -> tuple[float, float]:
    if native is None:
        return 0.0, 0.0
    (x, y), resolution = native.origin, native.resolution
    return x % resolution, y % resolution


def _block_edge(request: CompositeRequest, scene_set: SceneSet, pixel: float) -> int:
    """Edge of a block in output pixels: a power of two with at most 2048 source samples along it.

    1024 pixels hold whole internal tiles of 512 and 1024 pixels.

    Args:
        request: What is asked for.
        scene_set: The result of the search.
        pixel: Edge of an output pixel, metres.
    """
    grids = _declared_grids(read_bands(request), scene_set)
    finest = min((grid.resolution for grid in grids), default=10.0)
    if not request.exact:
        # overviews are at most four times finer than the output; the mask is always read as it is
        finest = max(finest, min(pixel / 4, request.cloud_mask.resolution))
    samples = 2048 * finest / pixel
    return int(min(1024, max(64, 2 ** floor(log2(samples)))))


def _observations(
    scenes: Sequence[Scene],
    request: CompositeRequest,
    bands: Sequence[str],
    known: Mapping[str, datetime],
    mask: Mask,
) -> tuple[Observation, ...]:
    """One observation per overpass, in the order of time.

    Args:
        scenes: Those that touch the block, in the order of time.
        request: What is asked for.
        bands: Names of the bands to read.
        known: See ``PeriodPlan.times``; an overpass that isn't in it takes that of its first scene here.
        mask: Determines the clear pixels.
    """
    overpasses: dict[str, list[GranuleSource]] = {}
    times: dict[str, datetime] = {}
    names = [canonical_band(band) for band in bands]
    for scene in scenes:
        source = GranuleSource(
            scene_id=scene.id,
            bands=tuple(scene.rasters[name] for name in names),
            scl=scene.scl if mask.reads_classes else None,
            offset=scene.offset,
            footprint=scene.footprint.bounds,
            view=scene.view if request.reduction.scores_view else None,
            network=tuple(scene.rasters[band] for band in mask.network_bands),
            probability=scene.cloud_probability if mask.cloud_probability else None,
        )
        overpasses.setdefault(scene.overpass, []).append(source)
        times.setdefault(scene.overpass, known.get(scene.overpass, scene.datetime))
    return tuple(
        Observation(overpass, times[overpass], tuple(overpasses[overpass]))
        for overpass in sorted(overpasses, key=lambda overpass: (times[overpass], overpass))
    )
