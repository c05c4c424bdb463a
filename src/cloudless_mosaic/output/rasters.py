"""The raster files of a mosaic: what each holds, and its pixels of a block."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cloudless_mosaic.cog.encoding import Pixels
from cloudless_mosaic.cog.picture import SCALE, Stretch
from cloudless_mosaic.cog.writer import CogSpec
from cloudless_mosaic.compositing.composite import Composite
from cloudless_mosaic.domain.bands import canonical_band, common_name
from cloudless_mosaic.planning.plan import MosaicPlan

MOSAIC, COUNT, VISUAL = "", "count", "visual"
"""Names of the files that every mosaic has; those of layers follow."""


@dataclass(frozen=True, slots=True)
class Raster:
    """A raster file of a mosaic."""

    name: str
    """``count``, ``visual`` or the name of a layer; empty for the mosaic itself."""
    suffix: str
    """End of the name of its file."""
    spec: CogSpec
    """Content and format."""


def mosaic_rasters(plan: MosaicPlan) -> tuple[Raster, ...]:
    """The files of each mosaic of a plan: mosaic, count, picture, layers."""
    from cloudless_mosaic.stac.items import output_bands  # noqa: PLC0415 - pystac loads slowly

    geobox, codec = plan.geobox, plan.request.compression
    bands = output_bands(plan.request.bands)
    picture = tuple(common_name(band) for band in _stretch(plan.request.bands).bands)
    mosaic = CogSpec(
        geobox=geobox, bands=bands, dtype="uint16", reduction="average", codec=codec, nodata=0, scale=SCALE
    )
    # 0 is a count like any other, so there's no nodata value
    count = CogSpec(geobox=geobox, bands=("count",), dtype="uint16", reduction="nearest", codec=codec)
    visual = CogSpec(
        geobox=geobox,
        bands=picture,
        dtype="uint8",
        reduction="average",
        codec=codec,
        nodata=0,
        rgb=len(picture) == 3,
    )
    layers = (
        Raster(
            layer.name,
            f"-{layer.ending}.tif",
            CogSpec(
                geobox=geobox,
                bands=layer.bands(plan.request.reduction, bands),
                dtype=layer.dtype,
                reduction="average" if layer.dtype == "float32" else "nearest",
                codec=codec,
                nodata=layer.nodata,
            ),
        )
        for layer in plan.request.all_layers
    )
    return (
        Raster(MOSAIC, ".tif", mosaic),
        Raster(COUNT, "-count.tif", count),
        Raster(VISUAL, "-visual.tif", visual),
        *layers,
    )


def raster_pixels(raster: str, composite: Composite, bands: tuple[str, ...]) -> Pixels:
    """The pixels of a raster in a block, shape (band, y, x).

    Args:
        raster: Its name.
        composite: The block.
        bands: Names of the bands of the composite.
    """
    if raster == MOSAIC:
        return composite.data
    if raster == COUNT:
        return composite.count[None]
    if raster == VISUAL:
        return _stretch(bands)(composite.data)
    return composite.layers[raster]


@lru_cache(maxsize=4)
def _stretch(bands: tuple[str, ...]) -> Stretch:
    return Stretch([canonical_band(band) for band in bands])
