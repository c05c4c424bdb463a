"""STAC metadata of products, in the style of a provider.

A style also determines the offset that the provider leaves in the pixels (baseline 04.00 and later), so that
the same land can be served as by any provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from shapely.geometry import MultiPolygon, Polygon, mapping

from cloudless_mosaic.domain.scenes import SourceGrid
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.products import SCL, Product, bounding_box, raster_resolution
from cloudless_mosaic.synthetic.sun import reflectance_conversion_factor

Json = dict[str, Any]

COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"

_EXTENSIONS = [
    "https://stac-extensions.github.io/eo/v1.0.0/schema.json",
    "https://stac-extensions.github.io/sat/v1.0.0/schema.json",
    "https://stac-extensions.github.io/projection/v1.1.0/schema.json",
]
_BANDS = {
    "B01": ("Band 1 - Coastal aerosol", "coastal", 0.443, 0.027),
    "B02": ("Band 2 - Blue", "blue", 0.49, 0.098),
    "B03": ("Band 3 - Green", "green", 0.56, 0.045),
    "B04": ("Band 4 - Red", "red", 0.665, 0.038),
    "B05": ("Band 5 - Vegetation red edge 1", "rededge", 0.704, 0.019),
    "B06": ("Band 6 - Vegetation red edge 2", "rededge", 0.74, 0.018),
    "B07": ("Band 7 - Vegetation red edge 3", "rededge", 0.783, 0.028),
    "B08": ("Band 8 - NIR", "nir", 0.842, 0.145),
    "B8A": ("Band 8A - Vegetation red edge 4", "rededge", 0.865, 0.033),
    "B09": ("Band 9 - Water vapor", "", 0.945, 0.026),
    "B11": ("Band 11 - SWIR (1.6)", "swir16", 1.61, 0.143),
    "B12": ("Band 12 - SWIR (2.2)", "swir22", 2.19, 0.242),
}
"""Title, common name where it has one, centre wavelength and full width at half maximum in micrometres."""

_CLASS_PROPERTIES = {
    "s2:water_percentage": (6,),
    "s2:snow_ice_percentage": (11,),
    "s2:vegetation_percentage": (4,),
    "s2:thin_cirrus_percentage": (10,),
    "s2:cloud_shadow_percentage": (3,),
    "s2:unclassified_percentage": (7,),
    "s2:dark_features_percentage": (2,),
    "s2:not_vegetated_percentage": (5,),
    "s2:high_proba_clouds_percentage": (9,),
    "s2:medium_proba_clouds_percentage": (8,),
    "s2:saturated_defective_pixel_percentage": (1,),
    "eo:cloud_cover": (8, 9, 10),
}
"""Classes of the scene classification that count for each property."""


class ProviderStyle(Protocol):
    """How a provider describes products, and the offset that it leaves in their pixels."""

    @property
    def collection(self) -> str:
        """Id of the collection."""
        ...

    def offset(self, acquisition: Acquisition) -> int:
        """Digital number that the provider's pixels carry above ``reflectance / 0.0001``."""
        ...

    def item_id(self, product: Product) -> str:
        """Id of the item of a product, and name of its folder."""
        ...

    def file_name(self, product: Product, raster: str) -> str:
        """Name of the file of a band or of the scene classification, with the suffix of its format."""
        ...

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item of a product, without links; its asset hrefs are the names of the files beside it."""
        ...

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """The provider's description of its collection, without extent and links."""
        ...


@dataclass(frozen=True, slots=True)
class PlanetaryComputer:
    """``sentinel-2-l2a`` as the Planetary Computer serves it: original pixels of ESA, STAC 1.0."""

    collection: str = "sentinel-2-l2a"
    """Id of the collection."""

    def offset(self, acquisition: Acquisition) -> int:
        """1000 from baseline 04.00 on: the provider leaves ESA's offset in the pixels."""
        return acquisition.offset

    def item_id(self, product: Product) -> str:
        """A product name without its baseline."""
        return product.name(baseline=False)

    def file_name(self, product: Product, raster: str) -> str:
        """The name of ESA, except its suffix."""
        return f"{product.file_stem(raster)}.tif"

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item of a product, without links."""
        return {
            "type": "Feature",
            "stac_version": "1.0.0",
            "stac_extensions": _EXTENSIONS,
            "id": self.item_id(product),
            "collection": self.collection,
            "geometry": mapping(area),
            "bbox": list(bounding_box(area)),
            "properties": _properties(product),
            "links": [],
            "assets": {
                raster: _asset(product, raster, self.file_name(product, raster)) for raster in (*bands, SCL)
            },
        }

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """Title, licence, providers and bands."""
        described = {raster: _raster_fields(raster) for raster in (*bands, SCL)}
        return {
            "type": "Collection",
            "stac_version": "1.0.0",
            "stac_extensions": ["https://stac-extensions.github.io/item-assets/v1.0.0/schema.json"],
            "id": self.collection,
            "title": "Sentinel-2 Level-2A (synthetic)",
            "description": "A synthetic archive in the shape of Sentinel-2 Level-2A. No satellite took it.",
            "license": "MIT",
            "keywords": ["Sentinel", "MSI", "reflectance", "synthetic"],
            "providers": [{"name": "cloudless-mosaic", "roles": ["producer", "host"]}],
            "summaries": {
                "gsd": sorted({raster_resolution(raster) for raster in (*bands, SCL)}),
                "platform": ["Sentinel-2A", "Sentinel-2B"],
                "constellation": ["Sentinel 2"],
                "instruments": ["msi"],
                "eo:bands": [_eo_band(band) for band in bands],
            },
            "item_assets": described,
        }


PLANETARY_COMPUTER = PlanetaryComputer()


def _properties(product: Product) -> Json:
    acquisition = product.acquisition
    return {
        "datetime": f"{acquisition.start:%Y-%m-%dT%H:%M:%S}.024000Z",
        "platform": f"Sentinel-{acquisition.platform[1:]}",
        "proj:epsg": product.extent.granule.epsg,
        "instruments": ["msi"],
        "constellation": "Sentinel 2",
        "sat:orbit_state": "descending",
        "sat:relative_orbit": acquisition.relative_orbit,
        "s2:mgrs_tile": product.extent.granule.name,
        "s2:generation_time": f"{acquisition.generated:%Y-%m-%dT%H:%M:%S}.024000Z",
        "s2:processing_baseline": acquisition.baseline,
        "s2:product_type": "S2MSI2A",
        "s2:datatake_type": "INS-NOBS",
        **_esa_ids(product),
        "s2:mean_solar_zenith": acquisition.sun.zenith,
        "s2:mean_solar_azimuth": acquisition.sun.azimuth,
        "s2:reflectance_conversion_factor": reflectance_conversion_factor(acquisition.start),
        "s2:degraded_msi_data_percentage": 0.0,
        "s2:nodata_pixel_percentage": product.nodata_percentage,
        **class_shares(product),
    }


def _esa_ids(product: Product) -> Json:
    station = f"MSFT_{product.generated}"
    return {
        "s2:product_uri": product.uri,
        "s2:datatake_id": product.datatake,
        "s2:datastrip_id": product.datastrip(station),
        "s2:granule_id": product.granule_id(station),
    }


def class_shares(product: Product) -> Json:
    """Percentages of classes and of cloud, as in the ``s2:`` and ``eo:`` properties."""
    return {name: product.percentage(*classes) for name, classes in _CLASS_PROPERTIES.items()}


def _asset(product: Product, raster: str, file_name: str) -> Json:
    grid = product.extent.grid(raster_resolution(raster))
    return {"href": f"./{file_name}", **grid_fields(grid), **_raster_fields(raster)}


def grid_fields(grid: SourceGrid) -> Json:
    """Fields of the projection extension that every provider writes to assets, and the bounds."""
    return {
        "proj:bbox": list(grid.bounds),
        "proj:shape": list(grid.shape),
        "proj:transform": list(grid.transform),
    }


def _raster_fields(raster: str) -> Json:
    resolution = raster_resolution(raster)
    fields: Json = {"gsd": float(resolution), "type": COG_TYPE, "roles": ["data"]}
    if raster == SCL:
        return fields | {"title": "Scene classfication map (SCL)"}
    return fields | {"title": f"{_BANDS[raster][0]} - {resolution}m", "eo:bands": [_eo_band(raster)]}


def _eo_band(band: str) -> Json:
    description, common_name, centre, width = _BANDS[band]
    return {
        "name": band,
        **({"common_name": common_name} if common_name else {}),
        "description": description,
        "center_wavelength": centre,
        "full_width_half_max": width,
    }
