"""What the STAC items of both programs say alike: place, files, scenes, losses."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pystac
from pyproj import CRS
from pystac.utils import datetime_to_str
from shapely.geometry.base import BaseGeometry

from cloudless_mosaic.cog.writer import CogFile
from cloudless_mosaic.domain.results import LostObservation, SceneNote
from cloudless_mosaic.domain.scenes import Scene
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.stac.footprint import pixel_metres, projected
from cloudless_mosaic.stac.names import SHA256
from cloudless_mosaic.stac.provenance import derived_from_href

PROJECTION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
RASTER = "https://stac-extensions.github.io/raster/v2.0.0/schema.json"
EO = "https://stac-extensions.github.io/eo/v2.0.0/schema.json"
PROCESSING = "https://stac-extensions.github.io/processing/v1.2.0/schema.json"
FILE = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
RENDER = "https://stac-extensions.github.io/render/v2.0.0/schema.json"
CLASSIFICATION = "https://stac-extensions.github.io/classification/v2.0.0/schema.json"


def sensor_fields(geobox: GeoBox) -> dict[str, Any]:
    """Instrument, and size of a pixel on the ground."""
    return {"constellation": "sentinel-2", "instruments": ["msi"], "gsd": pixel_metres(geobox)}


def projection_fields(geobox: GeoBox, area: BaseGeometry) -> dict[str, Any]:
    """Fields of the projection extension.

    Args:
        geobox: The grid.
        area: Where it has data, in pixels.
    """
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
        "proj:geometry": projected(geobox, area),
    }


def scene_fields(scene: Scene) -> dict[str, Any]:
    """A scene, and what was decided on its radiometric offset."""
    return {
        "id": scene.id,
        "datetime": datetime_to_str(scene.datetime),
        "offset": scene.offset,
        "offset_reason": scene.offset_reason,
    }


def loss_fields(lost: Iterable[LostObservation], notes: Iterable[SceneNote]) -> dict[str, Any]:
    """Observations that could not be read, and what is to know of scenes."""
    return {
        "lost_observations": [
            {"scene": one.scene_id, "block": list(one.block), "reason": one.reason} for one in lost
        ],
        "notes": [{"scene": one.scene_id, "note": one.text, "warning": one.warning} for one in notes],
    }


def scene_links(scenes: Iterable[Scene], folder: Path) -> list[pystac.Link]:
    """A link to the item of each scene that has an address.

    Args:
        scenes: Those that an item was made of.
        folder: Of the item; paths are relative to it.
    """
    hrefs = [(scene.id, derived_from_href(scene.href, folder)) for scene in scenes]
    return [
        pystac.Link(pystac.RelType.DERIVED_FROM, href, pystac.MediaType.GEOJSON, name)
        for name, href in hrefs
        if href
    ]


def raster_asset(
    file: CogFile,
    title: str,
    description: str,
    roles: list[str],
    geobox: GeoBox,
    bands: list[dict[str, Any]],
) -> pystac.Asset:
    """A COG on the grid of its item."""
    asset = _asset(file, title, description, roles)
    asset.extra_fields |= {"gsd": pixel_metres(geobox), "bands": bands}
    return asset


def thumbnail_asset(file: CogFile, title: str, description: str, geobox: GeoBox, factor: int) -> pystac.Asset:
    """A PNG with a pixel for so many, along an edge, of the grid."""
    rows, columns = geobox.shape
    a, b, c, d, e, f = geobox.affine[:6]
    asset = _asset(file, title, description, ["thumbnail"])
    asset.media_type = pystac.MediaType.PNG
    asset.extra_fields |= {
        "proj:shape": [-(-rows // factor), -(-columns // factor)],
        "proj:transform": [a * factor, b * factor, c, d * factor, e * factor, f],
    }
    return asset


def _asset(file: CogFile, title: str, description: str, roles: list[str]) -> pystac.Asset:
    fields = {"file:size": file.size, "file:checksum": SHA256 + file.sha256}
    return pystac.Asset(f"./{file.path.name}", title, description, pystac.MediaType.COG, roles, fields)
