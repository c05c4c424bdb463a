"""Which pixels are read, as what, and which are refused with which reason."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cloudless_mosaic.compositing.pixel_values import band_values, class_conversion
from cloudless_mosaic.domain.pixels import UNDECLARED, DeclaredPixels
from cloudless_mosaic.domain.scenes import SourceGrid, SourceRaster
from cloudless_mosaic.errors import ContentError
from cloudless_mosaic.reading import RasterHeader
from cloudless_mosaic.reading.conversion import Conversion
from memory_reader import MemoryRaster

GRID = SourceGrid("EPSG:32633", (10.0, 0.0, 499980.0, 0.0, -10.0, 5300040.0), (8, 8))
INT16 = DeclaredPixels("int16", 0.0001, -0.1, -9999.0)


def header(dtype="uint16", **fields):
    return RasterHeader((GRID,), np.dtype(dtype), (8, 8), **fields)


def values(pixels=UNDECLARED, offset=-1000, **fields):
    return band_values(SourceRaster("https://a.example/B04.tif", GRID, pixels), header(**fields), offset)


@pytest.mark.parametrize("nodata", [None, 0.0])
@pytest.mark.parametrize(
    "pixels",
    [
        UNDECLARED,
        DeclaredPixels("uint16", 0.0001, -0.1, 0.0),
        DeclaredPixels(scale=0.0001),
        DeclaredPixels("uint16", nodata=math.nan),
    ],
)
def test_pixels_of_the_product_are_read_as_they_are(pixels, nodata):
    assert values(pixels, nodata=nodata) == (None, -1000)
    assert pixels.is_of_product


@pytest.mark.parametrize(
    ("pixels", "fields", "conversion"),
    [
        # nodata of the file, of the item, and of both; 0 is never data in digital numbers of the product
        (UNDECLARED, {"nodata": 65535.0}, Conversion((0, 65535))),
        (DeclaredPixels(nodata=9999), {}, Conversion((0, 9999))),
        (DeclaredPixels(nodata=500), {"nodata": 1.0}, Conversion((0, 1, 500))),
        (UNDECLARED, {"masked": True}, Conversion((0,), masked=True)),
        # other types at the scale of the product get the offset of the scene
        (INT16, {"dtype": "int16"}, Conversion((-9999,))),
        (DeclaredPixels("uint16", 0.0001), {"dtype": "int16", "nodata": -1.0}, Conversion((-1,))),
        (DeclaredPixels("uint8", 0.0001), {"dtype": "int32", "masked": True}, Conversion(masked=True)),
    ],
)
def test_digital_numbers_get_the_offset_of_their_scene(pixels, fields, conversion):
    assert values(pixels, **fields) == (conversion, -1000)


LANDSAT = DeclaredPixels("uint16", 2.75e-05, -0.2, 0.0)


@pytest.mark.parametrize(
    ("pixels", "fields", "conversion"),
    [
        (LANDSAT, {}, Conversion((0,), 2.75e-05, -0.2)),
        (UNDECLARED, {"scaling": (2.75e-05, -0.2)}, Conversion((0,), 2.75e-05, -0.2)),
        (LANDSAT, {"scaling": (2.75e-05, -0.2)}, Conversion((0,), 2.75e-05, -0.2)),
        (
            DeclaredPixels("float32", 1.0, 0.0, math.nan),
            {"dtype": "float32", "nodata": math.nan},
            Conversion((), 1.0, 0.0),
        ),
        (DeclaredPixels("uint16", 0.001, 0.0, 65535), {}, Conversion((65535,), 0.001, 0.0)),
    ],
)
def test_another_scale_counts_with_its_own_offset(pixels, fields, conversion):
    assert values(pixels, **fields) == (conversion, 0)


@pytest.mark.parametrize(
    ("pixels", "fields", "reason"),
    [
        (UNDECLARED, {"dtype": "int16"}, "holds int16 pixels and nothing declares their scale and nodata"),
        (UNDECLARED, {"dtype": "int16", "nodata": -1.0}, "nothing declares their scale; "),
        (replace(INT16, nodata=None), {"dtype": "int16"}, "nothing declares their nodata; "),
        (
            DeclaredPixels("uint16", 0.0001, 0.0, 0.0),
            {"dtype": "float32", "nodata": math.nan},
            r"holds float32 pixels and nothing declares their scale \(its item describes uint16 pixels\)",
        ),
        (UNDECLARED, {"dtype": "complex64"}, "holds complex64 pixels, which aren't read"),
        (UNDECLARED, {"dtype": "int64"}, "holds int64 pixels, which aren't read"),
        (LANDSAT, {"scaling": (0.0002, -0.2)}, "declares scale 0.0002 and offset -0.2, its item 2.75e-05"),
        (LANDSAT, {"scaling": (2.75e-05, -0.1)}, "offset -0.1, its item 2.75e-05 and -0.2"),
        (UNDECLARED, {"scaling": (1.0, -0.1)}, "declares scale 1 and offset -0.1 for uint16 pixels"),
        (UNDECLARED, {"scaling": (math.nan, 0.0)}, "declares scale nan"),
    ],
)
def test_what_nothing_explains_is_refused_by_its_name(pixels, fields, reason):
    with pytest.raises(ContentError, match=reason):
        values(pixels, **fields)


@pytest.mark.parametrize("dtype", ["uint8", "int8"])
def test_eight_bits_need_a_scale_of_their_own(dtype):
    declared = DeclaredPixels(dtype=dtype, scale=0.0001, nodata=0)
    with pytest.raises(ContentError, match=f"holds {dtype} pixels, which can't be reflectance"):
        values(declared, dtype=dtype)
    assert values(replace(declared, scale=0.004), dtype=dtype)[1] == 0


def test_classes_are_codes_of_any_type():
    scl = SourceRaster("SCL.tif", GRID)
    assert class_conversion(scl, header("uint8", nodata=0.0)) is None
    assert class_conversion(scl, header("uint16")) == Conversion(classes=True)
    assert class_conversion(scl, header("uint8", nodata=255.0)) == Conversion((255.0,), classes=True)
    declared = replace(scl, pixels=DeclaredPixels(nodata=99))
    assert class_conversion(declared, header("float32")) == Conversion((99.0,), classes=True)
    with pytest.raises(ContentError, match="complex64"):
        class_conversion(scl, header("complex64"))


def test_pixels_of_other_types_give_the_mosaic_of_the_product(world, make_geobox):
    """uint16, int16 with its own nodata, and float32 reflectance of one moment are one and the same."""
    rng = np.random.default_rng(8)
    numbers = rng.integers(1, 9000, (64, 64)).astype(np.uint16)
    numbers[rng.random(numbers.shape) < 0.2] = 0
    scl = np.full((32, 32), 4, np.uint8)
    forms = {
        "plain": (numbers, UNDECLARED),
        "signed": (np.where(numbers == 0, -9999, numbers.astype(np.int16)).astype(np.int16), INT16),
        "float": (
            np.where(numbers == 0, np.nan, (numbers - 1000.0) * 1e-4).astype(np.float32),
            DeclaredPixels("float32", 1.0, 0.0, math.nan),
        ),
        "filled": (np.where(numbers == 0, 65535, numbers).astype(np.uint16), DeclaredPixels(nodata=65535)),
    }
    found = {}
    for name, (pixels, declared) in forms.items():
        world.scenes.clear()
        scene = world.add(numbers, scl, id=name, offset=-1000)
        red = scene.rasters["B04"]
        world.rasters[red.href] = MemoryRaster(red.grid, pixels)
        world.scenes[:] = [replace(scene, rasters={"B04": replace(red, pixels=declared)})]
        mosaic = world.mosaic(make_geobox((64, 64)))
        assert not mosaic.lost
        found[name] = mosaic.data
    for name in forms:
        np.testing.assert_array_equal(found[name], found["plain"], name)
    np.testing.assert_array_equal(found["plain"][0] == 0, numbers == 0)
