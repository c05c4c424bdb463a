"""The STAC item of a comparison and its catalog (STAC 1.1.0)."""

from __future__ import annotations

from typing import Any

import pystac

from cloudless_mosaic.burned.files import ChangeFiles
from cloudless_mosaic.burned.plan import ChangePlan
from cloudless_mosaic.burned.results import Tally
from cloudless_mosaic.burned.severity import NOT_COMPARED, SEVERITY_CLASSES
from cloudless_mosaic.domain.request import written_fields
from cloudless_mosaic.masks.classes import SCL_CLASSES
from cloudless_mosaic.output.fingerprint import fingerprint, plan_record
from cloudless_mosaic.stac.assets import (
    CLASSIFICATION,
    FILE,
    PROCESSING,
    PROJECTION,
    RASTER,
    loss_fields,
    projection_fields,
    raster_asset,
    scene_fields,
    sensor_fields,
    thumbnail_asset,
)
from cloudless_mosaic.stac.documents import document_of, item_json
from cloudless_mosaic.stac.footprint import footprint
from cloudless_mosaic.stac.names import CATALOG, PARAMETERS, PLAN, PREFIX
from cloudless_mosaic.stac.provenance import PROCESSING_LEVEL
from cloudless_mosaic.storage.documents import json_bytes
from cloudless_mosaic.version import __version__

ITEM = "burned-area.json"
"""Name of the item's file."""

BURNED_CATALOG = "burned-area"
"""Id of the catalog."""

_EXTENSIONS = (PROJECTION, RASTER, PROCESSING, FILE, CLASSIFICATION)

EXPRESSIONS = {
    "dnbr": "nbr(before) - nbr(after)",
    "rbr": "(nbr(before) - nbr(after)) / (nbr(before) + 1.001)",
    "bai": "1 / ((0.1 - red(after))**2 + (0.06 - nir(after))**2)",
}
"""What each index is; ``nbr`` is ``(nir - swir22) / (nir + swir22)``."""

TITLES = {
    "dnbr": "Difference of the normalized burn ratio (dNBR)",
    "rbr": "Relativized burn ratio (RBR)",
    "bai": "Burned area index (BAI)",
}


def run_record(plan: ChangePlan) -> dict[str, Any]:
    """Everything in a plan that decides the bytes of its output, as JSON values."""
    return {**plan_record(plan.sources), "parameters": run_parameters(plan)}


def plan_fingerprint(plan: ChangePlan) -> str:
    """SHA-256 of ``run_record``."""
    return fingerprint(run_record(plan))


def run_parameters(plan: ChangePlan) -> dict[str, Any]:
    """The fields of the request that decide the output.

    A scene is written by its id, since the file of its item may lie anywhere.
    """
    pair = plan.pair
    return {"pre_fire": pair.before.id, "post_fire": pair.after.id, **written_fields(plan.request)}


def change_item(plan: ChangePlan, files: ChangeFiles, tally: Tally) -> bytes:
    """The item, as JSON. The same run gives the same bytes.

    Args:
        plan: The run.
        files: What was written.
        tally: Sums over the blocks.
    """
    pair = plan.pair
    geometry, bbox = footprint(plan.geobox, files.area)
    item = pystac.Item(
        id=f"burned-area-{pair.name}",
        geometry=geometry,
        bbox=bbox,
        datetime=None,
        start_datetime=pair.before.datetime,
        end_datetime=pair.after.datetime,
        stac_extensions=list(_EXTENSIONS),
        properties={
            "title": f"Burned area, {pair.before.datetime:%Y-%m-%d} to {pair.after.datetime:%Y-%m-%d}",
            **sensor_fields(plan.geobox),
            **projection_fields(plan.geobox, files.area),
            **_processing(plan),
            **_outcome(plan, tally),
            PARAMETERS: run_parameters(plan),
            PLAN: plan_fingerprint(plan),
        },
    )
    parents = [(relation, f"./{CATALOG}") for relation in (pystac.RelType.ROOT, pystac.RelType.PARENT)]
    scenes = (pair.before, pair.after)
    return item_json(item, _assets(plan, files, tally), parents, scenes, plan.request.output_dir)


def change_catalog(plan: ChangePlan) -> bytes:
    """The root catalog, as JSON."""
    pair = plan.pair
    catalog = pystac.Catalog(
        id=BURNED_CATALOG,
        title="Burned area",
        description=(
            f"Burned area and its severity between Sentinel-2 scenes {pair.before.id} and {pair.after.id}."
        ),
        extra_fields={PARAMETERS: run_parameters(plan), PLAN: plan_fingerprint(plan)},
    )
    catalog.clear_links()
    catalog.add_link(pystac.Link(pystac.RelType.ROOT, f"./{CATALOG}", pystac.MediaType.JSON))
    catalog.add_link(pystac.Link(pystac.RelType.ITEM, f"./{ITEM}", pystac.MediaType.GEOJSON, pair.name))
    return json_bytes(document_of(catalog))


def _processing(plan: ChangePlan) -> dict[str, Any]:
    """Fields of the processing extension."""
    request = plan.request
    masked = "Every pixel that has data on both dates was compared."
    if request.mask == "scl" and not request.mask_options and request.cloud_mask.classes:
        classes = ", ".join(f"{code} ({SCL_CLASSES[code]})" for code in sorted(request.clear_classes))
        masked = (
            f"Pixels were compared where the scene classification of both dates is one of {classes}; clouds "
            f"and shadows were grown by {request.cloud_mask.classes.dilation:g} m."
        )
    elif request.cloud_mask.reads_classes:
        masked = f"Pixels were compared where both dates are clear. {request.cloud_mask.description}"
    return {
        "processing:level": PROCESSING_LEVEL,
        "processing:software": {"cloudless-mosaic": __version__},
        "processing:lineage": (
            f"Sentinel-2 Level-2A surface reflectance before and after a fire. {masked} The radiometric "
            "offset of each scene was removed before. Pixels coarser than the output (20 m in B12) were "
            "repeated, finer ones averaged. Severity is by dNBR, the fall of the normalized burn ratio "
            "nbr = (nir - swir22) / (nir + swir22)."
        ),
        "processing:expression": {"format": "numpy", "expression": EXPRESSIONS[request.index]},
    }


def _outcome(plan: ChangePlan, tally: Tally) -> dict[str, Any]:
    """Areas, and the sources of the pixels: scenes and losses."""
    fields = {
        "areas": [
            {
                "class": area.severity.name,
                "code": area.severity.code,
                "pixels": area.pixels,
                "hectares": area.hectares,
            }
            for area in tally.areas
        ],
        "burned_hectares": tally.burned,
        "not_compared_hectares": tally.not_compared,
        "observations": tally.reading.observations,
        **loss_fields(tally.reading.lost, tally.reading.notes),
        "scenes": [scene_fields(scene) for scene in (plan.pair.before, plan.pair.after)],
    }
    return {PREFIX + key: value for key, value in fields.items()}


def _assets(plan: ChangePlan, files: ChangeFiles, tally: Tally) -> dict[str, pystac.Asset]:
    index = plan.request.index
    bands = {
        "index": {"name": index, "data_type": "float32", "nodata": "nan", **_statistics(tally)},
        "severity": {
            "name": "severity",
            "data_type": "uint8",
            "nodata": NOT_COMPARED,
            "classification:classes": _classes(),
        },
    }
    texts = {
        "index": (TITLES[index], f"{EXPRESSIONS[index]}; NaN is nodata", ["data"]),
        "severity": ("Burn severity", "Classes by dNBR; 0 is nodata", ["data", "classification"]),
    }
    rasters = {"index": files.index, "severity": files.severity}
    return {
        **{
            key: raster_asset(file, *texts[key], plan.geobox, [bands[key] | {"raster:sampling": "area"}])
            for key, file in rasters.items()
        },
        "thumbnail": thumbnail_asset(
            files.picture,
            "Picture",
            "Classes of severity in their colours; transparent where nothing could be compared",
            plan.geobox,
            files.picture_factor,
        ),
    }


def _classes() -> list[dict[str, Any]]:
    nothing = {
        "value": NOT_COMPARED,
        "name": "not_compared",
        "description": "no data or masked",
        "nodata": True,
    }
    return [
        nothing,
        *(
            {"value": one.code, "name": one.name, "description": one.title, "color_hint": one.colour_hint}
            for one in SEVERITY_CLASSES
        ),
    ]


def _statistics(tally: Tally) -> dict[str, Any]:
    """Statistics if at least one pixel has a value."""
    found = tally.statistics
    if found is None:
        return {}
    return {
        "statistics": {
            "minimum": round(found.minimum, 6),
            "maximum": round(found.maximum, 6),
            "mean": round(found.mean, 6),
            "count": found.count,
        }
    }
