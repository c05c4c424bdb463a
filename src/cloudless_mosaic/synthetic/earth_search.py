"""STAC metadata in the styles of Earth Search v1, by Element 84: ``sentinel-2-l2a`` and Collection 1.

Their pixels differ: the former removes the offset of baseline 04.00 and later, and flags it; Collection 1
leaves it in. The metadata of both declares the offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shapely.geometry import MultiPolygon, Polygon, mapping

from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.items import COG_TYPE, Json, ProviderStyle, class_shares
from cloudless_mosaic.synthetic.products import SCL, Product, bounding_box, raster_resolution
from cloudless_mosaic.synthetic.sun import reflectance_conversion_factor

_EXTENSIONS = [
    f"https://stac-extensions.github.io/{name}/schema.json"
    for name in (
        *("projection/v1.1.0", "sentinel-2/v1.0.0", "view/v1.0.0", "raster/v1.1.0"),
        *("processing/v1.1.0", "mgrs/v1.0.0", "eo/v1.1.0", "grid/v1.1.0"),
    )
]
_LATE = timedelta(seconds=31)
"""Time from the start of a datatake to a granule."""


@dataclass(frozen=True, slots=True)
class EarthSearchV1:
    """``sentinel-2-l2a``: the offset is removed and flagged, with JPEG 2000 beside GeoTIFF."""

    collection: str = "sentinel-2-l2a"
    """Id of the collection."""

    def offset(self, acquisition: Acquisition) -> int:
        """0, except for baseline 04.00 itself: the flag of some of its scenes is false."""
        return acquisition.offset if acquisition.baseline == "04.00" else 0

    def item_id(self, product: Product) -> str:
        """Satellite, granule, day, number of the processing."""
        return short_id(product)

    def file_name(self, product: Product, raster: str) -> str:  # noqa: ARG002 - the folder names the product
        """The name of the band."""
        return f"{raster}.tif"

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item of a product, without links."""
        properties = {
            **_v1_properties(product),
            "s2:sequence": str(product.sequence),
            "earthsearch:s3_path": f"s3://sentinel-cogs/sentinel-s2-l2a-cogs/{self.item_id(product)}",
            "earthsearch:payload_id": f"roda-sentinel2/workflow-sentinel2-to-stac/{self.item_id(product)}",
            "earthsearch:boa_offset_applied": self.offset(product.acquisition) != product.acquisition.offset,
        }
        assets = _v1_assets(product, bands)
        for key, asset in list(assets.items()):
            href = f"s3://sentinel-s2-l2a/tiles/{product.extent.granule.name}/{asset['href'][2:-4]}.jp2"
            assets[f"{key}-jp2"] = asset | {"href": href, "type": "image/jp2"}
        return earth_search_item(
            self, product, area, properties | {"proj:epsg": product.extent.granule.epsg}, assets
        )

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """Title and licence."""
        return collection_document(self.collection, bands)


@dataclass(frozen=True, slots=True)
class EarthSearchC1:
    """``sentinel-2-c1-l2a``: pixels as ESA made them."""

    collection: str = "sentinel-2-c1-l2a"
    """Id of the collection."""

    def offset(self, acquisition: Acquisition) -> int:
        """1000 from baseline 04.00 on."""
        return acquisition.offset

    def item_id(self, product: Product) -> str:
        """Satellite, granule, start of the datastrip; only the last of several processings has an item."""
        acquisition = product.acquisition
        granule = product.extent.granule.name
        return f"{acquisition.platform}_T{granule}_{acquisition.strip_start:%Y%m%dT%H%M%S}_L2A"

    def file_name(self, product: Product, raster: str) -> str:  # noqa: ARG002 - the folder names the product
        """The name of the band."""
        return f"{raster}.tif"

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item of a product, without links."""
        properties = {
            **_v1_properties(product),
            "earthsearch:payload_id": f"roda-sentinel-2-c1-l2a/workflow/{self.item_id(product)}",
            "proj:epsg": product.extent.granule.epsg,
            "storage:platform": "AWS",
            "storage:region": "us-west-2",
            "storage:requester_pays": False,
        }
        return earth_search_item(self, product, area, properties, _v1_assets(product, bands))

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """Title and licence."""
        return collection_document(self.collection, bands)


EARTH_SEARCH_V1 = EarthSearchV1()
EARTH_SEARCH_C1 = EarthSearchC1()


def short_id(product: Product) -> str:
    """Satellite, granule, day and number of the processing."""
    acquisition = product.acquisition
    granule = product.extent.granule.name.lstrip("0")
    return f"{acquisition.platform}_{granule}_{acquisition.start:%Y%m%d}_{product.sequence}_L2A"


def platform_name(product: Product) -> str:
    """The satellite in lower case."""
    return f"sentinel-{product.acquisition.platform[1:].lower()}"


def granule_time(product: Product) -> str:
    """Sensing time of the granule, to the second; other providers give the start of the datatake."""
    return f"{product.acquisition.start + _LATE:%Y-%m-%dT%H:%M:%S}"


def _v1_properties(product: Product) -> Json:
    acquisition, granule = product.acquisition, product.extent.granule
    station = f"2APS_{product.generated}"
    stamp = f"{acquisition.generated:%Y-%m-%dT%H:%M:%S}"
    return {
        "created": f"{stamp}.115Z",
        "platform": platform_name(product),
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "mgrs:utm_zone": int(granule.name[:2]),
        "mgrs:latitude_band": granule.name[2],
        "mgrs:grid_square": granule.name[3:],
        "grid:code": f"MGRS-{granule.name.lstrip('0')}",
        "view:sun_azimuth": acquisition.sun.azimuth,
        "view:sun_elevation": 90 - acquisition.sun.zenith,
        "s2:tile_id": product.granule_id(station),
        "s2:degraded_msi_data_percentage": 0.0,
        "s2:nodata_pixel_percentage": product.nodata_percentage,
        **class_shares(product),
        "s2:product_type": "S2MSI2A",
        "s2:processing_baseline": acquisition.baseline,
        "s2:product_uri": product.uri,
        "s2:generation_time": f"{stamp}.000000Z",
        "s2:datatake_id": product.datatake,
        "s2:datatake_type": "INS-NOBS",
        "s2:datastrip_id": product.datastrip(station),
        "s2:reflectance_conversion_factor": reflectance_conversion_factor(acquisition.start),
        "datetime": f"{granule_time(product)}.635000Z",
        "processing:software": {"cloudless-mosaic": "synthetic"},
        "updated": f"{stamp}.115Z",
    }


def _v1_assets(product: Product, bands: tuple[str, ...]) -> Json:
    assets: Json = {}
    for raster in (*bands, SCL):
        resolution = raster_resolution(raster)
        grid = product.extent.grid(resolution)
        described: Json = {"nodata": 0, "spatial_resolution": resolution}
        asset: Json = {
            "href": f"./{raster}.tif",
            "type": COG_TYPE,
            "gsd": resolution,
            "proj:shape": list(grid.shape),
            "proj:transform": list(grid.transform),
        }
        if raster == SCL:
            assets["scl"] = asset | {
                "title": "Scene classification map (SCL)",
                "raster:bands": [described | {"data_type": "uint8"}],
                "roles": ["data"],
            }
        else:
            advertised = -0.1 if product.acquisition.offset else 0
            described |= {"data_type": "uint16", "scale": 0.0001, "offset": advertised}
            band = BANDS[raster]
            assets[band.common_name] = asset | {
                "title": f"{band.common_name} - {resolution}m",
                "eo:bands": [_eo_band(raster)],
                "raster:bands": [described],
                "roles": ["data", "reflectance"],
            }
    return assets


def _eo_band(raster: str) -> dict[str, Any]:
    """The three red edge bands share a common name, which is therefore ambiguous."""
    band = BANDS[raster]
    shared = band.common_name.startswith("rededge")
    return {
        "name": raster,
        "common_name": "rededge" if shared else band.common_name,
        "center_wavelength": band.center_wavelength,
        "full_width_half_max": band.full_width_half_max,
    }


def earth_search_item(
    style: ProviderStyle, product: Product, area: Polygon | MultiPolygon, properties: Json, assets: Json
) -> Json:
    """An item of STAC 1.0 from its parts, without links."""
    return {
        "type": "Feature",
        "stac_version": "1.0.0",
        "stac_extensions": _EXTENSIONS,
        "id": style.item_id(product),
        "collection": style.collection,
        "geometry": mapping(area),
        "bbox": list(bounding_box(area)),
        "properties": properties,
        "links": [],
        "assets": assets,
    }


def collection_document(collection: str, bands: tuple[str, ...]) -> Json:
    """A shortened collection of Earth Search, without extent and links."""
    return {
        "type": "Collection",
        "stac_version": "1.0.0",
        "stac_extensions": [],
        "id": collection,
        "title": "Sentinel-2 Level-2A (synthetic)",
        "description": f"A synthetic archive of {', '.join(bands)} in the shape of Earth Search.",
        "license": "MIT",
    }
