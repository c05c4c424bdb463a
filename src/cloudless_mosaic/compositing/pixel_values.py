"""What the pixels of a raster mean, by the header of its file and by its item."""

from __future__ import annotations

import math

import numpy as np

from cloudless_mosaic.domain.pixels import (
    LARGEST_SCALE,
    PIXEL_TYPES,
    REFLECTANCE_SCALE,
    UNDECLARED,
    DeclaredPixels,
    is_product_scale,
)
from cloudless_mosaic.domain.scenes import SourceRaster
from cloudless_mosaic.errors import ContentError
from cloudless_mosaic.net.redaction import redact
from cloudless_mosaic.reading.conversion import Conversion
from cloudless_mosaic.reading.protocol import RasterHeader

_UINT16 = np.dtype(np.uint16)

PixelValues = tuple[Conversion | None, int]
"""How pixels are converted (``None`` for those of the product), and the digital number to add then."""


def class_conversion(raster: SourceRaster, header: RasterHeader) -> Conversion | None:
    """How a scene classification is read; ``None`` where it is as the product has it.

    Raises:
        ContentError: if its pixels can't be codes.
    """
    _require_readable(raster, header)
    nodata = _nodata(header, raster.pixels)
    if raster.bits:
        return Conversion(_numbers(nodata), masked=header.masked, classes=True, bits=raster.bits)
    if header.dtype == np.uint8 and not header.masked and not any(_numbers(nodata)):
        return None
    return Conversion(_numbers(nodata), masked=header.masked, classes=True)


def band_values(raster: SourceRaster, header: RasterHeader, offset: int) -> PixelValues:
    """How a band is read.

    Digital numbers of the product's scale get the offset that was decided for the scene, whatever their type.
    Where file or item declare another scale, that scale and its offset count.

    Args:
        raster: The band, with the declaration of its item.
        header: The header of its file.
        offset: Digital number to add to digital numbers of the product.

    Raises:
        ContentError: if nothing says what its pixels mean, or file and item contradict each other.
    """
    _require_readable(raster, header)
    item = raster.pixels if raster.pixels.describes(header.dtype) else UNDECLARED
    nodata = _nodata(header, item)
    declared = _scaling(raster, header, item)
    if header.dtype != _UINT16:
        _require_declared(raster, header, scale=declared is not None, nodata=bool(nodata) or header.masked)
    scale, shift = declared or (REFLECTANCE_SCALE, 0.0)
    own_scale = not is_product_scale(scale)
    if header.dtype == _UINT16 and not (own_scale and nodata):
        nodata = (*nodata, 0.0)
    if header.dtype.itemsize == 1 and not own_scale:
        raise ContentError(
            f"{redact(raster.href)} holds {header.dtype} pixels, which can't be reflectance by the scale of "
            f"the product, {scale:g}; declare their own scale"
        )
    if own_scale:
        return Conversion(_numbers(nodata), scale, shift, header.masked), 0
    if header.dtype == _UINT16 and not header.masked and not any(_numbers(nodata)):
        return None, offset
    return Conversion(_numbers(nodata), masked=header.masked), offset


def _require_readable(raster: SourceRaster, header: RasterHeader) -> None:
    if header.dtype.name not in PIXEL_TYPES:
        raise ContentError(
            f"{redact(raster.href)} holds {header.dtype} pixels, which aren't read; leave it out"
        )


def _require_declared(raster: SourceRaster, header: RasterHeader, *, scale: bool, nodata: bool) -> None:
    missing = " and ".join(word for word, known in (("scale", scale), ("nodata", nodata)) if not known)
    if not missing:
        return
    other = raster.pixels.dtype
    says = f"its item describes {other} pixels" if other and not raster.pixels.describes(header.dtype) else ""
    raise ContentError(
        f"{redact(raster.href)} holds {header.dtype} pixels and nothing declares their {missing}"
        f"{f' ({says})' if says else ''}; declare data_type, scale, offset and nodata in the item "
        "(raster:bands, bands) or in the file"
    )


def _scaling(raster: SourceRaster, header: RasterHeader, item: DeclaredPixels) -> tuple[float, float] | None:
    """Scale and offset by the file, else by the item; ``None`` where neither declares them."""
    declared = (item.scale, item.offset) if item.scale is not None else None
    own = header.scaling
    if own is None:
        return declared
    if not _is_usable(own, header.dtype):
        raise ContentError(
            f"{redact(raster.href)} declares scale {own[0]:g} and offset {own[1]:g} for {header.dtype} "
            "pixels, which isn't reflectance; leave it out"
        )
    # offsets of the product's scale are decided for the whole scene
    if declared and not (
        math.isclose(own[0], declared[0], rel_tol=1e-6)
        and (is_product_scale(own[0]) or math.isclose(own[1], declared[1], rel_tol=1e-6, abs_tol=1e-9))
    ):
        raise ContentError(
            f"{redact(raster.href)} declares scale {own[0]:g} and offset {own[1]:g}, its item "
            f"{declared[0]:g} and {declared[1]:g}; leave it out, or correct one of them"
        )
    return own


def _is_usable(scaling: tuple[float, float], dtype: np.dtype[np.generic]) -> bool:
    scale, offset = scaling
    return math.isfinite(offset) and 0 < scale < (math.inf if dtype.kind == "f" else LARGEST_SCALE)


def _nodata(header: RasterHeader, item: DeclaredPixels) -> tuple[float, ...]:
    """What file and item declare; both count, since some items keep the nodata of an earlier file."""
    return tuple(value for value in (header.nodata, item.nodata) if value is not None)


def _numbers(nodata: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(sorted({value for value in nodata if not math.isnan(value)}))
