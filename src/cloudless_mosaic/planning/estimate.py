"""The cost of a plan, estimated from grids and footprints alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from cloudless_mosaic.domain.bands import canonical_band
from cloudless_mosaic.domain.scenes import Scene, SourceRaster
from cloudless_mosaic.geo.projection import metres_per_unit
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import CompositePlan, read_bands
from cloudless_mosaic.planning.references import reference_scenes
from cloudless_mosaic.planning.scene_index import SceneIndex
from cloudless_mosaic.planning.series import composites_of_task

_BAND_BYTES = 2
_SCL_BYTES = 1
_LEVEL_BYTES = 1
_COUNT_BYTES = 2
_VISUAL_BYTES = 3
_OVERVIEWS = 4 / 3
"""Pixels of a raster with its overviews, over those without."""
_BAND_RESOLUTION = 10.0
_SCL_RESOLUTION = 20.0


@dataclass(frozen=True, slots=True)
class PlanCost:
    """Estimates; bytes are those of pixels before compression."""

    tasks: int
    """Blocks times periods that have scenes."""
    read_bytes: int
    """Bytes to read in all periods; reads that the mask makes unnecessary are not subtracted."""
    period_bytes: tuple[int, ...]
    """The same for every period of the plan, in its order; 0 where there is no scene."""
    task_memory: int
    """Bytes that the largest task holds at once."""
    process_memory: int
    """Bytes that each process holds beside its tasks, for the network of the mask."""
    reduce_seconds: float
    """Processor time of all reductions; reading and writing are not in it."""
    layer_memory: int
    """Bytes of ``task_memory`` for layers and indices."""
    layer_bytes: int
    """Bytes of ``output_bytes`` for layers and indices."""
    output_bytes: int
    """Bytes of all mosaics, counts, layers and pictures with their overviews."""


def estimate(plan: CompositePlan) -> PlanCost:
    """Estimates the cost of a plan."""
    crs = str(plan.geobox.crs)
    rows, columns = plan.geobox.shape
    per_pixel = _pixel_bytes(plan)
    active = memory = 0
    seconds = 0.0
    period_bytes = []
    for period in plan.periods:
        period_bytes.append(0)
        if period.scenes:
            index = SceneIndex(period.scenes, crs)
            active += 1
            period_bytes[-1] = _period_bytes(plan, period, index)
            memory = max(memory, _task_memory(plan, period, index))
            seconds += _reduce_seconds(plan, index)
    return PlanCost(
        tasks=active * len(plan.blocks),
        read_bytes=sum(period_bytes),
        period_bytes=tuple(period_bytes),
        task_memory=memory,
        process_memory=process_memory(plan),
        reduce_seconds=seconds,
        layer_memory=math.prod(plan.blocks.largest) * _layer_bytes(plan),
        layer_bytes=round(active * rows * columns * _layer_bytes(plan) * _OVERVIEWS),
        output_bytes=round(active * rows * columns * per_pixel * _OVERVIEWS),
    )


def task_memory(plan: CompositePlan) -> int:
    """Bytes that the largest task of a plan holds at once."""
    crs = str(plan.geobox.crs)
    active = (period for period in plan.periods if period.scenes)
    return max((_task_memory(plan, one, SceneIndex(one.scenes, crs)) for one in active), default=0)


def block_output_bytes(plan: CompositePlan) -> int:
    """Bytes of the largest block in all files of its mosaic, with overviews, before compression."""
    rows, columns = plan.blocks.largest
    return round(rows * columns * _pixel_bytes(plan) * _OVERVIEWS)


def process_memory(plan: CompositePlan) -> int:
    """Bytes that each process holds beside its tasks, for the network of the mask."""
    network = plan.request.cloud_mask.network
    return network.process_memory if network else 0


def composite_bytes(plan: CompositePlan) -> int:
    """Bytes of the largest composite of a plan."""
    rows, columns = plan.blocks.largest
    return rows * columns * (len(plan.request.bands) * _BAND_BYTES + _COUNT_BYTES + _layer_bytes(plan))


def read_resolution(plan: CompositePlan, band: SourceRaster) -> float:
    """Metres of a pixel that a band is read at: native, or the coarsest overview that is fine enough."""
    resolution = band.grid.resolution if band.grid else _BAND_RESOLUTION
    pixel = plan.request.resolution * metres_per_unit(str(plan.geobox.crs))
    while not plan.request.exact and 4 * resolution <= pixel:
        resolution *= 2
    return resolution


def _sample_bytes(plan: CompositePlan, scene: Scene) -> float:
    """Bytes to read for one square metre."""
    rasters = [scene.rasters[canonical_band(band)] for band in read_bands(plan.request)]
    bands = sum(_BAND_BYTES / read_resolution(plan, raster) ** 2 for raster in rasters)
    network = plan.request.cloud_mask.network
    if network:
        bands += len(network.bands) * _BAND_BYTES / network.resolution**2
    if not plan.request.cloud_mask.reads_classes or scene.scl is None:
        return bands
    resolution = scene.scl.grid.resolution if scene.scl.grid else _SCL_RESOLUTION
    rasters_of_classes = 2 if scene.cloud_probability else 1
    return bands + rasters_of_classes * _SCL_BYTES / resolution**2


def _pixel_bytes(plan: CompositePlan) -> int:
    """Bytes of a pixel in all files of a mosaic."""
    return len(plan.request.bands) * _BAND_BYTES + _COUNT_BYTES + _VISUAL_BYTES + _layer_bytes(plan)


def _layer_bytes(plan: CompositePlan) -> int:
    """Bytes of a pixel in all layers that are asked for."""
    request = plan.request
    return sum(
        np.dtype(layer.dtype).itemsize * len(layer.bands(request.reduction, request.bands))
        for layer in request.all_layers
    )


def _period_bytes(plan: CompositePlan, period: PeriodPlan, index: SceneIndex) -> int:
    samples = [_sample_bytes(plan, scene) for scene in period.scenes]
    return round(float(np.dot(index.covered(plan.geobox), samples)))


def _reduce_seconds(plan: CompositePlan, index: SceneIndex) -> float:
    """Processor time to reduce a period, by that of pixels of 4 bands and 4 dates."""
    pixel = (plan.request.resolution * metres_per_unit(str(plan.geobox.crs))) ** 2
    values = float(np.sum(index.covered(plan.geobox))) / pixel * len(plan.request.bands)
    return values / 16 * plan.request.reduction.microseconds * 1e-6


def _task_memory(plan: CompositePlan, period: PeriodPlan, index: SceneIndex) -> int:
    """The stack with its levels and distances, and source window, mask and copy for every observation."""
    rows, columns = plan.blocks.largest
    pixels = rows * columns
    ground = pixels * (plan.request.resolution * metres_per_unit(str(plan.geobox.crs))) ** 2
    observations = index.busiest(plan.geobox, plan.blocks)
    bands = len(read_bands(plan.request))
    stack = pixels * bands * _BAND_BYTES * (2 * observations + 1)
    stack += pixels * _layer_bytes(plan)
    mask, reducer = plan.request.cloud_mask, plan.request.reduction
    beside = bool(mask.dates) + (reducer.cloud_reach > 0 and mask.has_clouds)
    levels = pixels * _LEVEL_BYTES * observations * beside
    window = max(ground * _sample_bytes(plan, scene) for scene in period.scenes)
    composites = composites_of_task(plan)
    # tasks that go through time keep what they have read, and all of their composites
    kept = observations * window + composites * composite_bytes(plan) if composites > 1 else 0
    network = mask.network.task_memory if mask.network else 0
    compared = pixels * _reference_bytes(plan, period, observations)
    return round(stack + levels + 2 * window + kept + network + compared)


def _reference_bytes(plan: CompositePlan, period: PeriodPlan, observations: int) -> int:
    """Bytes of a pixel of neighbouring periods: their stack, its copy beside the own dates, and levels."""
    dates = plan.request.cloud_mask.dates
    if dates is None or not dates.neighbours:
        return 0
    index = SceneIndex(reference_scenes(plan.periods, period), str(plan.geobox.crs))
    others = index.busiest(plan.geobox, plan.blocks)
    band = _BAND_BYTES * (2 * others + 1 + observations + others)
    return len(dates.guides) * band + _LEVEL_BYTES * (2 * others + observations)
