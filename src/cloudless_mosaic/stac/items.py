"""The STAC item of a mosaic (STAC 1.1.0)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pystac
from pystac.utils import datetime_to_str
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.cog.picture import SCALE, shown_bands
from cloudless_mosaic.cog.writer import CogFile
from cloudless_mosaic.compositing.layer_statistics import BandsOfLayers
from cloudless_mosaic.domain.bands import BANDS, canonical_band, common_name
from cloudless_mosaic.domain.periods import Period, collection_id, mosaic_name
from cloudless_mosaic.domain.request import MosaicRequest
from cloudless_mosaic.domain.results import MaskCounts, PeriodResult
from cloudless_mosaic.planning.period_plan import PeriodPlan
from cloudless_mosaic.planning.plan import MosaicPlan
from cloudless_mosaic.reducers import Reducer
from cloudless_mosaic.stac.assets import (
    EO,
    FILE,
    PROCESSING,
    PROJECTION,
    RASTER,
    RENDER,
    loss_fields,
    projection_fields,
    raster_asset,
    scene_fields,
    sensor_fields,
    thumbnail_asset,
)
from cloudless_mosaic.stac.documents import item_json
from cloudless_mosaic.stac.footprint import footprint
from cloudless_mosaic.stac.layers import layer_bands, layer_extensions, layer_renders
from cloudless_mosaic.stac.names import (
    CATALOG,
    COLLECTION,
    PARAMETERS,
    PLAN,
    PREFIX,
)
from cloudless_mosaic.stac.provenance import processing_properties, run_parameters
from cloudless_mosaic.stac.renders import renders
from cloudless_mosaic.stac.statistics import BandStatistics
from cloudless_mosaic.version import __version__

THUMBNAIL = ("Thumbnail", "The picture, small; transparent where it has no data")
"""Title and description."""


def asset_texts(reducer: Reducer) -> dict[str, tuple[str, str, list[str]]]:
    """Title, description and roles of the rasters of an item."""
    return {
        "mosaic": (
            "Reflectance",
            f"{reducer.title} of the clear observations; reflectance is 0.0001 times the value, 0 is nodata",
            ["data", "reflectance"],
        ),
        "count": (
            "Clear observations",
            "Number of clear observations of each pixel; 0 where the mosaic has no data",
            ["metadata"],
        ),
        "visual": (
            "Picture",
            "8-bit picture with a fixed stretch, the same for every period; 0 is nodata",
            ["visual", "overview"],
        ),
    }


@dataclass(frozen=True, slots=True)
class PeriodFiles:
    """The finished files that an item describes."""

    mosaic: CogFile
    """Reflectance."""
    count: CogFile
    """Clear observations."""
    visual: CogFile
    """8-bit picture."""
    thumbnail: CogFile
    """PNG."""
    thumbnail_factor: int
    """Pixels of the grid along the edge of one of the PNG."""
    area: BaseGeometry
    """Where the mosaic has data, in pixels of the grid."""
    statistics: tuple[BandStatistics, ...]
    """Of each band of the mosaic."""
    observations: BandStatistics
    """Of the counts of all pixels."""
    layers: Mapping[str, CogFile]
    """Layers that were asked for, by name."""
    layer_statistics: BandsOfLayers
    """Of the bands of layers, by name."""
    scene_percents: Mapping[str, float]
    """Percent of the pixels that a scene gave an observation of: one that counts, or that was chosen."""


def period_item(
    plan: MosaicPlan,
    period: PeriodPlan,
    result: PeriodResult,
    files: PeriodFiles,
    folder: Path,
    fingerprint: str,
) -> bytes:
    """The item of a period, as JSON. The same run gives the same bytes.

    Args:
        plan: The run.
        period: The period's part of it.
        result: What became of the period.
        files: What was written.
        folder: Folder that the item goes to; local scenes are linked relative to it.
        fingerprint: Of the plan.
    """
    label = plan.label(period.period)
    title = f"{plan.request.name}, {label}" if plan.request.name else label
    geometry, bbox = footprint(plan.geobox, files.area)
    names = output_bands(plan.request.bands)
    drawn = renders(plan.request.bands) | layer_renders(plan.request, names, files.layer_statistics)
    item = pystac.Item(
        id=mosaic_name(label, plan.request.name or ""),
        geometry=geometry,
        bbox=bbox,
        datetime=None,
        start_datetime=period.period.start,
        end_datetime=period.period.last_instant,
        collection=collection_id(plan.request.period_kind, plan.request.name or ""),
        stac_extensions=extensions(plan.request, drawn),
        properties={
            "title": f"Cloud-free Sentinel-2 mosaic, {title}",
            **sensor_fields(plan.geobox),
            **projection_fields(plan.geobox, files.area),
            **processing_properties(plan, period, __version__),
            **({"renders": drawn} if drawn else {}),
            **_source_range(period.period),
            **_outcome(plan, period, result, files.scene_percents),
            PARAMETERS: run_parameters(plan),
            PLAN: fingerprint,
        },
    )
    parents = (
        (pystac.RelType.ROOT, f"../{CATALOG}"),
        (pystac.RelType.PARENT, f"../{COLLECTION}"),
        (pystac.RelType.COLLECTION, f"../{COLLECTION}"),
    )
    used = (scene for scene in period.numbered if scene.id in result.used)
    return item_json(item, _assets(plan, period, files), parents, used, folder)


def _source_range(period: Period) -> dict[str, Any]:
    """The range of time that the scenes are from, where it isn't that of the period."""
    if period.window is None:
        return {}
    first, end = period.window
    return {
        f"{PREFIX}source_start_datetime": datetime_to_str(first),
        f"{PREFIX}source_end_datetime": datetime_to_str(end - timedelta(seconds=1)),
    }


def extensions(request: MosaicRequest, drawn: Mapping[str, Any]) -> list[str]:
    """Schemas of the extensions that an item, or the collection, makes use of.

    Args:
        request: Of the mosaic.
        drawn: Its renders.
    """
    known = [PROJECTION, RASTER, EO, PROCESSING, FILE]
    return [*known, *([RENDER] if drawn else []), *layer_extensions(request)]


def raster_bands(bands: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """What holds for the bands of every item's rasters, by key of the asset.

    A count is a number of observations and no class, so it has no ``classification:classes``.

    Args:
        bands: Those of a mosaic, as asked for.
    """
    names = [canonical_band(band) for band in bands]
    reflectance = {"data_type": "uint16", "nodata": 0, "raster:scale": SCALE, "raster:offset": 0}
    return {
        "mosaic": [_band(name) | reflectance for name in names],
        "count": [{"name": "count", "data_type": "uint16"}],
        "visual": [_band(name) | {"data_type": "uint8", "nodata": 0} for name in shown_bands(names)],
    }


def output_bands(bands: Sequence[str]) -> tuple[str, ...]:
    """Common names of bands, in their order."""
    return tuple(common_name(canonical_band(band)) for band in bands)


def _outcome(
    plan: MosaicPlan, period: PeriodPlan, result: PeriodResult, percents: Mapping[str, float]
) -> dict[str, Any]:
    """What the period's pixels stand on: scenes, counts, losses."""
    masked = dict(result.masked)
    fields = {
        "scenes_found": result.found,
        "scenes_used": len(result.used),
        "clear_percent": round(100 * result.clear_share, 4),
        "never_clear_percent": round(100 - 100 * result.clear_share, 4),
        "holes_percent": {name: round(100 * share, 4) for name, share in asdict(result.holes).items()},
        **({"filled_percent": _filled(plan, result)} if plan.request.fills else {}),
        "mean_observations": round(result.mean_count, 4),
        "observations": result.observations,
        "lost_percent": round(result.lost_percent, 4),
        **_masked(result.mask_counts),
        **loss_fields(result.lost, result.notes),
        "scenes": [
            scene_fields(scene)
            | {"used": scene.id in result.used, "pixel_percent": percents.get(scene.id, 0.0)}
            | _masked(masked.get(scene.id))
            for scene in period.numbered
            if scene in period.scenes or scene.id in result.used
        ],
        "dropped_scenes": [
            {"id": scene.id, "reason": scene.reason}
            for scene in plan.scene_set.dropped
            if scene.datetime and scene.datetime in period.period
        ],
    }
    return {PREFIX + key: value for key, value in fields.items()}


def _filled(plan: MosaicPlan, result: PeriodResult) -> dict[str, float]:
    """Percent of the pixels that each of the ways has filled."""
    filled = dict(result.filled)
    return {fill.way: round(100 * filled.get(fill.way, 0.0), 4) for fill in plan.request.fills}


def _masked(counts: MaskCounts | None) -> dict[str, dict[str, int]]:
    """Pixels of the output that the steps of the mask took out of a scene."""
    return {} if counts is None else {"masked": asdict(counts)}


def _assets(plan: MosaicPlan, period: PeriodPlan, files: PeriodFiles) -> dict[str, pystac.Asset]:
    bands = raster_bands(plan.request.bands)
    known = (*files.statistics, files.observations)
    for band, statistics in zip((*bands["mosaic"], *bands["count"]), known, strict=True):
        band.update(_statistics(statistics))
    names = output_bands(plan.request.bands)
    described = layer_bands(plan.request, names, period.numbered, files.layer_statistics)
    texts = asset_texts(plan.request.reduction)
    rasters = {"mosaic": files.mosaic, "count": files.count, "visual": files.visual}
    return {
        **{key: raster_asset(file, *texts[key], plan.geobox, bands[key]) for key, file in rasters.items()},
        **{
            layer.name: raster_asset(
                files.layers[layer.name],
                layer.title,
                layer.description,
                list(layer.roles),
                plan.geobox,
                described[layer.name],
            )
            for layer in plan.request.all_layers
        },
        "thumbnail": thumbnail_asset(files.thumbnail, *THUMBNAIL, plan.geobox, files.thumbnail_factor),
    }


def _band(band: str) -> dict[str, Any]:
    """Name and spectral fields of a Sentinel-2 band."""
    known = BANDS[band]
    return {
        "name": known.common_name,
        "description": f"Sentinel-2 {band}",
        "eo:common_name": known.stac_name,
        "eo:center_wavelength": known.center_wavelength,
        "eo:full_width_half_max": known.full_width_half_max,
    }


def _statistics(band: BandStatistics) -> dict[str, Any]:
    """Statistics where there is a pixel to take them of."""
    if not band.count:
        return {}
    return {
        "statistics": {
            "minimum": band.minimum,
            "maximum": band.maximum,
            "mean": round(band.mean, 4),
            "stddev": round(band.stddev, 4),
            "count": band.count,
        }
    }
