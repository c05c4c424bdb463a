"""The plan of a run: its grid, blocks and tasks. Reads no pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import floor, log2
from typing import TypeVar

from cloudless_mosaic.domain.bands import canonical_band, with_guides
from cloudless_mosaic.domain.periods import Period, mosaic_label
from cloudless_mosaic.domain.provider import access_of
from cloudless_mosaic.domain.request import CompositeRequest, MosaicRequest
from cloudless_mosaic.domain.scenes import Scene, SceneSet, SourceGrid
from cloudless_mosaic.geo.blocks import Blocks, cut_blocks
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.geo.projection import metres_per_unit
from cloudless_mosaic.planning.grid import mosaic_geobox, parse_crs, utm_crs
from cloudless_mosaic.planning.scene_index import SceneIndex
from cloudless_mosaic.planning.tasks import BlockTask, GranuleSource, Observation
from cloudless_mosaic.planning.tiles import tile_edges


@dataclass(frozen=True, slots=True)
class PeriodPlan:
    """The scenes of one period."""

    period: Period
    """The period."""
    scenes: tuple[Scene, ...]
    """Scenes that will be read, in the order of time."""
    found: int
    """Scenes that the search found, dropped ones included."""
    times: Mapping[str, datetime] = field(default_factory=dict)
    """Sensing time of the first scene of each overpass in the period, wherever in the area that lies: blocks
    and tiles that see later scenes of it only have to order and date it alike."""


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

    def label(self, period: Period) -> str:
        """Name of the mosaic of a period in paths and ids."""
        return mosaic_label(period, self.tile)

    def tasks(self, period: PeriodPlan) -> Iterator[BlockTask]:
        """The tasks of one period, one for every block, made lazily."""
        request, layers = self.request, self.request.all_layers
        index = SceneIndex(period.scenes, str(self.geobox.crs))
        numbers = {scene.id: number for number, scene in enumerate(period.scenes, 1)}
        for block in self.blocks:
            geobox = self.geobox[block.window]
            scenes = list(index.touching(geobox))
            yield BlockTask(
                period=period.period,
                block=block,
                geobox=geobox,
                observations=_observations(scenes, request, period.times),
                bands=request.bands,
                mask=request.cloud_mask,
                reducer=request.reduction,
                exact=request.exact,
                tile=self.tile,
                alone=len(self.blocks) == 1 and not self.tile,
                access=access_of(request.profile),
                layers=layers,
                scene_numbers=tuple((scene.id, numbers[scene.id]) for scene in scenes)
                if "source" in {layer.name for layer in layers}
                else (),
            )


@dataclass(frozen=True, slots=True)
class MosaicPlan(CompositePlan):
    """The plan of mosaics."""

    request: MosaicRequest
    """What was asked for."""


AnyPlan = TypeVar("AnyPlan", bound=CompositePlan)


def make_plan(request: MosaicRequest, scene_set: SceneSet) -> MosaicPlan:
    """Decides grid, blocks and the scenes of every period.

    The order of the scenes has no influence on the plan.

    Raises:
        UsageError: if the AOI can't be projected to the output CRS.
    """
    crs = parse_crs(request.crs) if request.crs else utm_crs(request.aoi)
    native = _native_grid(request, scene_set, crs)
    geobox = mosaic_geobox(request.aoi, request.resolution, crs, _anchor(native))
    edge = _block_edge(request, scene_set, request.resolution * metres_per_unit(crs))
    blocks = cut_blocks(geobox, edge, native.origin if native else None)
    if request.tile_size:
        blocks = blocks.cut_at(*tile_edges(geobox, request.tile_size))
    return MosaicPlan(
        request=request,
        geobox=geobox,
        blocks=blocks,
        periods=tuple(_plan_period(period, scene_set) for period in request.periods),
        scene_set=scene_set,
    )


def _plan_period(period: Period, scene_set: SceneSet) -> PeriodPlan:
    scenes = tuple(scene for scene in scene_set.scenes if scene.datetime in period)
    dropped = sum(scene.datetime is not None and scene.datetime in period for scene in scene_set.dropped)
    times: dict[str, datetime] = {}
    for scene in scenes:
        times.setdefault(scene.overpass, scene.datetime)
    return PeriodPlan(period, scenes, len(scenes) + dropped, times)


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
    scenes: Sequence[Scene], request: CompositeRequest, known: Mapping[str, datetime]
) -> tuple[Observation, ...]:
    """One observation per overpass, in the order of time.

    Args:
        scenes: Those that touch the block, in the order of time.
        request: What is asked for.
        known: See ``PeriodPlan.times``; an overpass that isn't in it takes that of its first scene here.
    """
    overpasses: dict[str, list[GranuleSource]] = {}
    times: dict[str, datetime] = {}
    for scene in scenes:
        source = GranuleSource(
            scene_id=scene.id,
            bands=tuple(scene.rasters[canonical_band(band)] for band in read_bands(request)),
            scl=scene.scl if request.cloud_mask.reads_classes else None,
            offset=scene.offset,
            footprint=scene.footprint.bounds,
        )
        overpasses.setdefault(scene.overpass, []).append(source)
        times.setdefault(scene.overpass, known.get(scene.overpass, scene.datetime))
    return tuple(
        Observation(overpass, times[overpass], tuple(overpasses[overpass]))
        for overpass in sorted(overpasses, key=lambda overpass: (times[overpass], overpass))
    )
