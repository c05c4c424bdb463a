"""The STAC item of a period and the catalog of a run (STAC 1.1.0)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pystac
from pyproj import CRS
from pystac.utils import datetime_to_str

from cloudless_mosaic.bands import BANDS, canonical_band, common_name
from cloudless_mosaic.geobox import GeoBox
from cloudless_mosaic.plan import MosaicPlan, PeriodPlan
from cloudless_mosaic.results import PeriodResult
from cloudless_mosaic.version import __version__
from cloudless_mosaic.writing.cog import CogFile
from cloudless_mosaic.writing.fields import CATALOG_ID, PARAMETERS, PLAN, PREFIX, SHA256, SHARD
from cloudless_mosaic.writing.footprint import footprint, pixel_metres
from cloudless_mosaic.writing.lineage import derived_from, processing_properties, run_parameters
from cloudless_mosaic.writing.output import CATALOG, json_bytes, mosaic_name, write_whole
from cloudless_mosaic.writing.statistics import BandStatistics

EXTENSIONS = (
    "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
    "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
    "https://stac-extensions.github.io/eo/v2.0.0/schema.json",
    "https://stac-extensions.github.io/processing/v1.2.0/schema.json",
    "https://stac-extensions.github.io/file/v2.1.0/schema.json",
)

SCALE = 1e-4
"""Reflectance of one digital number."""


@dataclass(frozen=True, slots=True)
class PeriodFiles:
    """The finished files that an item describes."""

    mosaic: CogFile
    """Reflectance."""
    count: CogFile
    """Clear observations."""
    visual: CogFile
    """8-bit picture."""
    visual_bands: tuple[str, ...]
    """Sentinel-2 names of the bands of the picture."""
    thumbnail: CogFile
    """PNG."""
    thumbnail_shape: tuple[int, int]
    """Rows and columns of the PNG."""
    thumbnail_factor: int
    """Pixels of the grid along the edge of one of the PNG."""
    statistics: tuple[BandStatistics, ...]
    """Of each band of the mosaic."""


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
    name = mosaic_name(label)
    geometry, bbox = footprint(plan.geobox)
    item = pystac.Item(
        id=name,
        geometry=geometry,
        bbox=bbox,
        datetime=None,
        start_datetime=period.period.start,
        end_datetime=period.period.last_instant,
        stac_extensions=list(EXTENSIONS),
        properties={
            "title": f"Cloud-free Sentinel-2 mosaic, {label}",
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "gsd": pixel_metres(plan.geobox),
            **_projection(plan.geobox),
            **processing_properties(plan, period, __version__),
            **_outcome(plan, period, result),
            PARAMETERS: run_parameters(plan),
            PLAN: fingerprint,
        },
    )
    for key, asset in _assets(plan, files).items():
        item.add_asset(key, asset)
    for relation in (pystac.RelType.ROOT, pystac.RelType.PARENT):
        item.add_link(pystac.Link(relation, f"../{CATALOG}", pystac.MediaType.JSON))
    for scene in period.scenes:
        href = derived_from(scene.href, folder) if scene.id in result.used else ""
        if href:
            item.add_link(pystac.Link(pystac.RelType.DERIVED_FROM, href, pystac.MediaType.GEOJSON, scene.id))
    return json_bytes(item.to_dict(include_self_link=False, transform_hrefs=False))


def write_catalog(plan: MosaicPlan, results: Sequence[PeriodResult], folder: Path, fingerprint: str) -> Path:
    """Writes the root catalog, which lists every period that has files and names those that have none.

    Args:
        plan: The run.
        results: What became of each period.
        folder: Root of the output.
        fingerprint: Of the plan.

    Raises:
        TemporaryError: if the disk is full or fails.
    """
    request = plan.request
    catalog = pystac.Catalog(
        id=CATALOG_ID,
        title="Monthly cloud-free Sentinel-2 mosaics",
        description=(
            f"Monthly cloud-free Sentinel-2 mosaics of {', '.join(request.bands)} over {request.aoi} "
            f"(west, south, east, north), {request.start_date} to {request.end_date}, "
            f"from {request.collection}."
        ),
        extra_fields={
            f"{PREFIX}empty_periods": [
                {"period": result.period.label, "reason": _empty_reason(result)}
                for result in results
                if result.empty
            ],
            PARAMETERS: run_parameters(plan),
            PLAN: fingerprint,
            **({SHARD: str(request.shard)} if request.shard else {}),
        },
    )
    catalog.clear_links()
    catalog.add_link(pystac.Link(pystac.RelType.ROOT, f"./{CATALOG}", pystac.MediaType.JSON))
    for result in sorted(results, key=lambda result: (result.period, result.tile)):
        if not result.empty:
            name = mosaic_name(result.label)
            link = pystac.Link(
                pystac.RelType.ITEM, f"./{name}/{name}.json", pystac.MediaType.GEOJSON, result.label
            )
            catalog.add_link(link)
    path = folder / CATALOG
    write_whole(path, json_bytes(catalog.to_dict(include_self_link=False, transform_hrefs=False)))
    return path


def output_bands(bands: Sequence[str]) -> tuple[str, ...]:
    """Common names of bands, in their order."""
    return tuple(common_name(canonical_band(band)) for band in bands)


def _empty_reason(result: PeriodResult) -> str:
    if result.found:
        return f"none of the {result.found} scenes found can be used"
    return "the search found no scene"


def _projection(geobox: GeoBox) -> dict[str, Any]:
    """Fields of the projection extension."""
    crs = CRS.from_user_input(str(geobox.crs))
    authority = crs.to_authority()
    named = (
        {"proj:code": ":".join(authority)} if authority else {"proj:code": None, "proj:wkt2": crs.to_wkt()}
    )
    return {
        **named,
        "proj:shape": list(geobox.shape),
        "proj:transform": list(geobox.affine[:6]),
        "proj:bbox": list(geobox.boundingbox.bbox),
    }


def _outcome(plan: MosaicPlan, period: PeriodPlan, result: PeriodResult) -> dict[str, Any]:
    """What the period's pixels stand on: scenes, counts, losses."""
    fields = {
        "scenes_found": result.found,
        "scenes_used": len(result.used),
        "clear_percent": round(100 * result.clear_share, 4),
        "mean_observations": round(result.mean_count, 4),
        "observations": result.observations,
        "lost_percent": round(result.lost_percent, 4),
        "lost_observations": [
            {"scene": lost.scene_id, "block": list(lost.block), "reason": lost.reason} for lost in result.lost
        ],
        "notes": [
            {"scene": note.scene_id, "note": note.text, "warning": note.warning} for note in result.notes
        ],
        "scenes": [
            {
                "id": scene.id,
                "datetime": datetime_to_str(scene.datetime),
                "used": scene.id in result.used,
                "offset": scene.offset,
                "offset_reason": scene.offset_reason,
            }
            for scene in period.scenes
        ],
        "dropped_scenes": [
            {"id": scene.id, "reason": scene.reason}
            for scene in plan.scene_set.dropped
            if scene.datetime and scene.datetime in period.period
        ],
    }
    return {PREFIX + key: value for key, value in fields.items()}


def _assets(plan: MosaicPlan, files: PeriodFiles) -> dict[str, pystac.Asset]:
    bands = [canonical_band(band) for band in plan.request.bands]
    gsd = pixel_metres(plan.geobox)
    return {
        "mosaic": _asset(
            files.mosaic,
            "Reflectance",
            "Median of the clear observations; reflectance is 0.0001 times the value, 0 is nodata",
            ["data", "reflectance"],
            gsd=gsd,
            bands=[
                _band(band)
                | {"data_type": "uint16", "nodata": 0, "raster:scale": SCALE, "raster:offset": 0}
                | _statistics(statistics)
                for band, statistics in zip(bands, files.statistics, strict=True)
            ],
        ),
        "count": _asset(
            files.count,
            "Clear observations",
            "Number of clear observations of each pixel; 0 where the mosaic has no data",
            ["metadata"],
            gsd=gsd,
            bands=[{"name": "count", "data_type": "uint16"}],
        ),
        "visual": _asset(
            files.visual,
            "Picture",
            "8-bit picture with a fixed stretch, the same for every period; 0 is nodata",
            ["visual", "overview"],
            gsd=gsd,
            bands=[_band(band) | {"data_type": "uint8", "nodata": 0} for band in files.visual_bands],
        ),
        "thumbnail": _thumbnail_asset(plan, files),
    }


def _thumbnail_asset(plan: MosaicPlan, files: PeriodFiles) -> pystac.Asset:
    factor = files.thumbnail_factor
    a, b, c, d, e, f = plan.geobox.affine[:6]
    asset = _asset(
        files.thumbnail, "Thumbnail", "The picture, small; transparent where it has no data", ["thumbnail"]
    )
    asset.media_type = pystac.MediaType.PNG
    asset.extra_fields |= {
        "proj:shape": list(files.thumbnail_shape),
        "proj:transform": [a * factor, b * factor, c, d * factor, e * factor, f],
    }
    return asset


def _asset(
    file: CogFile,
    title: str,
    description: str,
    roles: list[str],
    *,
    gsd: float | None = None,
    bands: list[dict[str, Any]] | None = None,
) -> pystac.Asset:
    fields: dict[str, Any] = {"file:size": file.size, "file:checksum": SHA256 + file.sha256}
    if bands is not None:
        fields |= {"gsd": gsd, "bands": bands}
    return pystac.Asset(f"./{file.path.name}", title, description, pystac.MediaType.COG, roles, fields)


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
