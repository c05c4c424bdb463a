"""STAC metadata in the style of the Copernicus Data Space Ecosystem: STAC 1.1, JPEG 2000, raw pixels."""

from __future__ import annotations

from dataclasses import dataclass

from shapely.geometry import MultiPolygon, Polygon, mapping

from cloudless_mosaic.domain.bands import BANDS
from cloudless_mosaic.synthetic.acquisitions import Acquisition
from cloudless_mosaic.synthetic.items import Json, class_shares, grid_fields
from cloudless_mosaic.synthetic.products import SCL, Product, bounding_box, raster_resolution

_EXTENSIONS = [
    f"https://stac-extensions.github.io/{name}/schema.json"
    for name in (
        *("eo/v2.0.0", "raster/v2.0.0", "sat/v1.0.0", "projection/v2.0.0", "grid/v1.1.0"),
        *("view/v1.0.0", "processing/v1.2.0", "product/v0.1.0"),
    )
]
_RESOLUTIONS = {"B08": (10,)}
"""Resolutions, in metres, of a band that isn't served at its native resolution and all coarser ones."""


@dataclass(frozen=True, slots=True)
class Copernicus:
    """``sentinel-2-l2a``: grids and CRS on the assets, each band at several resolutions."""

    collection: str = "sentinel-2-l2a"
    """Id of the collection."""

    def offset(self, acquisition: Acquisition) -> int:
        """1000 from baseline 04.00 on: the provider leaves ESA's offset in the pixels."""
        return acquisition.offset

    def item_id(self, product: Product) -> str:
        """The name of the product."""
        return product.name()

    def file_name(self, product: Product, raster: str) -> str:
        """The name of ESA."""
        return f"{product.file_stem(raster)}.jp2"

    def item(self, product: Product, area: Polygon | MultiPolygon, bands: tuple[str, ...]) -> Json:
        """The STAC item of a product, without links.

        Only the native resolution of a band has a file; hrefs of other resolutions need keys.
        """
        return {
            "type": "Feature",
            "stac_version": "1.1.0",
            "stac_extensions": _EXTENSIONS,
            "id": self.item_id(product),
            "collection": self.collection,
            "geometry": mapping(area),
            "bbox": list(bounding_box(area)),
            "properties": _properties(product),
            "links": [],
            "assets": {
                f"{raster}_{resolution}m": self._asset(product, raster, resolution)
                for raster in (*bands, SCL)
                for resolution in _RESOLUTIONS.get(raster, (10, 20, 60))
                if resolution >= raster_resolution(raster)
            },
        }

    def collection_fields(self, bands: tuple[str, ...]) -> Json:
        """Title and licence."""
        return {
            "type": "Collection",
            "stac_version": "1.1.0",
            "stac_extensions": [],
            "id": self.collection,
            "title": "Sentinel-2 Level-2A (synthetic)",
            "description": f"A synthetic archive of {', '.join(bands)} in the shape of the Data Space.",
            "license": "MIT",
        }

    def _asset(self, product: Product, raster: str, resolution: int) -> Json:
        native = resolution == raster_resolution(raster)
        name = f"{raster}_{resolution}m"
        away = f"s3://eodata/Sentinel-2/MSI/L2A/{product.uri}/IMG_DATA/R{resolution}m/{name}.jp2"
        asset: Json = {
            "href": f"./{self.file_name(product, raster)}" if native else away,
            "type": "image/jp2",
            "title": name,
            "gsd": resolution,
            "nodata": 0,
            "data_type": "uint8" if raster == SCL else "uint16",
            "proj:code": product.extent.granule.crs,
            "roles": [
                "data",
                *([] if raster == SCL else ["reflectance"]),
                "sampling:original" if native else "sampling:downsampled",
                f"gsd:{resolution}m",
            ],
        }
        if native:
            asset |= grid_fields(product.extent.grid(resolution))
        if raster == SCL:
            return asset
        band = BANDS[raster]
        return asset | {
            "raster:scale": 0.0001,
            "raster:offset": -0.1 if product.acquisition.offset else 0,
            "bands": [
                {
                    "name": raster,
                    "eo:common_name": band.stac_name,
                    "eo:center_wavelength": band.center_wavelength,
                    "eo:full_width_half_max": band.full_width_half_max,
                }
            ],
        }


COPERNICUS = Copernicus()


def _properties(product: Product) -> Json:
    acquisition = product.acquisition
    sensed = f"{acquisition.start:%Y-%m-%dT%H:%M:%S}.024Z"
    generated = f"{acquisition.generated:%Y-%m-%dT%H:%M:%S}.000000Z"
    return {
        "gsd": 10,
        "created": generated,
        "updated": generated,
        "datetime": sensed,
        "start_datetime": sensed,
        "end_datetime": sensed,
        "platform": f"sentinel-{acquisition.platform[1:].lower()}",
        "constellation": "sentinel-2",
        "instruments": ["msi"],
        "grid:code": f"MGRS-{product.extent.granule.name}",
        "product:type": "S2MSI2A",
        "eo:cloud_cover": class_shares(product)["eo:cloud_cover"],
        "eopf:datatake_id": product.datatake,
        "eopf:datastrip_id": product.datastrip(f"S2RP_{product.generated}"),
        "eopf:instrument_mode": "INS-NOBS",
        "processing:level": "L2",
        "processing:version": acquisition.baseline,
        "processing:datetime": generated,
        "processing:facility": "ESA",
        "sat:orbit_state": "descending",
        "sat:absolute_orbit": acquisition.absolute_orbit,
        "sat:relative_orbit": acquisition.relative_orbit,
        "view:sun_azimuth": acquisition.sun.azimuth,
        "view:sun_elevation": 90 - acquisition.sun.zenith,
    }
