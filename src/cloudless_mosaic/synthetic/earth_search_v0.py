"""STAC metadata in the style of Earth Search v0, by Element 84: the offset is removed from all pixels."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPolygon, Polygon

from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.earth_search import (
    collection_document,
    earth_search_item,
    granule_time,
    platform_name,
    short_id,
)
from cloudless_mosaic.synthetic.items import COG_TYPE, Json, class_shares
from cloudless_mosaic.synthetic.products import SCL, Product, raster_resolution


@dataclass(frozen=True, slots=True)
class EarthSearchV0:
    """``sentinel-s2-l2a-cogs``: a beta of STAC 1.0, product names as keys, ``sentinel:`` properties."""

    collection: str = "sentinel-s2-l2a-cogs"
    """Id of the collection."""

    def offset(self, acquisition: Acquisition) -> int:  # noqa: ARG002 - the same for all
        """0: the provider removes the offset."""
        return 0

    def item_id(self, product: Product) -> str:
        """Satellite, granule, day, number of the processing."""
        return short_id(product)

    def file_name(self, product: Product, raster: str) -> str:  # noqa: ARG002 - the folder names the product
        """The name of the band."""
        return f"{raster}.tif"

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item, without links; in old items, only the name of the product has the baseline."""
        acquisition, granule = product.acquisition, product.extent.granule
        properties: Json = {
            "datetime": f"{granule_time(product)}Z",
            "platform": platform_name(product),
            "constellation": "sentinel-2",
            "instruments": ["msi"],
            "gsd": 10,
            "view:off_nadir": 0,
            "proj:epsg": granule.epsg,
            "sentinel:utm_zone": int(granule.name[:2]),
            "sentinel:latitude_band": granule.name[2],
            "sentinel:grid_square": granule.name[3:],
            "sentinel:sequence": str(product.sequence),
            "sentinel:product_id": product.name(),
            "sentinel:data_coverage": round(100 - product.nodata_percentage, 2),
            "eo:cloud_cover": class_shares(product)["eo:cloud_cover"],
            "sentinel:valid_cloud_cover": True,
            "created": f"{acquisition.generated:%Y-%m-%dT%H:%M:%S}.685Z",
            "updated": f"{acquisition.generated:%Y-%m-%dT%H:%M:%S}.685Z",
        }
        if acquisition.offset:
            properties["sentinel:processing_baseline"] = acquisition.baseline
            properties["sentinel:boa_offset_applied"] = True
        assets = {raster: self._asset(product, raster) for raster in (*bands, SCL)}
        item = earth_search_item(self, product, area, properties, assets)
        return item | {"stac_version": "1.0.0-beta.2", "stac_extensions": ["eo", "view", "proj"]}

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """Title and licence."""
        return collection_document(self.collection, bands)

    def _asset(self, product: Product, raster: str) -> Json:
        resolution = raster_resolution(raster)
        grid = product.extent.grid(resolution)
        asset: Json = {
            "title": f"Band {raster[1:].lstrip('0')}" if raster != SCL else "Scene Classification Map (SCL)",
            "type": COG_TYPE,
            "roles": ["data"],
            "href": f"./{raster}.tif",
            "proj:shape": list(grid.shape),
            "proj:transform": [*grid.transform, 0, 0, 1],
        }
        if raster != SCL:
            band = BANDS[raster]
            asset |= {
                "gsd": resolution,
                "eo:bands": [
                    {
                        "name": raster,
                        "center_wavelength": band.center_wavelength,
                        "full_width_half_max": band.full_width_half_max,
                    }
                ],
            }
        return asset


EARTH_SEARCH_V0 = EarthSearchV0()
