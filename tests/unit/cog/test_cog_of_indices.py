"""Files of floats with NaN, and of classes with colours."""

import random

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox
from rio_cogeo.cogeo import cog_validate

from cloudless_mosaic.cog.writer import CogSpec, CogWriter

TRANSFORM = Affine(10, 0, 600000, 0, -10, 4500000)
COLOURS = ((0, 0, 0), (10, 20, 30), (255, 128, 0))


def write(path, data, step=300, **values):
    """Writes ``data`` in blocks, in random order."""
    writer = CogWriter(path, CogSpec(geobox=GeoBox(data.shape[1:], TRANSFORM, "EPSG:32610"), **values))
    places = [
        (row, column) for row in range(0, data.shape[1], step) for column in range(0, data.shape[2], step)
    ]
    random.Random(1).shuffle(places)
    for row, column in places:
        writer.write(row, column, data[:, row : row + step, column : column + step])
    return writer.close()


def holey(shape, seed=0):
    rng = np.random.default_rng(seed)
    data = rng.normal(0, 0.3, shape).astype(np.float32)
    data[:, 100:400, 200:500] = np.nan
    return np.where(rng.random(shape) < 0.2, np.float32(np.nan), data)


def half(data):
    """The mean of those of four pixels that are numbers, as numpy has it."""
    bands, rows, columns = data.shape
    padded = np.pad(data, ((0, 0), (0, rows % 2), (0, columns % 2)), constant_values=np.nan)
    fours = padded.reshape(bands, (rows + 1) // 2, 2, (columns + 1) // 2, 2)
    total = np.nansum(fours.astype(np.float64), axis=(2, 4))
    count = (~np.isnan(fours)).sum(axis=(2, 4))
    return np.where(count, total / np.maximum(count, 1), np.nan).astype(np.float32)


@pytest.mark.parametrize("codec", ["deflate", "zstd"])
@pytest.mark.parametrize("shape", [(1, 1, 1), (1, 511, 513), (2, 1301, 701)])
def test_floats_read_as_they_were_at_every_level(tmp_path, shape, codec):
    path = tmp_path / "index.tif"
    data = holey(shape)
    names = tuple(f"band{i}" for i in range(shape[0]))
    write(path, data, bands=names, dtype="float32", reduction="average", nodata=np.nan, codec=codec)
    assert cog_validate(path, strict=True) == (True, [], [])
    with rasterio.open(path) as file:
        np.testing.assert_array_equal(file.read(), data)
        assert np.isnan(file.nodata)
        assert file.descriptions == names
        overviews = file.overviews(1)
    assert bool(overviews) == (max(shape[1:]) > 512)
    for level in range(len(overviews)):
        data = half(data)
        with rasterio.open(path, OVERVIEW_LEVEL=level) as file:
            np.testing.assert_allclose(file.read(), data, atol=3e-7, equal_nan=True)


def test_bytes_of_floats_do_not_depend_on_the_blocks(tmp_path):
    data = holey((1, 700, 900))
    files = [
        write(tmp_path / f"{step}.tif", data, step, bands=("a",), dtype="float32", reduction="average")
        for step in (128, 300)
    ]
    assert files[0].sha256 == files[1].sha256


def test_classes_have_their_colours_at_every_level(tmp_path):
    path = tmp_path / "classes.tif"
    data = np.random.default_rng(0).integers(0, 3, (1, 900, 700), np.uint8)
    write(path, data, bands=("class",), dtype="uint8", reduction="nearest", nodata=0, palette=COLOURS)
    assert cog_validate(path, strict=True) == (True, [], [])
    for options in ({}, {"OVERVIEW_LEVEL": 0}):
        with rasterio.open(path, **options) as file:
            colours = file.colormap(1)
            assert file.colorinterp[0].name == "palette"
            assert [colours[code][:3] for code in range(4)] == [*COLOURS, (0, 0, 0)]
            step = 2 if options else 1
            np.testing.assert_array_equal(file.read(1), data[0, ::step, ::step])
