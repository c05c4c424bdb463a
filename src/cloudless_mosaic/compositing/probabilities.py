"""Reads cloud probabilities, and makes clouds of the classification of them."""

from __future__ import annotations

from collections.abc import Sequence

from affine import Affine

from cloudless_mosaic.compositing.granules import Layer, MaskLayer, PlacedGranule
from cloudless_mosaic.compositing.pixel_mapping import map_pixels
from cloudless_mosaic.compositing.pixel_values import class_conversion
from cloudless_mosaic.compositing.placing import require_fit
from cloudless_mosaic.compositing.resampling import mask_at_centres
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import ContentError, SourceError
from cloudless_mosaic.geo.geobox import GeoBox
from cloudless_mosaic.masks.levels import Bools, UInt8s
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.reading.alternates import open_raster
from cloudless_mosaic.reading.protocol import RasterReader

Clouds = Bools | SourceError


def probable_clouds(
    layers: Sequence[tuple[PlacedGranule, MaskLayer]], limit: float, reader: RasterReader
) -> dict[int, Clouds]:
    """Where clouds are probable.

    Args:
        layers: Granules and their classifications; those without a cloud probability are left out.
        limit: Percent from which on a pixel is cloud; more than 100 is no probability.
        reader: Where pixels come from.

    Returns:
        Shape of the window of the classification, or why it can't be read; by the number of the granule.
    """
    found: dict[int, Clouds] = {}
    jobs: list[tuple[int, Layer]] = []
    for granule, layer in layers:
        raster = granule.source.probability
        if raster is not None:
            try:
                jobs.append((granule.number, _on_classification(raster, layer, reader)))
            except SourceError as error:
                found[granule.number] = error
    for position, answer in reader.read_many([one.read() for _, one in jobs]):
        number, probability = jobs[position]
        if isinstance(answer, SourceError):
            found[number] = answer
            continue
        percent: UInt8s = mask_at_centres(answer, probability.mapping)
        found[number] = (percent >= limit) & (percent <= 100)
    return found


def _on_classification(raster: SourceRaster, layer: MaskLayer, reader: RasterReader) -> Layer:
    """A cloud probability as the window of a classification sees it.

    Raises:
        SourceError: if its header can't be read, or it lies elsewhere.
    """
    grid, window = layer.layer.grid, layer.window
    (x, y), (width, height) = grid.origin, grid.pixel
    corner = Affine(width, 0, x + window.column * width, 0, -height, y - window.row * height)
    raster, header = open_raster(reader, raster)
    require_fit(raster, header)
    mapping = map_pixels(GeoBox(window.shape, corner, grid.crs), header.levels[0])
    if mapping is None:
        raise ContentError(
            f"{redact(raster.href)} lies elsewhere than its scene classification; leave it out"
        )
    conversion = class_conversion(raster, header)
    return Layer("", raster.href, 0, header.levels[0], mapping, layer.layer.alone, conversion)
