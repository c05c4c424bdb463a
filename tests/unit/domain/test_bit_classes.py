"""Bits of a profile, and masks of bits as classes, on the sample items of HLS and Landsat."""

import json

import numpy as np
import pytest

from cloudless_mosaic.catalog.assets import SCL, raster_assets
from cloudless_mosaic.catalog.raw_item import RawItem
from cloudless_mosaic.compositing.pixel_values import class_conversion
from cloudless_mosaic.domain.bit_classes import CLASSES_OF_BITS
from cloudless_mosaic.domain.provider import parse_profile
from cloudless_mosaic.domain.scenes import SourceGrid, SourceRaster
from cloudless_mosaic.errors import UsageError
from cloudless_mosaic.reading.protocol import RasterHeader

HLS = {
    "name": "HLS",
    "offset": "removed",
    "classification": "Fmask",
    "bits": {"cloud": 1, "near_cloud": 2, "shadow": 3, "snow": 4, "water": 5},
    "bands": {"red": "B04"},
}
LANDSAT = {
    "name": "Landsat",
    "offset": "removed",
    "classification": "qa_pixel",
    "bits": {"no_data": 0, "near_cloud": 1, "cirrus": 2, "cloud": 3, "shadow": 4, "snow": 5, "water": 7},
    "bands": {"red": "red"},
}
# of several bits the first of these counts
ORDER = ("no_data", "saturated", "cloud", "cirrus", "shadow", "snow", "near_cloud", "water")


def oracle(values, bits, nodata=()):
    """Pixel by pixel."""

    def code(value):
        if value in nodata:
            return 0
        for name in ORDER:
            if name in bits and value // 2 ** bits[name] % 2:
                return CLASSES_OF_BITS[name]
        return 5

    return np.vectorize(code, otypes=[np.uint8])(values)


def converted(profile, values, nodata=None):
    grid = SourceGrid("EPSG:32633", (30.0, 0.0, 0.0, 0.0, -30.0, 0.0), values.shape)
    raster = SourceRaster("mask.tif", grid, bits=profile.bits)
    header = RasterHeader((grid,), values.dtype, (512, 512), nodata)
    return class_conversion(raster, header).apply(values)


def test_fmask_becomes_classes():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    found = converted(parse_profile(HLS), values, nodata=255)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, oracle(values, HLS["bits"], (255,)))


def test_qa_pixel_becomes_classes():
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    found = converted(parse_profile(LANDSAT), values, nodata=1)
    np.testing.assert_array_equal(found, oracle(values, LANDSAT["bits"], (1,)))
    # clear land, and high confidence of cloud, as the Landsat product guide has them
    assert converted(parse_profile(LANDSAT), np.array([[21824, 22280]], np.uint16)).tolist() == [[5, 9]]


def test_numbers_that_are_no_bits_are_no_class():
    values = np.array([[-1, 70000, 8]], np.int32)
    assert converted(parse_profile(LANDSAT), values).tolist() == [[255, 255, 9]]


@pytest.mark.parametrize(
    ("folder", "fields", "ending"), [("hls", HLS, "Fmask.tif"), ("landsat-c2-l2", LANDSAT, "QA_PIXEL.TIF")]
)
def test_sample_items_have_the_mask_of_their_profile(shared_data, folder, fields, ending):
    profile = parse_profile(fields)
    paths = sorted((shared_data / "other-items" / folder).glob("*.json"))
    found = 0
    for path in paths:
        item = RawItem.of(json.loads(path.read_text()), host="landsat.example")
        assets = raster_assets(item, profile)
        if "qa_pixel" not in item.assets and "Fmask" not in item.assets:
            continue
        found += 1
        assert assets[SCL].asset["href"].upper().endswith(ending.upper())
    assert found >= 2


def test_a_profile_writes_its_bits():
    profile = parse_profile(LANDSAT)
    assert profile.fields["bits"]["cloud"] == [3]
    assert parse_profile(profile.fields) == profile
    assert parse_profile({**HLS, "bits": {"cloud": [1, 2]}}).bits == ((1, 9), (2, 9))


@pytest.mark.parametrize(
    ("bits", "message"),
    [
        ({"clouds": 1}, r"bits\.clouds is unknown; a bit is one of no_data, saturated, cloud"),
        ({"cloud": 16}, r"bits\.cloud must be a bit from 0 to 15, or a list of them, got '16'"),
        ({"cloud": True}, "got 'True'"),
        ({"cloud": "3"}, "got '3'"),
        ({"cloud": 3, "snow": 3}, r"bits\.snow is bit 3, which has a class already"),
        ([3], "bits must be a table of classes with their bits, such as cloud = 3"),
    ],
)
def test_bits_that_make_no_sense_are_refused(bits, message):
    with pytest.raises(UsageError, match=message):
        parse_profile({**HLS, "bits": bits})


def test_bits_need_the_asset_that_has_them():
    fields = {name: value for name, value in HLS.items() if name != "classification"}
    with pytest.raises(UsageError, match="classification must name the asset"):
        parse_profile(fields)
